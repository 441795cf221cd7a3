"""What was called, as the statements of a policy: actions that go together, on what they were done to, with an end."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from auditor.activity.results import UsedAct
from auditor.model.groups import grouped
from auditor.model.vocabulary import Capability, Category
from auditor.providers.aws.actions import Actions, expand
from auditor.providers.aws.calls import asked
from auditor.providers.aws.capabilities import capabilities
from auditor.providers.aws.fit_resources import named
from auditor.providers.fitted import Work, stamp

LONGEST = 6144
"""Characters that AWS takes in one managed policy; spaces do not count."""


class Right(Struct, frozen=True):
    """One action that is to be allowed.

    Args:
        resources: what it is allowed on.
        ends: when it ends; None where it stands.
        acts: those that took it; `covered` are those that it allows.
        why: why it is allowed on everything; None where there is nothing to say of that.
    """

    name: str
    action: Actions
    resources: tuple[str, ...]
    ends: datetime | None
    acts: tuple[UsedAct, ...]
    covered: tuple[UsedAct, ...]
    why: str | None = None


def rights_of(work: Work) -> tuple[list[Right], tuple[tuple[str, str], ...]]:
    """The actions that acts took, and what was done that a policy cannot allow, with why."""
    by_name: defaultdict[str, list[tuple[UsedAct, tuple[str, ...]]]] = defaultdict(list)
    left: dict[tuple[str, str], None] = {}
    for act in work.acts:
        wanted = asked(act.action, act.resource, f"{work.account.split(':')[1]}:{act.scope}")
        if wanted is None and act.category != Category.LOGIN:
            left[act.action, "no action of IAM is known by this name"] = None
        for one in wanted or ():
            by_name[one.name].append((act, one.among))
    found = []
    for name, pairs in sorted(by_name.items()):
        action, acts = expand(name), tuple(act for act, _ in pairs)
        told = named(action, pairs)
        left |= {(f"{name} on {one}", "its name holds signs that mean others in a policy"): None for one in told.left}
        gives = Capability if name == "sts:AssumeRole" else capabilities(action)
        found.append(Right(name, action, told.resources, work.ends(gives, acts), acts, told.covered, told.why))
    return found, tuple(left)


def documents(rights: Iterable[Right]) -> list[str]:
    """Policy documents, as few as AWS's limit allows, as JSON."""
    found: list[list[dict[str, Any]]] = []
    for statement in _statements(rights):
        if not found or _length([*found[-1], statement]) > LONGEST:
            found.append([])
        found[-1].append(statement)
    return [json.dumps({"Version": "2012-10-17", "Statement": _with_names(one)}, indent=2) + "\n" for one in found]


def _statements(rights: Iterable[Right]) -> Iterator[dict[str, Any]]:
    """A statement for those that are alike in resources and end; those that are too long, in pieces."""
    named = (one for one in rights if one.resources)
    groups = grouped(((one.ends is not None, one.ends, one.resources), one.name) for one in named)
    for (_, ends, resources), names in sorted(groups.items(), key=lambda item: (item[0][0], item[1])):
        end = {"Condition": {"DateLessThan": {"aws:CurrentTime": stamp(ends)}}} if ends else {}
        for piece in _pieces(resources):
            yield {"Effect": "Allow", "Action": names, "Resource": piece, **end}


def _pieces(resources: Sequence[str]) -> Iterator[list[str]]:
    """Resources in lists that leave room for the actions."""
    piece: list[str] = []
    for one in resources:
        if piece and len("".join(piece)) + 4 * len(piece) + len(one) > LONGEST // 2:
            yield piece
            piece = []
        piece.append(one)
    yield piece


def _length(statements: Sequence[dict[str, Any]]) -> int:
    return len("".join(json.dumps(_with_names(statements)).split())) + len('{"Version":"2012-10-17","Statement":}')


def _with_names(statements: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each statement with a name of what it is for."""
    return [{"Sid": f"{_called(one)}{number}", **one} for number, one in enumerate(statements, 1)]


def _called(statement: dict[str, Any]) -> str:
    gives = capabilities(sum(expand(name) for name in statement["Action"]))
    words = next((capability.value for capability in Capability if capability in gives), "look")
    return "".join(word.title() for word in words.split("-"))
