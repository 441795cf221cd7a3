"""Approvals that were given in Slack's channels."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from html import unescape
from typing import Any

from msgspec import Struct, field

from auditor.config.sources.slack import SlackApprovals
from auditor.errors import SourceError
from auditor.model.details import as_object, as_objects
from auditor.model.statements import is_approval
from auditor.model.tables import Approval
from collectors.answers import kept, listed, quoted
from collectors.base import Batch, Normalised, Raw, Snapshot, missing
from collectors.files import entries, existing, leaves, origin_of, raw_file
from collectors.problems import Problems
from collectors.reading import Origin, Reading
from collectors.redact import LONGEST_TEXT, redact
from collectors.slack import client
from collectors.tickets import approvals
from collectors.tickets.ids import TICKET

# What people write; all else is told by Slack or by a program.
_WRITTEN = frozenset({None, "thread_broadcast", "me_message", "file_share"})
_MENTION = re.compile(r"<@([A-Z0-9]+)(?:\|[^<>]*)?>")
_LINK = re.compile(r"<([^<>|]*)(?:\|([^<>]*))?>")
_NEVER = datetime.min.replace(tzinfo=UTC)
_DAY = re.compile(r"\d{4}-\d\d-\d\d\.json")


class _Told(Struct):
    """What the batch holds."""

    url: str = ""
    people: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    threads: defaultdict[tuple[str, str], list[tuple[Origin, int, dict[str, Any]]]] = field(
        default_factory=lambda: defaultdict(list)
    )


class SlackApprovalsCollector(Snapshot[SlackApprovals], frozen=True):
    """Messages by which somebody agrees to what a ticket asks."""

    PERMISSIONS = (
        "scope:channels:history",
        "scope:groups:history",
        "scope:users:read",
        "scope:users:read.email",
    )
    READS = (
        "Threads of the channels that are named in which a ticket is, and the people in them: who agreed to what, in "
        "which words, when, and when they edited it. Of an export, all channels where none is named. No other thread "
        "is kept."
    )

    quote = staticmethod(quoted)

    def raws(self) -> Iterator[Raw]:
        """The people, and each channel's threads; a sentence for a channel that cannot be read.

        Raises:
            SourceError: the token is refused, Slack cannot be reached, or there is no such folder.
        """
        if self.source.path is not None:
            yield from self._export(self.source.path)
            return
        slack = client.client(self.source)
        with client.explained("signing in"):
            url = str(slack.auth_test()["url"])
        yield kept("slack:workspace", "workspace", [{"url": url}])
        yield kept("slack:people", "people", client.people(slack))
        oldest = (self.context.collected_at - self.source.within).timestamp()
        for channel in self.source.channels:
            try:
                yield kept(f"slack:{channel}", f"channel:{channel}", client.threads(slack, channel, oldest))
            except SourceError as error:
                yield missing(f"slack:{channel}", error.why, f"channel:{channel}")

    def _export(self, path: str) -> Iterator[Raw]:
        root = existing(self.source.name, path, self.context)
        for folder in entries(self.source.name, root):
            if leaves(folder, root):
                yield missing(origin_of(folder, self.context), "it is a link that leads out of the folder", "people")
            elif folder.name == "users.json":
                yield raw_file(folder, self.context, "people")
            elif folder.is_dir() and (not self.source.channels or folder.name in self.source.channels):
                for file in entries(self.source.name, folder):
                    if _DAY.fullmatch(file.name):
                        yield raw_file(file, self.context, f"channel:{folder.name}")

    def normalise(self, batch: Batch) -> Normalised:
        """A row for each approval, and a line of coverage for each channel."""
        reading, told = Reading(self.source.name, self.context), _Told()
        channels: dict[str, list[Origin]] = defaultdict(list)
        for raw in batch:
            origin = reading.read(raw, lambda origin: _take(told, origin))
            if raw.part.startswith("channel:"):
                channels[raw.part.partition(":")[2]].append(origin)
        for (channel, _), thread in sorted(told.threads.items()):
            reading.extend(_approvals(told, channel, thread))
        others = [one for one in reading.origins if not one.raw.part.startswith("channel:")]
        for channel, origins in sorted(channels.items()):
            problems = Problems()
            for origin in (*others, *origins):
                problems.include(origin.problems)
            rows = sum(row.channel == channel for row in reading.rows(Approval))
            reading.cover(f"channel {channel}", problems, rows, origins=origins)
        if not channels:
            reading.cover(self.source.name, Problems(), failed=True, remark="it holds no channel that is named")
        return reading.normalised()


def _take(told: _Told, origin: Origin) -> None:
    records = listed(origin.data)
    part, _, channel = origin.raw.part.partition(":")
    if part == "workspace":
        told.url = str(as_object(records[0]).get("url") or "")
    elif part == "people":
        for one in as_objects(records):
            profile, id_ = as_object(one.get("profile")), str(one.get("id"))
            if not one.get("is_bot"):
                told.people[id_] = str(profile.get("email") or f"slack:{id_}")
            told.names[id_] = str(profile.get("email") or profile.get("real_name") or one.get("real_name") or id_)
    else:
        for number, record in enumerate(records):
            if not isinstance(record, dict) or _time(record.get("ts")) is None:
                origin.problems.reject("a message is not as it should be", f"record {number}")
                continue
            thread = str(record.get("thread_ts") or record["ts"])
            told.threads[channel, thread].append((origin, number, record))


def _approvals(told: _Told, channel: str, thread: list[tuple[Origin, int, dict[str, Any]]]) -> Iterator[Approval]:
    """What people agreed to in a thread; what the same person took back later stands beside it."""
    thread.sort(key=lambda one: float(one[2]["ts"]))
    texts = [_plain(told.names, str(record.get("text") or "")) for _, _, record in thread]
    said = [
        approvals.Comment(told.people.get(str(record.get("user"))), _time(record["ts"]) or _NEVER, text)
        for (_, _, record), text in zip(thread, texts, strict=True)
    ]
    asked = TICKET.findall(texts[0])
    for (origin, number, record), comment in zip(thread, said, strict=True):
        by_person = record.get("subtype") in _WRITTEN and not record.get("bot_id")
        own = TICKET.findall(comment.own)
        tickets = tuple(dict.fromkeys(own or asked))
        if not (by_person and comment.who and tickets and is_approval(comment.own)):
            continue
        given = approvals.unless_taken_back(approvals.Approval(comment.who, comment.at, comment.own), said)
        yield Approval(
            **origin.at(number),
            tickets=tickets,
            who=comment.who,
            at=comment.at,
            edited_at=_time(as_object(record.get("edited")).get("ts")),
            # What stands under one ticket is about that one.
            words=redact(given.words if own or len(tickets) > 1 else f"{tickets[0]}: {given.words}", LONGEST_TEXT),
            channel=channel,
            url=_address(told.url, channel, record),
        )


def _plain(names: Mapping[str, str], text: str) -> str:
    """A message as people read it: mentions by the address of whom they mean, links by their words."""
    text = _MENTION.sub(lambda match: names.get(match[1], match[1]), text)
    return unescape(_LINK.sub(lambda match: match[2] or match[1], text))


def _address(url: str, channel: str, record: Mapping[str, Any]) -> str | None:
    return f"{url}archives/{channel}/p{str(record['ts']).replace('.', '')}" if url else None


def _time(ts: object) -> datetime | None:
    try:
        return datetime.fromtimestamp(float(str(ts)), UTC)
    except (ValueError, OverflowError, OSError):
        return None
