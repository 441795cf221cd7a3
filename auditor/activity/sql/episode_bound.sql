-- How many sittings of one holder are judged one by one: all of them, unless that were more than are judged altogether.
SELECT coalesce(max(CASE WHEN altogether <= $episodes THEN nth END), 0) AS most
FROM (
    SELECT nth, sum(count(*)) OVER (ORDER BY nth) AS altogether
    FROM judged_sittings
    GROUP BY nth
) AS places
