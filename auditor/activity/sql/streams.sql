-- Which acts may belong to one episode: one principal, one system, one session, numbered in their own order. What an
-- agent or a vendor did in somebody's session is apart from what they did themselves; what a service did for them, with a
-- key that nobody was handed, goes with the key that they called it with. A holder has all the streams of one principal on
-- one system. `summed` are streams of which no rule judges an episode by itself: those of an account that nobody declares,
-- and those on what no system claims, but for shells and for people who are judged wherever they act.
SELECT
    found.caller, found.session, found.system,
    judged.stranger IS NOT NULL
    OR found.system IS NULL
    AND judged.actor_class IN ('person', 'unknown', 'service', 'pipeline')
    AND NOT judged.everywhere
    AND NOT judged.shell AS summed,
    CAST(dense_rank() OVER (
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
                ELSE coalesce(callers.called_with, callers.credential, callers.actor, callers.account)
            END NULLS FIRST
    ) AS INTEGER) AS stream,
    CAST(dense_rank() OVER (
        ORDER BY
            judged.person NULLS FIRST,
            CASE WHEN judged.person IS NULL THEN coalesce(judged.account, callers.actor) END NULLS FIRST,
            judged.stranger NULLS FIRST,
            judged.actor_class,
            judged.through NULLS FIRST,
            callers.provider,
            callers.scope,
            found.system NULLS FIRST,
            judged.everywhere
    ) AS INTEGER) AS holder
FROM (SELECT DISTINCT caller, session, system FROM placed_acts) AS found
JOIN judged ON judged.caller = found.caller
JOIN (
    SELECT
        caller, provider, scope, account, actor, credential,
        CASE
            WHEN invoked_by IS NOT NULL
                THEN min(CASE WHEN invoked_by IS NULL THEN credential END) OVER (PARTITION BY provider, scope, account, actor)
        END AS called_with
    FROM callers
) AS callers ON callers.caller = found.caller
