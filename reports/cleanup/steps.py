"""From findings to steps: which rights a script takes away, which people must, and which nobody may."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from msgspec import Struct, field
from msgspec.structs import replace

from auditor.config.models import Config
from auditor.model.consequences import Consequence
from auditor.model.entitlements import Entitlement
from auditor.model.findings import Finding
from auditor.model.handles import Handle, read_handle
from auditor.model.vocabulary import ActorClass, Capability
from reports.cleanup.registry import REMOVERS, is_final, order, right_of
from reports.cleanup.remover import text
from reports.cleanup.rights import Right
from reports.consequences import failed, sentence, warning
from reports.words import listing, shown, when

_LAST = (
    "This is the last person who can administer this account, project or host. Let somebody else, or declare "
    "break-glass, and audit again."
)
_PEOPLE = {ActorClass.PERSON, ActorClass.BREAK_GLASS}


class Step(Struct, frozen=True, kw_only=True):
    """One right to take away, whose it is, and why.

    Args:
        used: when it was last used, as far as that is known.
        answer: what would have failed without it, as far as that was asked.
        breaks: what of the week before the audit; empty where nothing is known that would have.
    """

    right: Right
    whose: str
    findings: tuple[str, ...]
    reasons: tuple[str, ...]
    tickets: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    used: str = ""
    answer: str = ""
    breaks: str = ""
    final: bool = False
    number: int = 0


class Note(Struct, frozen=True, kw_only=True):
    """Something that the script does not do: what, why not, and the finding it belongs to."""

    what: str
    why: str
    finding: str


class Plan(Struct, frozen=True, kw_only=True):
    """Everything that the findings ask for; `undecided` counts the findings of a right on which nothing was decided."""

    steps: tuple[Step, ...]
    by_hand: tuple[Note, ...] = field(default=())
    left_out: tuple[Note, ...] = field(default=())
    undecided: int = 0

    @property
    def providers(self) -> tuple[str, ...]:
        """Whose programs the steps need."""
        needed = {step.right.provider for step in self.steps}
        return tuple(provider for provider in REMOVERS if provider in needed)


def plan(
    findings: Iterable[Finding],
    config: Config,
    access: Sequence[Entitlement] = (),
    consequences: Iterable[Consequence] = (),
    *,
    final: bool = True,
) -> Plan:
    """The steps for these findings, each right once, numbered from 1.

    `access` is every path of access at the time of the audit: with it, the last people who can manage access to an
    account, project or host keep theirs. `consequences` say what would have failed without rights. Without `final`,
    what cannot be undone is left to a request.
    """
    steps: dict[tuple[str, ...], Step] = {}
    by_hand: list[Note] = []
    left_out: list[Note] = []
    for finding in findings:
        if not finding.handles:
            held = listing(map(str, finding.facts.get("paths", ())), most=3)
            why = shown(f"{finding.summary}{f': {held}' if held else ''}")
            by_hand.append(Note(what=shown(finding.next_step), why=why, finding=finding.id))
        for handle in finding.handles:
            right = right_of(handle)
            if right is None:
                by_hand.append(Note(what=words_of(handle), why=shown(finding.summary), finding=finding.id))
            elif _is_break_glass(right, finding, config):
                left_out.append(Note(what=right.what, why="It is break-glass.", finding=finding.id))
            elif is_final(right) and not final:
                why = f"It cannot be undone, and is done on request only: auditor revoke {finding.id}"
                left_out.append(Note(what=right.what, why=why, finding=finding.id))
            else:
                steps[right.target] = _merged(steps.get(right.target), _step(right, finding, config))
    kept = _last_ways_in([step.right for step in steps.values()], config, access)
    left_out += [Note(what=steps[t].right.what, why=_LAST, finding=steps[t].findings[0]) for t in kept]
    ordered = sorted((s for t, s in steps.items() if t not in kept), key=lambda s: order(s.right))
    uses = _last_uses(access) if ordered else {}
    alone = ((one, right_of(one.handles[0])) for one in consequences if len(one.handles) == 1)
    told = {right.target: one for one, right in alone if right}
    numbered = (
        replace(
            step,
            number=n,
            used=(used := _last_use(step.right, uses, told.get(step.right.target), config)),
            answer=_answer(told.get(step.right.target), config, used),
            breaks=shown(warning(told.get(step.right.target), config)),
        )
        for n, step in enumerate(ordered, 1)
    )
    return Plan(steps=tuple(numbered), by_hand=tuple(by_hand), left_out=tuple(left_out))


def _answer(one: Consequence | None, config: Config, used: str) -> str:
    """What would have failed without it, and when it was last used where that is not said beside it."""
    if one is None:
        return "not known: it was not asked, and `auditor replay` can be"
    return shown(failed(one, config) if used else sentence(one, config))


def _step(right: Right, finding: Finding, config: Config) -> Step:
    person = config.people_by_id.get(finding.person or "")
    return Step(
        right=right,
        whose=shown(person.name if person else finding.person or right.held_by or right.holder),
        findings=(finding.id,),
        reasons=(shown(finding.summary),),
        tickets=(shown(finding.ticket),) if finding.ticket else (),
        owners=_owners(finding, config),
        final=is_final(right),
    )


def _last_uses(access: Iterable[Entitlement]) -> Mapping[tuple[str, ...], datetime]:
    """When each right was last used, by its target, and each account, by provider and as rights name their holder."""
    found: dict[tuple[str, ...], datetime] = {}
    for path in access:
        if used := path.last_used_at:
            holders = ((name, remover.held_by(path.account)) for name, remover in REMOVERS.items())
            for key in (*_targets(path), *holders):
                found[key] = max(found.get(key, used), used)
    return found


def _last_use(right: Right, uses: Mapping[tuple[str, ...], datetime], told: Consequence | None, config: Config) -> str:
    """When it was last used, or the account whose credential it is: as its provider says, or as the log does."""
    keys = [right.target, *([(right.provider, right.held_by)] if right.opens else [])]
    known = [*(uses[key] for key in keys if key in uses), *(act.last_at for act in (told.acts if told else ()))]
    return when(max(known), config.zone) if known else ""


def words_of(handle: Handle) -> str:
    """What a person does to take away a right for which there is no step, in words."""
    details = {str(name): str(value) for name, value in handle.items() if name not in {"provider", "type"}}
    stated = f"{text(handle, 'provider')} {text(handle, 'type')}".strip() or "a right without a readable handle"
    known = "; ".join(f"{name} {value}" for name, value in details.items() if name != "fingerprint")
    remover = REMOVERS.get(text(handle, "provider"))
    if remover and (sentence := remover.by_hand(handle)):
        return shown(sentence)
    return shown(f"Take away {stated}: {known}" if known else f"Take away {stated}")


def _owners(finding: Finding, config: Config) -> tuple[str, ...]:
    """Names under which the person behind a right may be running the script."""
    person = config.people_by_id.get(finding.person or "")
    names = (person.id, person.email) if person else (finding.person,)
    return tuple(shown(name).lower() for name in names if name)


def _is_break_glass(right: Right, finding: Finding, config: Config) -> bool:
    accounts = {account for entry in config.break_glass for account in entry.accounts}
    return not accounts.isdisjoint({finding.account, right.credential}) or any(_holds(a, right) for a in accounts)


def _holds(account: str, right: Right) -> bool:
    """Whether an account, as evidence names it, is the holder."""
    return REMOVERS[right.provider].held_by(account) == right.held_by


def _merged(first: Step | None, second: Step) -> Step:
    """One step for one right, whatever the number of findings that ask for it."""
    if first is None:
        return second
    return replace(
        first,
        findings=_together(first.findings, second.findings),
        reasons=_together(first.reasons, second.reasons),
        tickets=_together(first.tickets, second.tickets),
        owners=_together(first.owners, second.owners),
    )


def _together(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*first, *second)))


def _last_ways_in(rights: Collection[Right], config: Config, access: Sequence[Entitlement]) -> set[tuple[str, ...]]:
    """Targets that would leave an account, project or host with nobody who can manage its access."""
    targets = {right.target for right in rights}
    keys = [right for right in rights if right.opens]
    sealed = {
        (name, remover.place(account))
        for entry in config.break_glass
        for account in entry.accounts
        for name, remover in REMOVERS.items()
    }
    ways: dict[tuple[str, str], list[Entitlement]] = {}
    strangers: dict[tuple[str, str], list[Entitlement]] = {}
    for path in access:
        place = (path.provider, path.scope)
        powerful = path.unrestricted or Capability.MANAGE_ACCESS in path.capabilities
        if powerful and path.identity.actor_class in _PEOPLE and place not in sealed:
            ways.setdefault(place, []).append(path)
        elif powerful and path.identity.actor_class is ActorClass.UNKNOWN and place not in sealed:
            strangers.setdefault(place, []).append(path)
    kept: set[tuple[str, ...]] = set()
    # Where nobody is known to administer a place, whoever does may be its only administrator.
    for paths in {**strangers, **ways}.values():
        takers = [_takers(path, targets, keys) for path in paths]
        kept |= set().union(*takers) if all(takers) else set()
    return kept


def _takers(path: Entitlement, targets: Collection[tuple[str, ...]], keys: Iterable[Right]) -> set[tuple[str, ...]]:
    """Targets that break the path: one of its rights, or a credential of the account it begins at."""
    return _targets(path).intersection(targets) | {key.target for key in keys if _holds(path.account, key)}


def _targets(path: Entitlement) -> set[tuple[str, ...]]:
    """What a path rests on, as far as a step can take it away."""
    return {right.target for written in path.handles if (right := right_of(read_handle(written)))}
