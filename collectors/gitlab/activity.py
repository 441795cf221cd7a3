"""What GitLab did: pipelines, deployments with their merge requests and approvers, and audit events."""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from msgspec.structs import replace

from auditor.config.sources.gitlab import GitlabActivity
from auditor.errors import SourceError
from auditor.model.details import as_object
from auditor.providers.gitlab.protections import UNATTENDED
from collectors.answers import kept, objects, shown
from collectors.base import Batch, Normalised, Raw, Stream
from collectors.checkpoints import Stretch, written
from collectors.files import unpacked
from collectors.gitlab.activity_rows import CHILD, ActivityReader
from collectors.gitlab.audit_log import AuditLogReader, records
from collectors.gitlab.audit_rows import deployer
from collectors.gitlab.client import Gitlab, quoted_path
from collectors.log_files import new_files

_WORKERS = 4
_FILE = "audit-log"
_BATCH_FILES = 2_000
_MAINTAINER = 40
_WINDOW = timedelta(days=30)
_PAID = "GitLab Premium, and the Maintainer role (for groups: Owner)"


class GitlabActivityCollector(Stream[GitlabActivity], frozen=True):
    """Pipelines, deployments and audit events since the last good run."""

    PERMISSIONS = (
        "scope:read_api",
        "role:Maintainer",  # with a lower role GitLab shows nothing but one's own audit events
        "group-role:Owner",
    )
    READS = (
        "Runs of pipelines; deployments with merge requests and who approved them; on paid tiers, audit events. What "
        "changes is read again, and its newest row holds. Audit events are read from files as well: a server's "
        "audit_json.log, events as GitLab streams them (also as collectors pass them on), saved answers, and the CSV "
        "of the audit page, of which what is told in unknown words could not be judged."
    )

    def fetch(self, seen: Mapping[str, str]) -> Iterator[Batch]:
        """One batch for each project and group, and new files of audit events some at a time.

        Raises:
            SourceError: the token is refused, the server cannot be reached, or there is no such file or folder.
        """
        if self.source.audit_log:
            path = self.source.audit_log
            for batch in new_files(self.source.name, path, self.context, seen, most_files=_BATCH_FILES):
                yield [replace(raw, part=_FILE) for raw in batch]
        if not self.source.is_live:
            return
        gitlab = Gitlab.of(self.source)
        gitlab.get("/version")
        for path in self.source.projects:
            base = f"/projects/{quoted_path(path)}"
            yield [
                *self._pipelines(gitlab, base, path, seen),
                *self._deployments(gitlab, base, path, seen),
                *self._audit_events(gitlab, base, path, seen),
            ]
        for path in self.source.groups:
            yield list(self._audit_events(gitlab, f"/groups/{quoted_path(path)}", path, seen))

    def normalise(self, batch: Batch) -> Normalised:
        """Pipelines, deployments and activity, with a line of coverage for each list."""
        if all(raw.part == _FILE for raw in batch):
            return AuditLogReader(self.source, self.context).read(batch)
        return ActivityReader(self.source, self.context).read(batch)

    @staticmethod
    def quote(data: bytes, record: int) -> str:
        """The record of an answer or a file that a row points at, as people can read it."""
        return shown(records(unpacked(data)[0])[record])

    def _pipelines(self, gitlab: Gitlab, base: str, path: str, seen: Mapping[str, str]) -> Iterator[Raw]:
        name = f"gitlab:{path}#pipelines"
        stretch = Stretch.after(seen, name, self.context.collected_at)
        yield stretch.checkpoint(name)
        yield from gitlab.pages(f"{base}/pipelines", name, "pipelines", _changed_since(stretch.since))

    def _deployments(self, gitlab: Gitlab, base: str, path: str, seen: Mapping[str, str]) -> Iterator[Raw]:
        name = f"gitlab:{path}#deployments"
        stretch = Stretch.after(seen, name, self.context.collected_at)
        yield stretch.checkpoint(name)
        pages = list(gitlab.pages(f"{base}/deployments", name, "deployments", _changed_since(stretch.since)))
        yield from pages
        with ThreadPoolExecutor(_WORKERS) as pool:
            made = {one["id"]: one for one in objects(pages) if isinstance(one.get("id"), int)}
            releases = list(pool.map(partial(_release, gitlab, base), made.values()))
        if releases:
            yield kept(f"gitlab:{path}#releases", "releases", releases)

    def _audit_events(self, gitlab: Gitlab, base: str, path: str, seen: Mapping[str, str]) -> Iterator[Raw]:
        """Audit events in stretches of 30 days, which is as far as one call shows them."""
        if self.source.tier == "free":
            return
        name = f"gitlab:{path}#audit_events"
        stretch = Stretch.after(seen, name, self.context.collected_at)
        yield replace(stretch, note=_lesser_role(gitlab, base)).checkpoint(name)
        since = stretch.since
        pages: list[Raw] = []
        while since < self.context.collected_at and not any(page.missing for page in pages):
            until = min(since + _WINDOW, self.context.collected_at)
            query = {
                "order_by": "id",
                "sort": "desc",
                "created_after": written(since),
                "created_before": written(until),
            }
            origin = f"{name}/{written(since)}"
            pages += gitlab.pages(f"{base}/audit_events", origin, "audit-events", query, keyset=True, needs=_PAID)
            since = until
        yield from pages
        people = dict.fromkeys([*_distinct(record.get("author_id") for record in objects(pages)), *_targets(pages)])
        authors = [user for id_ in people if (user := _author(gitlab, id_))]
        if authors:
            yield kept(f"gitlab:{path}#authors", "authors", authors)


def _changed_since(since: datetime) -> dict[str, str]:
    return {"order_by": "updated_at", "sort": "asc", "updated_after": written(since)}


def _targets(pages: Iterable[Raw]) -> list[int]:
    """The distinct numbers of the users whom audit events are about; what has no target counts."""
    every = [told for record in objects(pages) if isinstance(told := record.get("details"), dict)]
    return _distinct(
        told.get("target_id") if told.get("target_type", "User") == "User" else deployer(told) for told in every
    )


def _distinct(numbers: Iterable[Any]) -> list[int]:
    return list(dict.fromkeys(number for number in numbers if isinstance(number, int) and number > 0))


def _release(gitlab: Gitlab, base: str, made: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"deployment": made["id"], "merge_requests": [], "approved_by": []}
    try:
        found["merge_requests"] = gitlab.records(f"{base}/deployments/{made['id']}/merge_requests")
        for request in found["merge_requests"]:
            approvals = gitlab.single(f"{base}/merge_requests/{int(request['iid'])}/approvals")
            found["approved_by"] += approvals.get("approved_by") or []
        pipeline = as_object(as_object(made.get("deployable")).get("pipeline"))
        if pipeline.get("source") in (*UNATTENDED, CHILD):
            found["begun_as"] = gitlab.single(f"{base}/pipelines/{int(pipeline['id'])}").get("user")
    except (SourceError, ValueError, KeyError, TypeError) as error:
        found["missing"] = str(error).rstrip(".")
    return found


def _author(gitlab: Gitlab, id_: int) -> dict[str, Any] | None:
    """An author by number; None for one whom the token may not see: the event keeps the number."""
    try:
        user = gitlab.single(f"/users/{id_}")
    except (SourceError, ValueError):
        return None
    return {"id": id_, "username": user.get("username")}


def _lesser_role(gitlab: Gitlab, base: str) -> str | None:
    """A sentence where the token's own role shows nothing but its own audit events; GitLab says so nowhere."""
    if not base.startswith("/projects/"):
        return None
    try:
        permissions = gitlab.single(base).get("permissions")
    except (SourceError, ValueError):
        return None  # nothing to go by, and the list itself will say what is wrong
    held = permissions.values() if isinstance(permissions, dict) else ()
    levels = [access.get("access_level") for access in held if isinstance(access, dict)]
    known = [level for level in levels if isinstance(level, int)]
    if known and max(known) < _MAINTAINER:
        return "the token's user is no Maintainer, so that GitLab shows their own audit events only"
    return None
