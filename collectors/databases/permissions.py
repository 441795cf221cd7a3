"""The least rights that reading database servers can do with, as statements."""

from collectors.permissions import Rights

_POSTGRES = """\
CREATE ROLE auditor LOGIN CONNECTION LIMIT 3;
-- What PostgreSQL tells every role is nearly all that is read. In each database that PUBLIC may not connect to:
GRANT CONNECT ON DATABASE "NAME" TO auditor;
-- Who may come in from where (pg_hba.conf), as a superuser in the database `postgres` or whichever is named first;
-- providers give it to nobody:
GRANT EXECUTE ON FUNCTION pg_catalog.pg_hba_file_rules() TO auditor;
GRANT SELECT ON pg_catalog.pg_hba_file_rules TO auditor;"""
_MYSQL = """\
CREATE USER 'auditor'@'HOST' REQUIRE SSL;
GRANT SELECT ON mysql.* TO 'auditor'@'HOST';
GRANT SHOW DATABASES ON *.* TO 'auditor'@'HOST';
-- MySQL alone, for routines that run with their definer's rights:
GRANT SHOW_ROUTINE ON *.* TO 'auditor'@'HOST';"""
_HOW = "Run it as an administrator, and give the login its password by {}, so that no log has it. {}"


def postgres() -> Rights:
    """Statements for PostgreSQL."""
    return Rights(
        _POSTGRES, _HOW.format("\\password auditor", "The queries change nothing, and read no table of yours.")
    )


def mysql() -> Rights:
    """Statements for MySQL and MariaDB."""
    read = "The table of accounts holds hashes of passwords: they are not asked for."
    return Rights(_MYSQL, _HOW.format("ALTER USER in a session of its own", read))
