-- The programs that acts came from, numbered in their own order.
SELECT CAST(row_number() OVER (ORDER BY user_agent) AS INTEGER) AS program, user_agent
FROM (SELECT DISTINCT user_agent FROM recorded WHERE user_agent IS NOT NULL) AS agents
