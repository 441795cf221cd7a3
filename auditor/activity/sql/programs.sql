-- The programs of judged callers, numbered in their own order: numbers are cheaper to group by than long names.
SELECT user_agent, row_number() OVER (ORDER BY user_agent) AS program
FROM (SELECT DISTINCT user_agent FROM judged_caller_acts WHERE user_agent IS NOT NULL) AS agents
