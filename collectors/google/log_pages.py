"""A project's audit logs through Cloud Logging, page by page from where the last run ended."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from auditor.config.sources.google import GoogleAuditLogs
from auditor.errors import SourceError
from collectors.base import Context, Raw
from collectors.google.client import TRANSIENT, credentials, explained
from collectors.refusals import refusal
from collectors.times import parse_time

if TYPE_CHECKING:
    from google.cloud.logging import Client

LOGS = ("activity", "data_access", "system_event", "policy")
FIRST = timedelta(days=90)
"""How far back the first run reads; Google keeps Data Access logs for 30 days unless told otherwise."""
LATE = timedelta(minutes=10)
"""Entries may be received out of order: so much before the last run's end is read again."""

_OLDEST = timedelta(days=7)
_PAGE = 1000
_ATTEMPTS = 3
_RETRIES = 5


def pages(source: GoogleAuditLogs, context: Context, seen: Mapping[str, str]) -> Iterator[Raw]:
    """The new entries, a page at a time, as JSON lines; the last page's version is the time until which all was read.

    Raises:
        SourceError: the log cannot be read, or not to its end; the pages before it were whole.
    """
    project, until = source.project or "", context.collected_at
    since = _since(project, seen)
    start = since - _OLDEST if since else until - FIRST
    name = f"logging.entries.list/projects/{project}/{until:%Y%m%dT%H%M%SZ}"
    part = f"{(since or start).isoformat()}/{until.isoformat()}"
    with explained(f"opening the audit logs of {project}"):
        client = log_client(source, context)
    chunks = _chunks(_entries(client, project, (start, until), since))
    chunk, number = next(chunks, []), 1
    while True:
        following = next(chunks, None)
        version = until.isoformat() if following is None else "page"
        data = b"".join(json.dumps(entry, ensure_ascii=True).encode() + b"\n" for entry in chunk)
        origin = f"{name}/page-{number:05}"
        yield Raw(origin, partial(bytes, data), version=version, part=part, size=len(data), original=True)
        if following is None:
            return
        chunk, number = following, number + 1


def window_of(raw: Raw) -> list[datetime]:
    """From when to when a page's listing looked; nothing for a file."""
    first, slash, last = raw.part.partition("/")
    try:
        return [parse_time(first), parse_time(last)] if slash else []
    except ValueError:
        return []


def log_client(source: GoogleAuditLogs, context: Context) -> Client:
    """A client of Cloud Logging over HTTP that waits when it is throttled.

    Raises:
        SourceError: the credentials are missing or cannot be used.
    """
    from google.auth.transport.requests import AuthorizedSession
    from google.cloud.logging import Client
    from requests.adapters import HTTPAdapter
    from urllib3 import Retry

    signed = credentials(source, context)
    session = AuthorizedSession(signed)
    retry = Retry(
        _RETRIES, status_forcelist=sorted(TRANSIENT), allowed_methods=None, backoff_factor=0.25, raise_on_status=False
    )
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(max_retries=retry))
    options = {"api_endpoint": source.endpoint_url} if source.endpoint_url else None
    return Client(project=source.project, credentials=signed, _http=session, _use_grpc=False, client_options=options)


def list_entries(client: Client, project: str, filter_: str) -> Iterator[dict[str, Any]]:
    """Entries as the interface writes them, oldest first."""
    names = [f"projects/{project}"]
    first: set[tuple[object, ...]] = set()
    again = 0
    for entry in client.list_entries(resource_names=names, filter_=filter_, order_by="timestamp asc", page_size=_PAGE):
        known = entry.log_name, entry.insert_id, entry.timestamp
        again += known in first
        if again > _PAGE:
            raise refusal("source", "circle", doing=f"reading the audit logs of {project}")
        if len(first) < _PAGE:
            first.add(known)
        yield entry.to_api_repr()


def filter_for(project: str, start: datetime, until: datetime, since: datetime | None) -> str:
    """The filter for a project's audit logs in a stretch of time, and of these what was received since."""
    logs = " OR ".join(f'"projects/{project}/logs/cloudaudit.googleapis.com%2F{log}"' for log in LOGS)
    # Without a timestamp, the client would silently ask for the last day only.
    wanted = [f"logName=({logs})", f'timestamp>="{_rfc3339(start)}"', f'timestamp<="{_rfc3339(until)}"']
    return " AND ".join([*wanted, *([f'receiveTimestamp>="{_rfc3339(since)}"'] if since else [])])


def _entries(
    client: Client, project: str, window: tuple[datetime, datetime], since: datetime | None
) -> Iterator[dict[str, Any]]:
    """Every entry; after a cut connection from the last one on, which is then given twice and counts once."""
    start, until = window
    for attempt in range(_ATTEMPTS):
        try:
            with explained(f"reading the audit logs of {project}"):
                for entry in list_entries(client, project, filter_for(project, start, until, since)):
                    yield entry
                    start = max(start, parse_time(entry.get("timestamp") or start.isoformat()))
                return
        except SourceError as error:
            if not error.transient or attempt == _ATTEMPTS - 1:
                raise


def _chunks(entries: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    rest = iter(entries)
    while chunk := list(islice(rest, _PAGE)):
        yield chunk


def _since(project: str, seen: Mapping[str, str]) -> datetime | None:
    """Until when an earlier run has read everything, with room for what came late."""
    prefix = f"logging.entries.list/projects/{project}/"
    ends = [version for origin, version in seen.items() if origin.startswith(prefix) and version not in ("", "page")]
    return max(map(parse_time, ends)) - LATE if ends else None


def _rfc3339(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
