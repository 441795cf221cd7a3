-- What a MySQL server (8 or newer) or MariaDB (10.5 or newer) says of who may do what in it: a line of JSON for each
-- answer, no data, no password. Save it so: mysql -N -r -B --default-character-set=utf8mb4 <mysql.sql >answers.jsonl
SET time_zone = '+00:00';

SELECT JSON_OBJECT('part', 'server', 'version', VERSION()
  /*!80016 , 'literal', @@partial_revokes, 'mandatory', @@mandatory_roles */);

SELECT JSON_OBJECT('part', 'account', 'user', User, 'host', Host
  /*!80000 , 'plugin', plugin, 'locked', account_locked = 'Y',
    'changed', DATE_FORMAT(password_last_changed, '%Y-%m-%dT%H:%i:%sZ') */
  /*M!100401 , 'plugin', JSON_VALUE(Priv, '$.plugin'), 'locked', COALESCE(JSON_VALUE(Priv, '$.account_locked'), 0) = 1,
    'role', COALESCE(JSON_VALUE(Priv, '$.is_role'), 0) = 1, 'changed',
    DATE_FORMAT(FROM_UNIXTIME(NULLIF(JSON_VALUE(Priv, '$.password_last_changed'), 0)), '%Y-%m-%dT%H:%i:%sZ') */)
FROM /*!80000 mysql.user */ /*M!100401 mysql.global_priv */ ORDER BY User, Host;

SELECT JSON_OBJECT('part', 'member'
  /*!80000 , 'role', FROM_USER, 'role_host', FROM_HOST, 'user', TO_USER, 'host', TO_HOST,
    'admin', WITH_ADMIN_OPTION = 'Y' */
  /*M!100401 , 'role', Role, 'role_host', '', 'user', User, 'host', Host, 'admin', Admin_option = 'Y' */)
FROM /*!80000 mysql.role_edges */ /*M!100401 mysql.roles_mapping */;

SELECT JSON_OBJECT('part', 'proxy', 'role', Proxied_user, 'role_host', Proxied_host, 'user', User, 'host', Host,
  'admin', With_grant = 1)
FROM mysql.proxies_priv WHERE Proxied_user <> '';

SELECT JSON_OBJECT('part', 'database', 'name', SCHEMA_NAME) FROM information_schema.SCHEMATA;

SELECT JSON_OBJECT('part', 'grant', 'grantee', GRANTEE, 'privileges', JSON_ARRAYAGG(PRIVILEGE_TYPE),
  'grantable', MAX(IS_GRANTABLE) = 'YES')
FROM information_schema.USER_PRIVILEGES GROUP BY GRANTEE;

SELECT JSON_OBJECT('part', 'grant', 'grantee', GRANTEE, 'database', TABLE_SCHEMA,
  'privileges', JSON_ARRAYAGG(PRIVILEGE_TYPE), 'grantable', MAX(IS_GRANTABLE) = 'YES')
FROM information_schema.SCHEMA_PRIVILEGES GROUP BY GRANTEE, TABLE_SCHEMA;

SELECT JSON_OBJECT('part', 'grant', 'grantee', GRANTEE, 'database', TABLE_SCHEMA, 'table', TABLE_NAME,
  'privileges', JSON_ARRAYAGG(PRIVILEGE_TYPE), 'grantable', MAX(IS_GRANTABLE) = 'YES')
FROM information_schema.TABLE_PRIVILEGES GROUP BY GRANTEE, TABLE_SCHEMA, TABLE_NAME;

SELECT JSON_OBJECT('part', 'grant', 'grantee', GRANTEE, 'database', TABLE_SCHEMA, 'table', TABLE_NAME,
  'columns', JSON_ARRAYAGG(COLUMN_NAME), 'privileges', JSON_ARRAYAGG(PRIVILEGE_TYPE),
  'grantable', MAX(IS_GRANTABLE) = 'YES')
FROM information_schema.COLUMN_PRIVILEGES GROUP BY GRANTEE, TABLE_SCHEMA, TABLE_NAME;

SELECT JSON_OBJECT('part', 'routine', 'database', ROUTINE_SCHEMA, 'definers', JSON_ARRAYAGG(DEFINER))
FROM information_schema.ROUTINES WHERE SECURITY_TYPE = 'DEFINER' AND ROUTINE_SCHEMA NOT IN ('sys', 'mysql')
GROUP BY ROUTINE_SCHEMA;
