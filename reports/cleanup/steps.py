"""From findings to steps: which rights a script takes away, which people must, and which nobody may."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from auditor.config.models import Config
from auditor.model.findings import Finding
from auditor.model.handles import Handle, read_handle
from auditor.model.vocabulary import ActorClass, Capability
from auditor.resolve.types import Access
from reports.words import shown

# Reversible steps come first; a password cannot be given back, so it goes last.
_KINDS = ("access-key", "group-membership", "attached-policy", "inline-policy", "login-profile")
_POLICY_TYPE = re.compile(r"(inline|attached)-(user|group|role)-policy")
_CREDENTIALS = {"access-key", "login-profile"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One right to take away. `expected` is what the right must still be: a fingerprint, or a time; may be empty."""

    kind: str
    account: str
    holder_kind: str
    holder: str
    right: str
    expected: str
    what: str
    findings: tuple[str, ...]
    reasons: tuple[str, ...]
    tickets: tuple[str, ...]
    owners: tuple[str, ...]
    number: int = 0

    @property
    def target(self) -> tuple[str, ...]:
        """What tells two steps apart."""
        return (self.kind, self.account, self.holder_kind, self.holder, self.right)

    @property
    def order(self) -> tuple[Any, ...]:
        """Reversible first, then account by account."""
        return (_KINDS.index(self.kind), *self.target)


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something that the script does not do: what, why not, and the finding it belongs to."""

    what: str
    why: str
    finding: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that the findings ask for."""

    steps: tuple[Step, ...]
    by_hand: tuple[Note, ...] = field(default=())
    left_out: tuple[Note, ...] = field(default=())


def plan(findings: Iterable[Finding], config: Config, access: Sequence[Access] = ()) -> Plan:
    """The steps for these findings, each right once, numbered from 1.

    `access` is every path of access at the time of the audit: with it, the last people who can manage an account's
    access keep theirs.
    """
    steps: dict[tuple[str, ...], Step] = {}
    by_hand: list[Note] = []
    left_out: list[Note] = []
    for finding in findings:
        handles = [read_handle(text) for text in finding.facts.get("handles") or ()]
        if not handles:
            by_hand.append(Note(what=shown(finding.next_step), why=shown(finding.summary), finding=finding.id))
        for handle in handles:
            step = _step(handle, finding, config)
            if step is None:
                by_hand.append(Note(what=_by_hand(handle), why=shown(finding.summary), finding=finding.id))
            elif _is_break_glass(step, finding, config):
                left_out.append(Note(what=step.what, why="It is break-glass.", finding=finding.id))
            else:
                steps[step.target] = _merged(steps.get(step.target), step)
    kept = _last_ways_in(steps.values(), config, access)
    left_out += [Note(what=steps[t].what, why=_LAST, finding=steps[t].findings[0]) for t in kept]
    ordered = sorted((s for t, s in steps.items() if t not in kept), key=lambda s: s.order)
    return Plan(steps=_numbered(ordered), by_hand=tuple(by_hand), left_out=tuple(left_out))


_LAST = "Nobody else could manage access in this account. Give it to somebody, or declare break-glass, and audit again."


def _step(handle: Handle, finding: Finding, config: Config) -> Step | None:
    """A step for the rights that the script knows how to take away, None for the others."""
    kind, holder_kind, right_key = _shape(handle)
    account, holder = _text(handle, "account"), _text(handle, holder_kind)
    right = holder if kind == "login-profile" else _text(handle, right_key)
    if not kind or not re.fullmatch(r"\d{12}", account) or not all(map(_is_name, (holder, right))):
        return None
    return Step(
        kind=kind,
        account=account,
        holder_kind=holder_kind,
        holder=holder,
        right=right,
        expected=_text(handle, "created_at" if kind == "login-profile" else "fingerprint"),
        what=_what(kind, account, holder_kind, holder, right),
        findings=(finding.id,),
        reasons=(shown(finding.summary),),
        tickets=(shown(finding.ticket),) if finding.ticket else (),
        owners=_owners(finding, config),
    )


def _shape(handle: Handle) -> tuple[str, str, str]:
    """Kind of step, kind of holder, and the handle's key that names the right; empty where it is not ours."""
    stated = _text(handle, "type")
    if handle.get("provider") != "aws":
        return "", "", ""
    if policy := _POLICY_TYPE.fullmatch(stated):
        how, holder = policy.groups()
        return f"{how}-policy", holder, "policy" if how == "inline" else "policy_arn"
    rights = {"group-membership": "group", "access-key": "key", "login-profile": "user"}
    return (stated, "user", rights[stated]) if stated in rights else ("", "", "")


def _what(kind: str, account: str, holder_kind: str, holder: str, right: str) -> str:
    everybody = " (every member loses it)" if holder_kind == "group" else ""
    everybody = " (everybody who can assume it loses it)" if holder_kind == "role" else everybody
    sentence = {
        "access-key": f"Deactivate access key {right} of user {holder}",
        "group-membership": f"Remove user {holder} from group {right}",
        "attached-policy": f"Detach policy {right} from {holder_kind} {holder}{everybody}",
        "inline-policy": f"Remove inline policy {right} from {holder_kind} {holder}{everybody}",
        "login-profile": f"Delete the console password of user {holder} (cannot be undone: a new one must be set)",
    }[kind]
    return shown(f"{sentence} in AWS account {account}")


def _by_hand(handle: Handle) -> str:
    details = {str(name): str(value) for name, value in handle.items() if name not in {"provider", "type"}}
    stated = f"{_text(handle, 'provider')} {_text(handle, 'type')}".strip() or "a right without a readable handle"
    known = "; ".join(f"{name} {value}" for name, value in details.items() if name != "fingerprint")
    if stated == "aws access-key":
        key = f"the access key made at {_text(handle, 'created_at')}"
        return shown(f"Deactivate {key} of user {_text(handle, 'user')} in AWS account {_text(handle, 'account')}")
    if stated == "ssh authorized-key":
        line = f"the key {_text(handle, 'fingerprint')} from {_text(handle, 'user')}'s authorized_keys"
        return shown(f"Remove {line} on {_text(handle, 'host')}")
    if stated == "aws trust":
        role, account = _text(handle, "role"), _text(handle, "account")
        who = _text(handle, "principal") or "the principal"
        return shown(f"Remove {who} from the trust policy of role {role} in AWS account {account}")
    return shown(f"Take away {stated}: {known}" if known else f"Take away {stated}")


def _text(handle: Mapping[str, Any], name: str) -> str:
    value = handle.get(name)
    return value if isinstance(value, str) else ""


def _is_name(value: str) -> bool:
    """Whether the AWS CLI takes the value as it stands: it reads `file://…` and the like from elsewhere."""
    return bool(value) and value == shown(value) and "://" not in value


def _owners(finding: Finding, config: Config) -> tuple[str, ...]:
    """Names under which the person behind a right may be running the script."""
    person = config.people_by_id.get(finding.person or "")
    names = (person.id, person.email) if person else (finding.person,)
    return tuple(shown(name).lower() for name in names if name)


def _is_break_glass(step: Step, finding: Finding, config: Config) -> bool:
    accounts = {account for entry in config.break_glass for account in entry.accounts}
    return finding.account in accounts or any(_names(account, step) for account in accounts)


def _names(arn: str, step: Step) -> bool:
    """Whether an IAM ARN, with or without a path, is the step's holder."""
    prefix, _, path = arn.partition("/")
    return prefix == f"arn:aws:iam::{step.account}:{step.holder_kind}" and path.rsplit("/", 1)[-1] == step.holder


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


def _numbered(steps: Iterable[Step]) -> tuple[Step, ...]:
    return tuple(replace(step, number=number) for number, step in enumerate(steps, 1))


def _last_ways_in(steps: Iterable[Step], config: Config, access: Sequence[Access]) -> set[tuple[str, ...]]:
    """Targets that would leave an account with nobody who can manage its access."""
    by_account: dict[str, list[Step]] = {}
    for step in steps:
        by_account.setdefault(step.account, []).append(step)
    sealed = {arn.split(":")[4] for entry in config.break_glass for arn in entry.accounts if arn.count(":") >= 5}  # noqa: PLR2004
    kept: set[tuple[str, ...]] = set()
    for account, planned in by_account.items():
        ways = [path for path in access if _manages(path, account)]
        if ways and account not in sealed:
            takers = [{step.target for step in planned if _takes(step, path)} for path in ways]
            kept |= set().union(*takers) if all(takers) else set()
    return kept


def _manages(path: Access, account: str) -> bool:
    people = {ActorClass.PERSON, ActorClass.BREAK_GLASS}
    powerful = path.unrestricted or Capability.MANAGE_ACCESS in path.capabilities
    return path.provider == "aws" and path.scope == account and powerful and path.identity.actor_class in people


def _takes(step: Step, path: Access) -> bool:
    """Whether the step breaks the path: one of its rights, or a credential of the account it begins at."""
    if step.kind in _CREDENTIALS and _names(path.account, step):
        return True
    return any(_target(read_handle(text)) == step.target for text in path.handles)


def _target(handle: Handle) -> tuple[str, ...]:
    kind, holder_kind, right_key = _shape(handle)
    holder = _text(handle, holder_kind)
    right = holder if kind == "login-profile" else _text(handle, right_key)
    return (kind, _text(handle, "account"), holder_kind, holder, right)
