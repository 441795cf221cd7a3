CREATE ROLE auditor LOGIN CONNECTION LIMIT 3;
-- What PostgreSQL tells every role is nearly all that is read. In each database that PUBLIC may not connect to:
GRANT CONNECT ON DATABASE "NAME" TO auditor;
-- Who may come in from where (pg_hba.conf), as a superuser in the database `postgres` or whichever is named first;
-- providers give it to nobody:
GRANT EXECUTE ON FUNCTION pg_catalog.pg_hba_file_rules() TO auditor;
GRANT SELECT ON pg_catalog.pg_hba_file_rules TO auditor;
