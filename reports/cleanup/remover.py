"""What takes the rights of a provider away: the kinds of them that `<provider>.yaml` has, by what handles say."""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property, lru_cache
from typing import Any

from msgspec import Struct, field

from auditor.model.handles import Handle
from auditor.model.written import written
from reports.cleanup.rights import Right
from reports.words import shown

_SHOWN = "shown"
_MOST_TYPES = 256


class Part(str):
    """A part of a handle, as the texts of a table have it.

    `{name}` is the part, `{title:none}` with what stands in the place of an empty one, and `{role: (@)}` with what
    stands around one that is there.
    """

    __slots__ = ()

    def __format__(self, around: str) -> str:
        """The part with what stands around it, or in its place."""
        if "@" in around:
            return around.replace("@", self) if self else ""
        return str(self) or around


class Parts(dict[str, Part]):
    """Parts by name; one that is missing is empty."""

    def __missing__(self, name: str) -> Part:
        """An empty one."""
        return Part()


class Kind(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One kind of right; of several that a handle may be of, the first whose needs it meets counts.

    Every text is a format over the parts of the handle, the groups of the patterns that they match, `holder` and
    `note`. What becomes of them, `Right` tells.

    Args:
        kind: its name, and the handle's type, unless `type` has a pattern for that.
        type: what the handle's type must match whole.
        needs: the patterns that a part must match whole; `shown` is one for what is printed as it stands.
        holder_kind: what sort of holder has it, and the part that names the holder, unless `holder` does.
        what: empty where there is no step for it.
        final: whether it cannot be given back and comes after all other steps.
        delete: what delete.sh does to it, where cleanup.sh only deactivates it; needs `<provider>_delete.sh`, and is a
            format over `account`, `holder` and `name` alone.
        by_hand: what to do where its needs are not met; without, the handle says no more than its parts.
    """

    kind: str
    type: str = ""
    needs: dict[str, str] = field(default_factory=dict)
    account: str = "{account}"
    holder_kind: str = ""
    holder: str = "{holder}"
    name: str = ""
    what: str = ""
    again: str = ""
    held_by: str = ""
    credential: str = ""
    expected: str = ""
    details: dict[str, str] = field(default_factory=dict)
    opens: bool = False
    final: bool = False
    delete: str = ""
    by_hand: str = ""


class _Table(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`<provider>.yaml`.

    Args:
        tool: the program that its steps run.
        kinds: of rights, in the order of the steps.
        place: of an account, whose group is the account, project or host that a break-glass account lets into.
        paths: of an account, what rights leave out of it as their holder; its group stays.
        notes: what there is to say of a kind of holder.
    """

    tool: str
    kinds: list[Kind]
    patterns: dict[str, str] = field(default_factory=dict)
    place: str = ""
    paths: str = ""
    notes: dict[str, str] = field(default_factory=dict)


class Remover:
    """How the rights of a provider are taken away: by its table, and by `<provider>.sh` among the templates.

    Args:
        name: of the provider, as rows have it.
        more: further parts that are made of a handle's.
    """

    def __init__(self, name: str, more: Callable[[Parts], Mapping[str, str]] = lambda _: {}) -> None:
        self.name, self._more = name, more
        self._of_type = lru_cache(_MOST_TYPES)(self._kinds_of)

    @cached_property
    def _table(self) -> _Table:
        return written(__package__, self.name, _Table)

    @cached_property
    def _patterns(self) -> dict[str, re.Pattern[str]]:
        return {name: re.compile(pattern) for name, pattern in self._table.patterns.items()}

    @property
    def tool(self) -> str:
        """The program that its steps run."""
        return self._table.tool

    @property
    def kinds(self) -> list[Kind]:
        """Its kinds of rights, in the order of the steps."""
        return self._table.kinds

    def right_of(self, handle: Handle) -> Right | None:
        """The right that a handle names; None where there is no step for it."""
        return next((self._right(kind, parts) for kind, parts, met in self._of(handle) if met and kind.what), None)

    def by_hand(self, handle: Handle) -> str:
        """What to do where there is no step; empty where the handle says no more than its parts."""
        return next((kind.by_hand.format_map(parts) for kind, parts, _ in self._of(handle) if kind.by_hand), "")

    def held_by(self, account: str) -> str:
        """An account as rights name their holder."""
        return re.sub(f"^{self._table.paths}", r"\1", account) if self._table.paths else account

    def place(self, account: str) -> str | None:
        """The account, project or host that a break-glass account lets into; None where it is another provider's."""
        found = re.fullmatch(self._table.place, account)
        return found[1] if found and found.re.groups else None

    def _of(self, handle: Handle) -> Iterator[tuple[Kind, Parts, bool]]:
        """Each kind that a handle is of by its type, with its parts, and whether those are what the kind needs."""
        own = {name: Part(value) for name, value in handle.items() if isinstance(value, str)}
        for kind, groups in self._of_type(own.get("type", "")):
            parts = Parts(own | groups)
            parts["holder_kind"] = Part(kind.holder_kind.format_map(parts))
            parts["holder"] = parts[parts["holder_kind"]]
            met = all(self._meets(parts, name, needed) for name, needed in kind.needs.items())
            yield kind, parts, met

    def _kinds_of(self, type_: str) -> list[tuple[Kind, dict[str, Part]]]:
        """The kinds that a handle's type is of, each with the groups of its pattern."""
        found = ((kind, re.fullmatch(kind.type or kind.kind, type_)) for kind in self.kinds)
        return [(kind, _groups(match)) for kind, match in found if match]

    def _meets(self, parts: Parts, name: str, needed: str) -> bool:
        """Whether a part matches every pattern that is needed of it, whose groups become parts."""
        value = str(parts[name])
        for one in needed.split():
            if one == _SHOWN:
                if value != shown(value):
                    return False
            elif found := self._patterns[one].fullmatch(value):
                parts |= _groups(found)
            else:
                return False
        return True

    def _right(self, kind: Kind, parts: Parts) -> Right:
        parts |= {name: Part(value) for name, value in self._more(parts).items()}
        parts["note"] = Part(self._table.notes.get(parts["holder_kind"], ""))
        made = {name: getattr(kind, name).format_map(parts) for name in _MADE}
        return Right(
            provider=self.name,
            kind=kind.kind,
            holder_kind=str(parts["holder_kind"]),
            what=shown(kind.what.format_map(parts)),
            again=shown(kind.again.format_map(parts)),
            details=tuple((name, value.format_map(parts)) for name, value in kind.details.items()),
            opens=kind.opens,
            **made,
        )


_MADE = ("account", "holder", "name", "held_by", "credential", "expected")


def _groups(found: re.Match[str]) -> dict[str, Part]:
    return {name: Part(value or "") for name, value in found.groupdict().items()}


def text(handle: Mapping[str, Any], name: str) -> str:
    """A detail of a handle; empty where it is missing or no text."""
    value = handle.get(name)
    return value if isinstance(value, str) else ""
