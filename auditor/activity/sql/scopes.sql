-- The CloudTrail accounts and sshd hosts of which any record exists.
SELECT DISTINCT scope FROM scope_minutes
