-- Acts with their caller and whatever names it.
SELECT
    acts.*, callers.provider, callers.scope, callers.account, callers.actor, callers.actor_kind, callers.credential,
    callers.on_behalf_of, callers.invoked_by
FROM numbered_acts AS acts
JOIN callers ON callers.caller = acts.caller
