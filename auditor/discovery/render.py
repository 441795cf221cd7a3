"""auditor.yaml as text: one entry a line or a few, with its question above it, and what is not sure as comments."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import yaml

from auditor.discovery.proposal import Entry, Proposal

NEXT = "  #+ "
"""What the lines of a system begin with that `auditor grow` adds."""
_WIDTH = 118
_MOST = 10
_ABOUT = {
    "people": "Everybody with a login, and whoever asks or approves. `auditor check` says what is still wrong.",
    "service_accounts": "Robots: correct whoever answers for them.",
    "vendors": "Accounts of other companies that roles here trust: take the `#` away from those that are meant.",
    "break_glass": "Emergency access, that stays sealed outside incidents.",
    "signals": "What monitoring tells of each system, as its saved answers lie there.",
    "systems": "Start small: the first is judged. `auditor grow` adds the next of those below.",
}


def render(
    proposal: Proposal,
    sources: Sequence[dict[str, Any]],
    left: Iterable[str],
    zone: str,
    lacking: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """The file's text. It loads as it is; every question in it is a comment."""
    lines = [
        "# yaml-language-server: $schema=./auditor.schema.json",
        f"organisation: {_flow(proposal.organisation)}",
        f"timezone: {zone}",
        "",
    ]
    for name, entries in proposal.lists.items():
        if entries:
            lines += [f"# {_ABOUT[name]}", f"{name}:" if any(entry.sure for entry in entries) else f"# {name}:"]
            lines += [line for entry in entries for line in _entry(entry, next_one=name == "systems")] + [""]
    if proposal.later:
        lines += ["# Tickets for these are counted and not judged; `auditor grow` takes them out.", "later:"]
        lines += [*(f"  - {_flow(name)}" for name in proposal.later), ""]
    if proposal.approvers:
        lines += ["policy:", f"  approvers: {_flow(list(proposal.approvers))}  # who approved in the tickets", ""]
    lines.append("sources:")
    lines += [line for source in sources for line in _entry(Entry(source), next_one=False)]
    lines += [f"  # not read: {_flow(name)}: {why}" for name, why in lacking.items()]
    unread = list(left)
    lines += [f"  # not recognised: {_flow(name)}" for name in unread[:_MOST]]
    lines += [f"  # and {len(unread) - _MOST} more"] if len(unread) > _MOST else []
    return "\n".join(lines) + "\n"


def _entry(entry: Entry, *, next_one: bool) -> Iterator[str]:
    start = "  " if entry.sure else NEXT if next_one else "  # "
    if entry.remark:
        yield f"  # {_flow(entry.remark).strip(chr(34))}" if entry.sure or next_one else f"{start}{entry.remark}"
    yield from (f"{start}{line}" for line in _lines(entry.settings))


def _lines(settings: dict[str, Any]) -> Iterator[str]:
    """An entry in flow style where it fits a line; else its lists on lines of their own."""
    whole = _flow(settings)
    if len(whole) + 4 <= _WIDTH:
        yield f"- {whole}"
        return
    lead = "- "
    for key, value in settings.items():
        if isinstance(value, list) and len(_flow(value)) + len(key) > _WIDTH - 8:
            yield f"{lead}{key}:"
            yield from (f"    - {_flow(item)}" for item in value)
        else:
            yield f"{lead}{key}: {_flow(value)}"
        lead = "  "


def _flow(value: Any) -> str:
    """A value on one line, as YAML has it."""
    text = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, allow_unicode=True, width=10**9)
    return text.removesuffix("\n").removesuffix("\n...").strip()
