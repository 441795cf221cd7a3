-- The distinct ways in which events name who acted, numbered in their own order.
SELECT
    row_number() OVER (
        ORDER BY
            provider, scope, account NULLS FIRST, actor NULLS FIRST, actor_kind NULLS FIRST, credential NULLS FIRST,
            on_behalf_of NULLS FIRST, invoked_by NULLS FIRST
    ) AS caller,
    *
FROM (
    SELECT
        provider, scope, account, actor, actor_kind, credential, on_behalf_of, invoked_by,
        count(*) AS events,
        count(CASE WHEN us >= $period_from AND ($asked) THEN 1 END) AS asked,
        min(us) AS first_us,
        max(us) AS last_us,
        max(CASE WHEN outcome = 'ok' THEN us END) AS ok_last_us
    FROM acts
    GROUP BY provider, scope, account, actor, actor_kind, credential, on_behalf_of, invoked_by
) AS named
