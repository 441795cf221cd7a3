-- Which cells may belong to one episode: one principal, one system, one session, numbered in their own order. What an
-- agent or a vendor did in somebody's session is apart from what they did themselves.
SELECT
    found.caller, found.session, found.system,
    dense_rank() OVER (
        ORDER BY
            judged.person NULLS FIRST,
            CASE WHEN judged.person IS NULL THEN judged.account END NULLS FIRST,
            judged.actor_class,
            judged.through NULLS FIRST,
            callers.provider,
            callers.scope,
            found.system NULLS FIRST,
            CASE
                WHEN found.session IS NOT NULL THEN found.session
                WHEN judged.actor_class IN ('service', 'pipeline', 'unknown') THEN coalesce(callers.actor, callers.account)
                ELSE coalesce(callers.credential, callers.actor, callers.account)
            END NULLS FIRST
    ) AS stream
FROM (SELECT DISTINCT caller, session, system FROM act_groups) AS found
JOIN judged ON judged.caller = found.caller
JOIN callers ON callers.caller = found.caller
