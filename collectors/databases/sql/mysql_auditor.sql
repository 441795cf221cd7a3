CREATE USER 'auditor'@'HOST' REQUIRE SSL;
GRANT SELECT ON mysql.* TO 'auditor'@'HOST';
GRANT SHOW DATABASES ON *.* TO 'auditor'@'HOST';
-- MySQL alone, for routines that run with their definer's rights:
GRANT SHOW_ROUTINE ON *.* TO 'auditor'@'HOST';
