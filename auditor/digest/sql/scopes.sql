-- The CloudTrail accounts and sshd hosts of which any record exists in the period.
SELECT DISTINCT scope FROM heard WHERE last_us >= $period_from
