# --- PostgreSQL, by psql -----------------------------------------------------

# postgres_sql: what stands for a right, as the statements that give it or, where `mode` is take, that take it away; where
# it is held, a text that changes with them. psql quotes every value, and format() every name.
postgres_sql() {
  case $TYPE in
    login)
      cat <<'SQL'
SELECT CASE :'mode' WHEN 'give' THEN format('ALTER ROLE %I LOGIN;', rolname) ELSE format('ALTER ROLE %I NOLOGIN;', rolname) END
FROM pg_roles WHERE rolname = :'role' AND rolcanlogin;
SELECT format('SELECT pg_terminate_backend(%s);', pid) FROM pg_stat_activity WHERE usename = :'role' AND :'mode' = 'take';
SQL
      ;;
    attribute)
      cat <<'SQL'
SELECT format('ALTER ROLE %I %s%s;', rolname, CASE :'mode' WHEN 'take' THEN 'NO' END, :'right')
FROM pg_roles WHERE rolname = :'role' AND CASE :'right' WHEN 'SUPERUSER' THEN rolsuper
  WHEN 'REPLICATION' THEN rolreplication ELSE rolcreaterole END;
SQL
      ;;
    member)
      cat <<'SQL'
SELECT CASE :'mode'
  WHEN 'give' THEN format('GRANT %I TO %I', g.rolname, m.rolname) || CASE
    WHEN to_jsonb(a) ? 'inherit_option' THEN format(' WITH ADMIN %s, INHERIT %s, SET %s', a.admin_option::text,
      to_jsonb(a) ->> 'inherit_option', to_jsonb(a) ->> 'set_option') || coalesce(format(' GRANTED BY %I', b.rolname), '')
    WHEN a.admin_option THEN ' WITH ADMIN OPTION' ELSE '' END
  ELSE format('REVOKE %I FROM %I', g.rolname, m.rolname)
    || CASE WHEN to_jsonb(a) ? 'inherit_option' THEN coalesce(format(' GRANTED BY %I', b.rolname), '') ELSE '' END
  END || ';'
FROM pg_auth_members a JOIN pg_roles g ON g.oid = roleid JOIN pg_roles m ON m.oid = member
LEFT JOIN pg_roles b ON b.oid = grantor
WHERE g.rolname = :'right' AND m.rolname = :'role' ORDER BY 1;
SQL
      ;;
    default)
      cat <<'SQL'
SELECT format('ALTER DEFAULT PRIVILEGES FOR ROLE %I%s ', :'by', CASE :'schema' WHEN '' THEN '' ELSE format(' IN SCHEMA %I', :'schema') END)
  || format(CASE :'mode' WHEN 'give' THEN 'GRANT %s ON %s TO %I%s;' ELSE 'REVOKE %s ON %s FROM %I;' END,
    string_agg(privilege_type, ', ' ORDER BY privilege_type), :'object', :'role',
    CASE WHEN is_grantable THEN ' WITH GRANT OPTION' END)
FROM pg_default_acl LEFT JOIN pg_namespace n ON n.oid = defaclnamespace, aclexplode(defaclacl)
WHERE pg_get_userbyid(defaclrole) = :'by' AND pg_get_userbyid(grantee) = :'role' AND grantee <> 0
  AND coalesce(nspname, '') = :'schema'
  AND defaclobjtype = CASE :'object' WHEN 'TABLES' THEN 'r' WHEN 'SEQUENCES' THEN 'S' ELSE 'n' END::"char"
GROUP BY is_grantable;
SQL
      ;;
    grant)
      cat <<'SQL'
WITH object (kind, place, name, target, columns, owner, acl) AS (
  SELECT 'DATABASE', '', datname::text, format('DATABASE %I', datname), '', datdba, datacl
  FROM pg_database WHERE datname = current_database()
  UNION ALL
  SELECT 'SCHEMA', nspname, nspname, format('SCHEMA %I', nspname), '', nspowner, nspacl FROM pg_namespace
  UNION ALL
  SELECT CASE relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, nspname, relname,
    format('%s %I.%I', CASE relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, nspname, relname), '', relowner, relacl
  FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
  UNION ALL
  SELECT 'COLUMN', nspname, format('%I.%I', relname, attname), format('TABLE %I.%I', nspname, relname),
    format(' (%I)', attname), relowner, attacl
  FROM pg_attribute JOIN pg_class c ON c.oid = attrelid JOIN pg_namespace n ON n.oid = relnamespace
  WHERE attacl IS NOT NULL AND NOT attisdropped
), given AS (
  SELECT o.*, a.privilege_type, a.is_grantable FROM object o, aclexplode(o.acl) a
  WHERE a.grantee <> o.owner AND a.grantee <> 0 AND pg_get_userbyid(a.grantee) = :'role' AND place = :'schema'
)
SELECT CASE :'mode'
  WHEN 'held' THEN md5(string_agg(format('%s %s %s', name, privilege_type, is_grantable), ','
    ORDER BY format('%s %s %s', name, privilege_type, is_grantable) COLLATE "C"))
  ELSE string_agg(format(CASE :'mode' WHEN 'give' THEN 'GRANT %s%s ON %s TO %I%s;' ELSE 'REVOKE %s%s ON %s FROM %I;' END,
    privilege_type, columns, target, :'role', CASE WHEN is_grantable THEN ' WITH GRANT OPTION' END), E'\n')
  END
FROM given
-- What is taken on a table goes from its columns too: giving it back gives those back as well.
WHERE kind = :'object' OR (:'mode' = 'give' AND :'object' = 'TABLE' AND kind = 'COLUMN')
HAVING count(*) FILTER (WHERE kind = :'object') > 0;
SQL
      ;;
  esac
}

# postgres_run INPUT [OPTIONS]: OUT is what psql prints, DETAIL its complaint. The step's database counts where the
# connection names none.
postgres_run() {
  local variable="AUDITOR_POSTGRES_$STEP" place database=''
  place=${!variable:-${AUDITOR_POSTGRES:-}}
  [[ $TYPE != grant && $TYPE != default ]] || database=${DETAILS[0]}
  OUT=$(printf '%s\n' "$1" | PGDATABASE=${database:-${PGDATABASE:-postgres}} PGOPTIONS='-c search_path=pg_catalog' \
    psql -XAtq -v ON_ERROR_STOP=1 "${@:2}" ${place:+-d "$place"} 2>"$WORK/errors") && return
  DETAIL=$(complaint)
  return 1
}

# postgres_statements MODE: OUT is the statements of that mode.
postgres_statements() {
  postgres_run "$(postgres_sql)" -v mode="$1" -v role="$HOLDER" -v right="$RIGHT" -v schema="${DETAILS[1]:-}" \
    -v object="${DETAILS[2]:-}" -v by="${DETAILS[3]:-}"
}

postgres_caller() {
  postgres_run 'SELECT session_user;' && CALLER=$OUT
}

postgres_look() {
  postgres_run 'SELECT current_database();' || return 0
  if [[ ($TYPE == grant || $TYPE == default) && $OUT != "${DETAILS[0]}" ]]; then
    DETAIL="the connection leads into the database $OUT and not into ${DETAILS[0]}"
    return 0
  fi
  postgres_statements give || return 0
  STATE=present DOCUMENT=$OUT
  [[ -n $OUT ]] || STATE=gone
  if [[ $STATE == present && -n $EXPECTED ]]; then
    postgres_statements held || STATE=unknown
    [[ $OUT == "$EXPECTED" ]] || STATE=moved DETAIL='what it was given there was changed after the audit'
  fi
}

# postgres_change STATEMENTS: runs them as one, or prints them in a dry run.
postgres_change() {
  if [[ $APPLY != yes ]]; then
    printf '%s\n' "$1" | tr -d '\000-\010\013-\037\177' | sed 's/^/      sql: /'
    return
  fi
  postgres_run "$1" --single-transaction
}

{% if action != "undo" %}
postgres_remove() {
  postgres_statements take && postgres_change "$OUT" || return
  [[ $APPLY == yes ]] || return 0
  # REVOKE says nothing where somebody else gave it.
  postgres_statements give || return
  [[ -n $OUT ]] || return 0
  DETAIL='it is still there: who gave it, or a superuser, must take it away'
  return 1
}

postgres_own() {
  NAMES+=("$CALLER")
  DETAIL='you are using it to run this'
  [[ $HOLDER == "$CALLER" ]]
}
{% else %}
postgres_can_restore() {
  return 0
}

postgres_restore() {
  postgres_change "$(cat -- "$SAVED")"
}
{% endif %}
