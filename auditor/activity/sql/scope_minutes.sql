-- The minutes in which an account or host that is never silent for long was heard of at all, signs of life included.
-- Whichever source it was: of an event that two sources deliver, only one copy is stored.
SELECT provider, scope, us // 60000000 AS minute, min(source) AS source, min(us) AS first_us, max(us) AS last_us
FROM recorded
WHERE provider IN ($never_silent) AND us < $period_to
GROUP BY provider, scope, us // 60000000
