-- The programs that acts came from, numbered in their own order.
SELECT row_number() OVER (ORDER BY user_agent) AS program, user_agent
FROM (SELECT DISTINCT user_agent FROM numbered_acts WHERE user_agent IS NOT NULL) AS agents
