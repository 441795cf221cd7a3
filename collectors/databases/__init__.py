"""Database servers: PostgreSQL, MySQL and MariaDB."""
