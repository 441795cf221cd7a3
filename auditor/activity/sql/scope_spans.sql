-- When an account or host that is never silent for long was heard of, signs of life included: first and last in each span of
-- the period, which is no longer than a silence must be to be told, so that none is told that lies within one.
-- Whichever source it was: of an event that two sources deliver, only one copy is stored.
SELECT provider, scope, us // $span AS span, min(source) AS source, min(us) AS first_us, max(us) AS last_us
FROM recorded
WHERE provider IN ($never_silent) AND us < $period_to
GROUP BY provider, scope, us // $span
