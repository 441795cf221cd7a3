-- Acts with the number of their caller, in all their words.
SELECT callers.caller, acts.*
FROM acts
JOIN callers
    ON callers.provider = acts.provider
    AND callers.scope = acts.scope
    AND callers.account IS NOT DISTINCT FROM acts.account
    AND callers.actor IS NOT DISTINCT FROM acts.actor
    AND callers.actor_kind IS NOT DISTINCT FROM acts.actor_kind
    AND callers.credential IS NOT DISTINCT FROM acts.credential
    AND callers.on_behalf_of IS NOT DISTINCT FROM acts.on_behalf_of
    AND callers.invoked_by IS NOT DISTINCT FROM acts.invoked_by
