"""The least rights that reading database servers can do with, as statements."""

from auditor.model.written import statement
from collectors.permissions import Rights

_HOW = "Run it as an administrator, and give the login its password by {}, so that no log has it. {}"


def postgres() -> Rights:
    """Statements for PostgreSQL."""
    how = _HOW.format("\\password auditor", "The queries change nothing, and read no table of yours.")
    return Rights(statement(__package__, "postgres_auditor").rstrip(), how)


def mysql() -> Rights:
    """Statements for MySQL and MariaDB."""
    how = "The table of accounts holds hashes of passwords: they are not asked for."
    how = _HOW.format("ALTER USER in a session of its own", how)
    return Rights(statement(__package__, "mysql_auditor").rstrip(), how)
