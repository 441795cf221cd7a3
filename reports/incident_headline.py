"""The sentences that an incident review begins with: who changed what, how much under no ticket, what is not listed."""

from collections import Counter
from collections.abc import Iterator, Sequence

from auditor.case.incident import Act, Incident
from auditor.model.vocabulary import ActorClass, Category
from reports.incident_words import actor, by_machine, uncovered
from reports.words import listing, plural, when

_MOST_NAMES = 3


def headline(review: Incident, left: int = 0) -> str:
    """The sentence that matters; so many acts as are `left` are not listed."""
    system = review.system.name
    if not review.acts and not review.deployments:
        until = review.then.logs_until
        if until is None or until <= review.from_:
            end = f"the logs end at {when(until, review.config.zone)}" if until else "no log was ever read"
            return f"What happened to {system} in this time is not known: {end}."
        return f"Nothing is on record for {system} in this time."
    changes = [act for act in review.acts if act.changes]
    own = [act for act in changes if act.told.system == review.system.id]
    parts = [*_changed(review, own), *_elsewhere([act for act in changes if act.told.system is None])]
    if review.deployments:
        parts.append(plural(len(review.deployments), "deployment"))
    refused = sum(act.count for act in review.acts if act.told.outcome != "ok")
    if refused:
        parts.append(f"{plural(refused, 'act')} failed or denied")
    if left:
        parts.append(f"{left:,} that changed nothing not listed")
    if review.cut:
        parts.append("more happened than can be listed")
    return f"{'; '.join(parts)}."


def _changed(review: Incident, own: Sequence[Act]) -> Iterator[str]:
    """Who changed the system, people by name."""
    system = review.system.name
    names: Counter[str] = Counter()
    for act in own:
        if not by_machine(act):
            names[actor(review, act)[0]] += act.count
    machines = sum(act.count for act in own if by_machine(act))
    if names:
        who = listing((name for name, _ in names.most_common()), most=_MOST_NAMES)
        many = f"{plural(names.total(), 'change')}{' altogether' if len(names) > 1 else ''}"
        yield f"{who} changed {system}, with {many}{_under(own)}"
    else:
        yield f"No change to {system} by a person" if machines else f"No change to {system}"
    bare = sum(act.count for act in own if uncovered(review, act))
    if bare:
        yield f"{bare:,} under no ticket that allows {'it' if bare == 1 else 'them'}"
    unknown = sum(act.count for act in own if act.told.actor_class is ActorClass.UNKNOWN)
    if unknown:
        yield f"{unknown:,} by accounts that nobody knows"
    if machines:
        yield f"{plural(machines, 'change')} by machines"


def _under(own: Sequence[Act]) -> str:
    """The tickets that allowed what people changed, where they allowed all of it."""
    windows = [act.placement.inside for act in own if not by_machine(act)]
    tickets = listing(dict.fromkeys(window.ticket for window in windows if window), most=_MOST_NAMES)
    return f" under {tickets}" if all(windows) else ""


def _elsewhere(changes: Sequence[Act]) -> Iterator[str]:
    """What was changed in the same accounts and no system claims."""
    count = sum(act.count for act in changes)
    rights = sum(act.count for act in changes if act.told.category == Category.GRANT)
    trail = sum(act.count for act in changes if act.told.category == Category.AUDIT_TRAIL)
    if count:
        told = [f"{rights:,} of rights"] * bool(rights) + [f"{trail:,} of the audit trail"] * bool(trail)
        yield f"{plural(count, 'change')} beside it that no system claims" + (f" ({listing(told)})" if told else "")
