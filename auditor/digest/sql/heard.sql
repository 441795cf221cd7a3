-- The minutes in which a CloudTrail account or an sshd host was heard of at all, signs of life included.
SELECT source, scope, us // 60000000 AS minute, min(us) AS first_us, max(us) AS last_us
FROM recorded
WHERE provider IN ('aws', 'ssh') AND us < $period_to
GROUP BY source, scope, us // 60000000
