"""Which of a ticket file's columns says what: a proposal for the source's `columns`."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from msgspec import Struct

from auditor.model.statements import says_removed
from collectors.tickets.exports import MAY_BE_CHOSEN, called, exports
from collectors.tickets.records import Layout, header

# What only one tracker's files have, of those columns that each has.
_TELLING = (
    ("jira", {"issue_key", "summary"}),
    ("gitlab", {"issue_id", "author_username"}),
    ("gitlab", {"iid", "title", "web_url"}),
    ("github", {"number", "title", "url"}),
    ("linear", {"id", "title", "team"}),
    ("linear", {"identifier", "title", "createdat"}),
    ("trello", {"card", "board", "title"}),
    ("pagerduty", {"incident_number", "urgency"}),
)
# What a file is read for without a mapping where its headings are usual ones.
_USUAL = frozenset(
    {"requester", "person", "systems", "starts_at", "ends_at", "approver", "approved_at", "approval", "closed_at"}
    | {"closeout", "removal_confirmed"}
)
# As many words a choice of a list has; and what was written last under a ticket may be about anything.
_LONGEST_CHOICE, _LAST_WORDS = 5, "last_notes"


class Proposal(Struct, frozen=True):
    """What a source of a file may say.

    Args:
        columns: a tracker's name, or the file's columns by the tickets table's; empty where they are the same.
        left_out: columns of the file that nothing is read from.
    """

    columns: str | dict[str, str]
    left_out: tuple[str, ...]


def propose(data: bytes) -> Proposal:
    """A mapping for a file.

    Raises:
        ValueError: nothing in it can be a ticket's id, or it cannot be read.
    """
    named = dict(zip(Layout(ticket=None, doubled=True).named(own := header(data)), own, strict=True))
    for tracker, telling in _TELLING:
        if "ticket" not in named and telling <= named.keys():
            read = {name for names in exports()[tracker].columns.values() for name in names.split()}
            left = [theirs for name, theirs in named.items() if name not in read and "custom_field" not in name]
            return Proposal(tracker, tuple(left))
    mapped = dict(_mapped(named))
    if "ticket" not in mapped:
        raise ValueError(f"none of its columns can be a ticket's id: {', '.join(own)}")
    used = set(mapped.values())
    renamed = {ours: theirs for ours, theirs in mapped.items() if ours not in named}
    return Proposal(renamed, tuple(theirs for theirs in named.values() if theirs not in used))


def _mapped(named: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    taken = called().keys() & named.keys()
    yield from ((ours, named[ours]) for ours in called() if ours in taken)
    for ours, others in called().items():
        found = next((name for name in others if name in named and name not in taken), None)
        if ours not in taken and found:
            taken |= {ours, found}
            yield ours, named[found]


def usual(columns: Mapping[str, Iterable[str]], *, mapped: Collection[str] = ()) -> dict[str, str]:
    """The table's columns by the usual headings that a file has for them in their stead.

    Args:
        columns: what stands under each of the file's headings.
        mapped: columns of the table for which nothing stands in, as somebody said where they are.
    """
    known = (name for name, told in columns.items() if name != _LAST_WORDS and not _is_chosen(name, told))
    found = _mapped({name: name for name in known})
    return {theirs: ours for ours, theirs in found if ours in _USUAL - set(mapped) and ours != theirs}


def _is_chosen(name: str, told: Iterable[str]) -> bool:
    """Whether what stands under a heading may be words of a list, and no note of what was done."""
    return name in MAY_BE_CHOSEN and not any(
        len(text.split()) > _LONGEST_CHOICE or says_removed(text) is not None for text in told
    )
