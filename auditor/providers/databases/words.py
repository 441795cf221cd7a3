"""How rows of database servers write what decides whether a right is of use."""

import re

OWN_OF_POSTGRES = re.compile(
    r"rds(?:admin|repladmin|topmgr|writeforwarduser)|azuresu"
    r"|cloudsql(?:admin|agent|replica|logical|import|export|importexport|superuser)"
)
OWN_OF_MYSQL = re.compile(
    r"(?:mysql\.(?:sys|session|infoschema)|mariadb\.sys|rdsadmin)@localhost"
    r"|cloudsql(?:applier|export|import|observabilityadmin|oneshot)@(?:localhost|127\.0\.0\.1|::1)"
)
"""The names of accounts that are the provider's of the server, or its own."""
CONNECT = "CONNECT"
"""The role of a grant without which nothing in a database of PostgreSQL is reached."""
USAGE = "USAGE of the schema"
"""The role of a grant without which nothing in a schema of PostgreSQL is reached."""
OWNER = "owner of "
"""How the role of a grant begins that an owner has without being given it."""
REPLICATION = "REPLICATION"
"""The role of a grant by which everything on a server of PostgreSQL may be copied; in a database it gives nothing."""
SUPERUSER = "SUPERUSER"
ALL_PRIVILEGES = "ALL PRIVILEGES WITH GRANT OPTION"
"""The role of a grant that gives all rights on a server of PostgreSQL, and of MySQL."""
IN_PLACE_OF_SUPERUSER = frozenset({"rds_superuser", "cloudsqlsuperuser", "azure_pg_admin", "alloydbsuperuser"})
"""The roles that clouds give in place of SUPERUSER."""
BEYOND_THE_SERVER = frozenset({"pg_execute_server_program", "pg_write_server_files"})
"""PostgreSQL's own roles by which one becomes its account on the host, and so all that it may."""
EVERYTHING = "*"
"""The resource of a grant on all that a server holds."""
PUBLIC = "public"
"""The name of what every role belongs to; no role can have it."""
RUNS_AS = ", run as "
"""What stands in the role of a grant between functions and whose rights they use."""
