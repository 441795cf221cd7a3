-- The minutes in which a CloudTrail account or an sshd host was heard of at all, signs of life included. Whichever source
-- it was: of an event that two sources deliver, only one copy is stored.
SELECT provider, scope, us // 60000000 AS minute, min(source) AS source, min(us) AS first_us, max(us) AS last_us
FROM recorded
WHERE provider IN ('aws', 'ssh') AND us < $period_to
GROUP BY provider, scope, us // 60000000
