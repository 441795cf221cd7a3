"""How an incident review says what was done, under which ticket, to which value, and how it can be reversed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from auditor.activity.results import Earlier
from auditor.case.allowed import Where, farthest
from auditor.case.incident import Act, Incident
from auditor.case.moment import place
from auditor.model.details import details
from auditor.model.tables import Deployment
from auditor.model.vocabulary import ActorClass, Capability, Category
from auditor.providers.registry import provider as known
from auditor.rules.words import length
from reports.words import account_name, listing, person, short, system, when

NAMES_NO_TICKET = "names no ticket"
_GIVE_AGAIN = "Give it again only with a ticket, if it is still needed."
_TAKE_AWAY = "Take the right away again; `auditor revoke` writes the script for a finding on it."
_DELETED = "A deletion: make it again from code, or restore it from a backup."
_RECORD_AGAIN = "Turn recording on again at once, and treat the time between as not seen."
ROTATE = "What was seen cannot be unseen: rotate the secret."

Values = Mapping[tuple[str, str, int], Mapping[str, str]]

# Other acts that need the same right, such as invoking a function, stop nothing.
_RESTARTS = ("failover", "pause", "reboot", "rebuild", "reset", "restart", "resume", "start", "stop", "suspend")
_MOST_VALUES = 4
_VALUE_LENGTH = 60
_SEALED = {
    ActorClass.ROOT: "root",
    ActorClass.BREAK_GLASS: "emergency access",
    ActorClass.UNKNOWN: "whose is not known",
}
_DID = {
    Category.LOGIN: "logged in",
    Category.READ: "looked",
    Category.CHANGE: "changed",
    Category.GRANT: "changed rights",
    Category.SECRET: "changed a secret or setting",
    Category.AUDIT_TRAIL: "changed the audit trail",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that a change set; `old` is empty where the log does not tell it."""

    name: str
    old: str
    new: str

    def text(self) -> str:
        """`desiredCount 4 → 40`."""
        new = short(self.new, _VALUE_LENGTH)
        old = f"{short(self.old, _VALUE_LENGTH)} → " if self.old else ""
        return f"{self.name} {old}{new}"


def actor(review: Incident, act: Act) -> tuple[str, str]:
    """Who acted, and what there is to say of them."""
    told = act.told
    behind = review.then.people.who(told.principal)
    roster = told.person or behind.person
    name = person(roster or behind.owner or told.principal, review.config) or "somebody"
    note = "" if roster in review.config.people_by_id else _SEALED.get(told.actor_class, told.actor_class.value)
    through = known(told.provider).through(told.invoked_by) if told.person else None
    return name, ", ".join(filter(None, (note, through.note if through else "")))


def did(act: Act) -> str:
    """What was done, in two words."""
    told = act.told
    if told.outcome != "ok":
        login = told.category == Category.LOGIN
        return "was not let in" if login else "was denied" if told.outcome == "denied" else "failed at"
    if told.action.endswith(":logout"):
        return "logged out"
    if _ran(act):
        return "ran"
    if act.reveals:
        return "read a secret"
    return _DID.get(Category(told.category), told.category)


def command(act: Act) -> str:
    """The command, where it was one; else the action."""
    if act.told.category == Category.LOGIN and _in_shell(act):
        return ""
    return _ran(act) or act.told.action


def _in_shell(act: Act) -> bool:
    return known(act.told.provider).OPENS_SHELLS


def _ran(act: Act) -> str | None:
    """The command that somebody ran in a shell, as the log has it."""
    text = details(act.told.detail).get("command") if _in_shell(act) else None
    return text if isinstance(text, str) else None


def target(act: Act) -> str:
    """What it was done to; of several, the first and how many more are known of. Of a login, from where."""
    told = act.told
    named = [account_name(resource) for resource in act.resources]
    where = listing([short(name, 70) for name in named], most=2) if named else told.scope
    where = told.scope if _in_shell(act) else where
    comes = told.category == Category.LOGIN and told.source_ip and not told.action.endswith(":logout")
    return f"{where} from {told.source_ip}" if comes else where


def ticket(review: Incident, act: Act) -> str:
    """Under which ticket; empty where none is needed."""
    told = act.told
    if told.category == Category.GRANT:
        named = review.config.policy.ticket_in([told.detail])
        return f"names {named}" if named else NAMES_NO_TICKET
    quiet = told.category == Category.READ or told.action.endswith(":logout")
    if told.person is None or told.outcome != "ok" or quiet:
        return told.ticket or ""
    return _allowed_by(review, act)


def uncovered(review: Incident, act: Act) -> bool:
    """Whether a known person changed something and no ticket of theirs allowed it, as far as tickets are known."""
    if act.told.category == Category.GRANT:
        return act.changes and act.told.person is not None and ticket(review, act) == NAMES_NO_TICKET
    return act.changes and act.placement.where in (Where.OUTSIDE, Where.BEYOND, Where.NOWHERE)


def _allowed_by(review: Incident, act: Act) -> str:
    """The window that an act lies in, or how it lies to the one that it is not in."""
    window = act.placement.window
    match act.placement.where:
        case Where.UNKNOWN:
            return "tickets not known"
        case Where.OUTSIDE if window:
            by, side = farthest(window, act.told.time, act.until)
            return f"{length(by)} {side} {window.ticket}"
        case Where.BEYOND if window:
            other = window.system != review.system.id
            is_for = f"is for {system(window.system, review.config)}" if other else "allows reading only"
            return f"{window.ticket} {is_for}"
        case _:
            return window.ticket if window else "no ticket" if act.changes else ""


def differences(act: Act, values: Values) -> tuple[Difference, ...]:
    """What a change set, beside what was set there before where the log has both."""
    asked = values.get(place(act.told.evidence), {})
    if {"from", "to"} <= asked.keys():
        return (Difference(asked.get("change", "value"), asked["from"], asked["to"]),)
    before = values.get(place(act.before.evidence), {}) if act.before else {}
    named = "\n".join(act.resources)
    return tuple(
        Difference(name, before.get(name, ""), value)
        for name, value in asked.items()
        if before.get(name) != value and (name in before or value not in named) and not name.endswith("Document")
    )[:_MOST_VALUES]


def before_words(review: Incident, earlier: Earlier) -> str:
    """When the value before was set, and by whom."""
    account = earlier.account or earlier.actor or "somebody"
    by = person(review.then.people.who(account).person or account, review.config)
    return f"set {when(earlier.time, review.config.zone)} by {by}"


def reversal(review: Incident, act: Act, alike: Sequence[Act], values: Values) -> str:
    """What can be reversed and how; only values that the log has are named. A service's own work is not.

    Args:
        review: what was resolved.
        act: a change.
        alike: all changes of this kind to this thing, earliest first.
        values: what changes set, by the place of their records.
    """
    told = act.told
    if told.actor_class is ActorClass.SERVICE and told.category == Category.CHANGE:
        return ""
    changed = differences(act, values)
    if undone := _undone(act, changed, alike, values):
        return f"Reversed {when(undone.told.time, review.config.zone)} by {actor(review, undone)[0]}."
    if any(_undone(other, differences(other, values), alike, values) is act for other in alike):
        return "It took an earlier change back: leave it."
    known = [one for one in changed if one.old]
    if known and act.before:
        back = listing(f"{one.name} back to {short(one.old, _VALUE_LENGTH)}" for one in known)
        return f"Set {back}, as {before_words(review, act.before)}; look first whether anybody changed it since."
    return _by_kind(act)


def _undone(act: Act, changed: Sequence[Difference], alike: Sequence[Act], values: Values) -> Act | None:
    """The later act that set every changed value back."""
    old = {one.name: one.old for one in changed}
    if not old or not all(old.values()):
        return None
    for other in alike:
        asked = values.get(place(other.told.evidence), {})
        if other.told.time > act.told.time and all(asked.get(name) == value for name, value in old.items()):
            return other
    return None


def _by_kind(act: Act) -> str:
    category, provider, action = act.told.category, act.told.provider, act.told.action
    name = action.rsplit(":", 1)[-1].rsplit(".", 1)[-1]
    takes = name.lower().startswith(("delete", "remove", "detach", "terminate", "revoke"))
    if category == Category.GRANT:
        return _GIVE_AGAIN if takes else _TAKE_AWAY
    if category == Category.AUDIT_TRAIL:
        return _RECORD_AGAIN
    if _in_shell(act):
        restarts = any(word in command(act) for word in (" restart ", " reload "))
        return "A restart: nothing to reverse." if restarts else "Depends on the command: ask who ran it."
    if name.lower().startswith(_RESTARTS) and Capability.RESTART in known(provider).capabilities(action):
        return "A restart or stop: start it again if it does not run."
    return _DELETED if takes else "Set it back to what it was before; the evidence does not have that value."


def release(deployment: Deployment) -> str:
    """`main at 4f2c9e1d to production, harbour/checkout!88, approved by mia`."""
    what = " at ".join(text[:60] for text in (deployment.ref, (deployment.commit or "")[:12]) if text)
    approved = f"approved by {listing(deployment.approvers)}" if deployment.approvers else "approved by nobody"
    parts = (f"{what} to {deployment.environment or ''}", deployment.merge_request, approved)
    return ", ".join(part for part in parts if part)


def redeploy(review: Incident, deployment: Deployment) -> str:
    """How to go back to the release before."""
    before = review.released_before.get(deployment.deployment_id)
    if before is None:
        return "Deploy the release before it; which one that was is not in the evidence."
    what = (before.commit or before.ref or before.deployment_id)[:12]
    return f"Deploy {what} again, the release of {when(before.time, review.config.zone)}."
