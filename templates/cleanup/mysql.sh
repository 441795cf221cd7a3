# --- MySQL and MariaDB, by mysql ---------------------------------------------

# mysql_text NAME VALUE: sets a variable of the session to a value that no quote in it can end.
mysql_text() {
  printf "SET @%s = CONVERT(x'%s' USING utf8mb4);\n" "$1" "$(printf '%s' "$2" | od -An -v -tx1 | tr -d ' \n')"
}

# mysql_sql: what stands for a right, as the statement that gives it or, where @mode is take, that takes it away. The server
# quotes every name.
mysql_sql() {
  cat <<'SQL'
SET SESSION sql_mode = '', group_concat_max_len = 1000000;
SET @account = CONCAT(QUOTE(@user), '@', QUOTE(@host));
SET @grantee = CONCAT("'", @user, "'@'", @host, "'");
SQL
  case $TYPE in
    login)
      cat <<'SQL'
SELECT CONCAT('ALTER USER ', @account, IF(@mode = 'give', ' ACCOUNT UNLOCK;', ' ACCOUNT LOCK;'))
FROM /*!80000 mysql.user */ /*M!100401 mysql.global_priv */ WHERE BINARY User = BINARY @user AND BINARY Host = BINARY @host
  /*!80000 AND account_locked <> 'Y' */ /*M!100401 AND COALESCE(JSON_VALUE(Priv, '$.account_locked'), 0) <> 1 */;
SQL
      ;;
    member)
      cat <<'SQL'
SET @of = CONCAT(QUOTE(@role), IF(@role_host = '', '', CONCAT('@', QUOTE(@role_host))));
SELECT IF(@mode = 'give', CONCAT('GRANT ', @of, ' TO ', @account, IF(admin = 'Y', ' WITH ADMIN OPTION;', ';')),
  CONCAT('REVOKE ', @of, ' FROM ', @account, ';'))
FROM (
  SELECT /*!80000 FROM_USER AS role, FROM_HOST AS role_host, TO_USER AS user, TO_HOST AS host, WITH_ADMIN_OPTION AS admin
  FROM mysql.role_edges */ /*M!100401 Role AS role, '' AS role_host, User AS user, Host AS host, Admin_option AS admin
  FROM mysql.roles_mapping */
) AS given
WHERE BINARY role = BINARY @role AND BINARY role_host = BINARY @role_host
  AND BINARY user = BINARY @user AND BINARY host = BINARY @host;
SQL
      ;;
    grant)
      printf '%s\n' "SELECT IF(@mode = 'held', GROUP_CONCAT(DISTINCT PRIVILEGE_TYPE ORDER BY BINARY PRIVILEGE_TYPE SEPARATOR ','),"
      cat <<'SQL'
  CONCAT(IF(@mode = 'give', 'GRANT ', 'REVOKE '), GROUP_CONCAT(DISTINCT PRIVILEGE_TYPE, columns_ SEPARATOR ', '), ' ON ', @place,
    IF(@mode = 'give', ' TO ', ' FROM '), @account,
    IF(MAX(IS_GRANTABLE) <> 'YES', ';', IF(@mode = 'give', ' WITH GRANT OPTION;',
      CONCAT('; REVOKE GRANT OPTION ON ', @place, ' FROM ', @account, ';')))))
FROM (
SQL
      case ${DETAILS[4]} in
        server) printf '%s\n' "SELECT *, '' AS columns_ FROM information_schema.USER_PRIVILEGES WHERE true" ;;
        database) printf '%s\n' "SELECT *, '' AS columns_ FROM information_schema.SCHEMA_PRIVILEGES WHERE BINARY TABLE_SCHEMA = BINARY @db" ;;
        table) printf '%s\n' "SELECT *, '' AS columns_ FROM information_schema.TABLE_PRIVILEGES WHERE BINARY TABLE_SCHEMA = BINARY @db AND BINARY TABLE_NAME = BINARY @tbl" ;;
        column) printf '%s\n' "SELECT *, CONCAT(' (\`', REPLACE(COLUMN_NAME, '\`', '\`\`'), '\`)') AS columns_ FROM information_schema.COLUMN_PRIVILEGES WHERE BINARY TABLE_SCHEMA = BINARY @db AND BINARY TABLE_NAME = BINARY @tbl" ;;
      esac
      cat <<'SQL'
) AS given WHERE BINARY GRANTEE = BINARY @grantee AND PRIVILEGE_TYPE <> 'USAGE' HAVING COUNT(*) > 0;
SQL
      ;;
  esac
}

# mysql_run INPUT: OUT is what mysql prints, DETAIL its complaint.
mysql_run() {
  local variable="AUDITOR_MYSQL_$STEP" file
  file=${!variable:-${AUDITOR_MYSQL:-}}
  OUT=$(printf '%s\n' "$1" | mysql ${file:+--defaults-extra-file="$file"} --batch --raw --skip-column-names \
    --default-character-set=utf8mb4 2>"$WORK/errors") && return
  DETAIL=$(complaint)
  return 1
}

# mysql_statements MODE: OUT is the statements of that mode.
mysql_statements() {
  local place='*.*'
  mysql_run "$(
    mysql_text mode "$1"
    mysql_text user "${DETAILS[0]}"
    mysql_text host "${DETAILS[1]}"
    if [[ $TYPE == member ]]; then
      mysql_text role "${DETAILS[2]}"
      mysql_text role_host "${DETAILS[3]}"
    elif [[ $TYPE == grant ]]; then
      mysql_text db "${DETAILS[2]}"
      mysql_text tbl "${DETAILS[3]}"
      cat <<'SQL'
SET @place = CONCAT(IF(@db = '', '*', CONCAT('`', REPLACE(@db, '`', '``'), '`')), '.',
  IF(@tbl = '', '*', CONCAT('`', REPLACE(@tbl, '`', '``'), '`')));
SQL
    fi
    mysql_sql
  )"
}

mysql_caller() {
  mysql_run 'SELECT CURRENT_USER();' && CALLER=$OUT
}

mysql_look() {
  mysql_statements give || return 0
  STATE=present DOCUMENT=$OUT
  [[ -n $OUT ]] || STATE=gone
  if [[ $STATE == present && -n $EXPECTED ]]; then
    mysql_statements held || STATE=unknown
    [[ $OUT == "$EXPECTED" ]] || STATE=moved DETAIL='what it was given there was changed after the audit'
  fi
}

# mysql_change STATEMENTS: runs them, or prints them in a dry run.
mysql_change() {
  if [[ $APPLY != yes ]]; then
    printf '%s\n' "$1" | tr -d '\000-\010\013-\037\177' | sed 's/^/      sql: /'
    return
  fi
  mysql_run "SET SESSION sql_mode = ''; $1"
}

{% if action != "undo" %}
mysql_remove() {
  mysql_statements take && mysql_change "$OUT"
}

mysql_own() {
  NAMES+=("$CALLER")
  DETAIL='you are using it to run this'
  [[ $HOLDER == "$CALLER" ]]
}
{% else %}
mysql_can_restore() {
  return 0
}

mysql_restore() {
  mysql_change "$(cat -- "$SAVED")"
}
{% endif %}
