-- What a PostgreSQL server (11 or newer) says of who may do what in it: a line of JSON for each answer, no data, no
-- password. Run it in each database: psql -XAtq -d DATABASE -f postgres.sql >>answers.jsonl
SELECT (jsonb_build_object(
  'part', 'server', 'version', current_setting('server_version_num')::int, 'database', current_database(),
  'managed', (SELECT min(split_part(name, '.', 1)) FROM pg_settings
    WHERE name LIKE ANY (ARRAY['rds.%', 'cloudsql.%', 'azure.%']))
))::text;

SELECT (jsonb_build_object('part', 'role') || (to_jsonb(r) - ARRAY['rolpassword', 'rolconfig']))::text
FROM pg_roles r ORDER BY rolname;

SELECT (jsonb_build_object('part', 'member', 'role', g.rolname, 'of', m.rolname, 'by', x.rolname)
  || (to_jsonb(a) - ARRAY['oid', 'roleid', 'member', 'grantor']))::text
FROM pg_auth_members a
JOIN pg_roles g ON g.oid = a.roleid JOIN pg_roles m ON m.oid = a.member LEFT JOIN pg_roles x ON x.oid = a.grantor
ORDER BY g.rolname, m.rolname, x.rolname;

SELECT (jsonb_build_object('part', 'hba', 'map', (SELECT min(substr(o, 5)) FROM unnest(h.options) o WHERE o LIKE 'map=%'))
  || (to_jsonb(h) - 'options'))::text
FROM pg_hba_file_rules h;

-- What each role was given in this database. `held` changes when any of it does.
WITH object (kind, place, name, owner, acl, packaged) AS (
  SELECT 'DATABASE', '', datname::text, datdba, coalesce(datacl, acldefault('d', datdba)), false
  FROM pg_database WHERE datname = current_database()
  UNION ALL
  SELECT 'SCHEMA', nspname, nspname, nspowner, coalesce(nspacl, acldefault('n', nspowner)), false
  FROM pg_namespace WHERE nspname !~ '^pg_(toast|temp)|^(pg_catalog|information_schema)$'
  UNION ALL
  SELECT CASE relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, nspname, relname, relowner, relacl,
    EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.classid = 'pg_class'::regclass AND d.deptype = 'e')
  FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
  UNION ALL
  SELECT 'COLUMN', nspname, format('%I.%I', relname, attname), relowner, attacl, false
  FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid JOIN pg_namespace n ON n.oid = relnamespace
  WHERE attacl IS NOT NULL AND NOT attisdropped
  UNION ALL
  SELECT 'FUNCTION', nspname,
    format('%I(%s)', proname, pg_get_function_identity_arguments(p.oid)),
    proowner, coalesce(proacl, acldefault('f', proowner)),
    EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.classid = 'pg_proc'::regclass AND d.deptype = 'e')
  FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace WHERE prosecdef
), given AS (
  SELECT o.*, a.grantee, a.privilege_type, a.is_grantable FROM object o, aclexplode(o.acl) a
  WHERE a.grantee <> o.owner AND NOT packaged AND NOT (place = 'pg_catalog' AND name = 'pg_settings')
    AND (place NOT IN ('pg_catalog', 'information_schema') OR privilege_type NOT IN ('SELECT', 'USAGE', 'EXECUTE'))
)
SELECT jsonb_build_object(
  'part', 'grant', 'database', current_database(), 'kind', kind, 'schema', place,
  'to', CASE grantee WHEN 0 THEN NULL ELSE pg_get_userbyid(grantee) END,
  'privileges', jsonb_agg(DISTINCT privilege_type), 'grantable', bool_or(is_grantable),
  'names', to_jsonb((array_agg(DISTINCT name))[1:3]), 'objects', count(DISTINCT name),
  'owners', jsonb_agg(DISTINCT pg_get_userbyid(owner)),
  'held', md5(string_agg(format('%s %s %s', name, privilege_type, is_grantable), ','
    ORDER BY format('%s %s %s', name, privilege_type, is_grantable) COLLATE "C"))
)::text
FROM given GROUP BY kind, place, grantee ORDER BY kind, place, grantee;

SELECT jsonb_build_object(
  'part', 'owner', 'database', current_database(), 'kind', kind, 'schema', place, 'owner', pg_get_userbyid(owner),
  'objects', count(*)
)::text
FROM (
  SELECT 'DATABASE', '', datdba FROM pg_database WHERE datname = current_database()
  UNION ALL
  SELECT 'SCHEMA', nspname, nspowner FROM pg_namespace
  WHERE nspname !~ '^pg_(toast|temp)|^(pg_catalog|information_schema)$'
  UNION ALL
  SELECT 'TABLE', nspname, relowner FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
  WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND nspname !~ '^pg_(toast|temp)|^(pg_catalog|information_schema)$'
) AS object (kind, place, owner)
GROUP BY kind, place, owner ORDER BY kind, place, owner;

-- What later tables will come with.
SELECT jsonb_build_object(
  'part', 'default', 'database', current_database(), 'schema', coalesce(nspname, ''), 'kind', defaclobjtype,
  'by', pg_get_userbyid(defaclrole), 'to', CASE grantee WHEN 0 THEN NULL ELSE pg_get_userbyid(grantee) END,
  'privileges', jsonb_agg(DISTINCT privilege_type), 'grantable', bool_or(is_grantable)
)::text
FROM pg_default_acl LEFT JOIN pg_namespace n ON n.oid = defaclnamespace, aclexplode(defaclacl)
WHERE defaclobjtype IN ('r', 'S', 'n') AND grantee <> defaclrole
GROUP BY nspname, defaclobjtype, defaclrole, grantee ORDER BY nspname, defaclobjtype, defaclrole, grantee;
