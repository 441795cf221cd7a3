-- When each lasting credential was last used with success, over all evidence up to the period's end.
SELECT credential, max(ok_last_us) AS last_us
FROM callers
WHERE NOT regexp_matches(credential, $temporary)
GROUP BY credential
HAVING max(ok_last_us) IS NOT NULL
ORDER BY credential
