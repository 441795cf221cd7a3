"""Whether a change can be taken back, and how: only values that the log has are named."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum

from msgspec import Struct

from auditor.activity.results import Earlier
from auditor.case.incident import Act, Incident
from auditor.case.moment import place
from auditor.model.tables import Deployment
from auditor.model.vocabulary import ActorClass, Capability, Category
from auditor.providers.registry import provider as known
from reports.incident_values import LENGTH, Difference, How, Values, differences, unread, was
from reports.incident_words import actor, by_machine, command, in_shell
from reports.words import listing, person, plural, short, when


class Can(StrEnum):
    """Whether a change can be taken back."""

    DONE = "done"
    LEAVE = "leave it"
    YES = "yes"
    NO = "no"
    ASK = "not known"
    NOTHING = "nothing to reverse"


class Reversal(Struct, frozen=True):
    """Whether a change can be taken back, and a sentence that says how, or why not."""

    can: Can
    text: str


NOTHING = Reversal(Can.NOTHING, "")
_GIVE_AGAIN = Reversal(Can.YES, "Give it again only with a ticket, if it is still needed.")
_TAKE_AWAY = Reversal(Can.YES, "Take the right away again; `auditor revoke` writes the script for a finding on it.")
_DELETED = Reversal(Can.NO, "A deletion: make it again from code, or restore it from a backup.")
_RECORD_AGAIN = Reversal(Can.YES, "Turn recording on again at once, and treat the time between as not seen.")
_ROTATE = Reversal(Can.NO, "What was seen cannot be unseen: rotate the secret.")
_BACK = Reversal(Can.LEAVE, "It took an earlier change back: leave it.")
_RESTARTED = Reversal(Can.NOTHING, "A restart: nothing to reverse.")
_COMMAND = Reversal(Can.ASK, "Depends on the command: ask who ran it.")
_START = Reversal(Can.YES, "A restart or stop: start it again if it does not run.")
_NO_VALUE = Reversal(Can.ASK, "Set it back to what it was before; the evidence does not have that value.")
_UNREAD = Reversal(Can.ASK, "Set it back to what it was before; its record was not read, so that value is not known.")
_NO_RELEASE = Reversal(Can.ASK, "Deploy the release before it; which one that was is not in the evidence.")

# Other acts that need the same right, such as invoking a function, stop nothing.
_RESTARTS = ("failover", "pause", "reboot", "rebuild", "reset", "restart", "resume", "start", "stop", "suspend")
_TAKES = ("delete", "remove", "detach", "terminate", "revoke")
_SAID = {
    Can.DONE: "taken back already",
    Can.LEAVE: "took another back",
    Can.NO: "cannot be",
    Can.ASK: "whose value before, or way back, is not known",
    Can.NOTHING: "with nothing to reverse",
}


def taken_back(alike: Sequence[Act], values: Values) -> Iterator[tuple[Act, Act]]:
    """Of changes of one kind to one thing, earliest first: those that a later one set back, with the first that did."""
    asked = [values[place(act.told.evidence)].values if place(act.told.evidence) in values else {} for act in alike]
    for number, act in enumerate(alike):
        old = {one.name: one.old for one in differences(act, values)}
        if not old or not all(old.values()):
            continue
        for other in range(number + 1, len(alike)):
            later = alike[other]
            if later.told.time > act.told.time and old.items() <= asked[other].items():
                yield act, later
                break


def reversal(review: Incident, act: Act, back: Iterable[tuple[Act, Act]], values: Values) -> Reversal:
    """What can be reversed and how. A service's own work is not, nor what a robot reads.

    `back` are changes of this kind to this thing that were taken back, each with the one that did.
    """
    told = act.told
    if not act.changes:
        return _ROTATE if act.reveals and not by_machine(act) else NOTHING
    if told.actor_class is ActorClass.SERVICE and told.category == Category.CHANGE:
        return NOTHING
    changed = differences(act, values)
    for undone, by in back:
        if undone is act:
            moment = when(by.told.time, review.config.zone)
            return Reversal(Can.DONE, f"Reversed {moment} by {actor(review, by)[0]}.")
        if by is act:
            return _BACK
    return _set_back(review, act, changed, values)


def _set_back(review: Incident, act: Act, changed: Sequence[Difference], values: Values) -> Reversal:
    """To which value, where that is known or kept; else by what sort of change it is."""
    known_before = [one for one in changed if one.old and one.how is How.SET]
    if kept := known(act.told.provider).HISTORY.get(act.told.action):
        return Reversal(Can.YES, f"Set it back to the value before: it is in {kept}.")
    if not known_before:
        if any(one.how is How.REMOVED for one in changed) and any(one.how is How.ADDED for one in changed):
            return Reversal(Can.YES, f"Set it back to what it said before{_since(review, act, values)}.")
        return _UNREAD if (by_kind := _by_kind(act)) is _NO_VALUE and unread(act, values) else by_kind
    values_before = listing(f"{one.name} back to {short(one.old, LENGTH)}" for one in known_before)
    since = _since(review, act, values)
    return Reversal(Can.YES, f"Set {values_before}{since}; look first whether anybody changed it since.")


def _since(review: Incident, act: Act, values: Values) -> str:
    """Since when it was so before, or when that was read."""
    if read := was(act, values).at:
        return f", as read {when(read, review.config.zone)}"
    return f", as {_before(review, act.before)}" if act.before else ""


def redeploy(review: Incident, deployment: Deployment) -> Reversal:
    """How to go back to the release before."""
    before = review.released_before.get(deployment.deployment_id)
    if before is None:
        return _NO_RELEASE
    what = (before.commit or before.ref or before.deployment_id)[:12]
    return Reversal(Can.YES, f"Deploy {what} again, the release of {when(before.time, review.config.zone)}.")


def summary(changes: Iterable[tuple[Reversal, int]]) -> str:
    """How many changes can be taken back: `1 of 3 changes can be reversed; 2 cannot be.` Empty where there are none.

    Each change comes with how many alike ones it stands for.
    """
    told: Counter[Can] = Counter()
    for one, count in changes:
        told[one.can] += count
    if not told:
        return ""
    of = f"of {plural(told.total(), 'change')}"
    lead = f"{told[Can.YES]:,} {of} can be reversed"
    if told[Can.ASK] and not told[Can.YES]:
        lead = f"No way back is known for {told.pop(Can.ASK):,} {of}"
    beside = [f"; {told[can]:,} {words}" for can, words in _SAID.items() if told[can]]
    return f"{lead}{''.join(beside)}."


def _before(review: Incident, earlier: Earlier) -> str:
    """When the value before was set, and by whom."""
    account = earlier.account or earlier.actor or "somebody"
    by = person(review.then.people.who(account).person or account, review.config)
    return f"set {when(earlier.time, review.config.zone)} by {by}"


def _by_kind(act: Act) -> Reversal:
    category, action = act.told.category, act.told.action
    name = action.rsplit(":", 1)[-1].rsplit(".", 1)[-1].lower()
    if category == Category.GRANT:
        return _GIVE_AGAIN if name.startswith(_TAKES) else _TAKE_AWAY
    if category == Category.AUDIT_TRAIL:
        return _RECORD_AGAIN
    if in_shell(act):
        return _RESTARTED if any(word in command(act) for word in (" restart ", " reload ")) else _COMMAND
    if name.startswith(_RESTARTS) and Capability.RESTART in known(act.told.provider).capabilities(action):
        return _START
    return _DELETED if name.startswith(_TAKES) else _NO_VALUE
