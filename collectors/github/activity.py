"""What GitHub did: deployments with their pull requests and approvers, workflow runs, and the audit log."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import quote

from msgspec.structs import replace

from auditor.config.sources.github import GithubActivity
from auditor.errors import SourceError
from auditor.model.details import as_object
from collectors.answers import kept, objects, shown
from collectors.base import Batch, Normalised, Raw, Stream, missing
from collectors.checkpoints import Stretch, written
from collectors.files import unpacked
from collectors.github.activity_rows import EXPORT, ActivityReader
from collectors.github.activity_shapes import CHAINED
from collectors.github.audit_log import records
from collectors.github.client import Github, quoted_path
from collectors.log_files import walk
from collectors.times import parse_time

_WORKERS = 4
# GitHub gives up what waits longer for an approval or for its next state.
_LONGEST_OPEN = timedelta(days=30)
_RUN = re.compile(r"/actions/runs/(\d{1,18})\b")
_MOST_REQUESTS = 20
_MOST_ATTEMPTS = 100
_NEEDS = "the repository permissions Actions and Deployments (read)"
_NO_AUDIT_LOG = (404,)


class GithubActivityCollector(Stream[GithubActivity], frozen=True):
    """Deployments, workflow runs and the audit log since the last good run."""

    PERMISSIONS = (
        "repository:metadata:read",
        "repository:deployments:read",
        "repository:actions:read",
        "repository:contents:read",
        "repository:pull-requests:read",
        "organization:administration:read",  # the audit log
    )
    READS = (
        "Deployments with their states, the run that made them, who approved them, their pull requests and reviews; "
        "runs of workflows; the audit log, live where the plan shows it to programs (Enterprise Cloud), else from "
        "exports, which every organisation can make."
    )

    def fetch(self, seen: Mapping[str, str]) -> Iterator[Batch]:
        """One batch for each repository and organisation, and one for each file of an export that is new.

        Raises:
            SourceError: the token is refused, the server cannot be reached, or there is no such file or folder.
        """
        if exports := self.source.audit_log:
            found = list(walk(self.source.name, exports, self.context))
            if all(raw.skipped for raw in found):
                found.append(missing(exports, "it holds no audit log: nothing can be said about what happened"))
            for raw in found:
                if seen.get(raw.origin) != raw.version or not raw.version:
                    yield [replace(raw, part=EXPORT)]
        if not (self.source.repositories or self.source.organizations):
            return
        github = Github.of(self.source)
        github.sign_in()
        for name in self.source.repositories:
            base = f"/repos/{quoted_path(name)}"
            runs = list(self._runs(github, base, name, seen))
            yield [*runs, *self._deployments(github, base, name, seen, list(objects(runs)))]
        for name in self.source.organizations:
            yield list(self._audit_log(github, name, seen))

    def normalise(self, batch: Batch) -> Normalised:
        """Pipelines, deployments and activity, with a line of coverage for each list."""
        return ActivityReader(self.source, self.context).read(batch)

    @staticmethod
    def quote(data: bytes, record: int) -> str:
        """The record of an answer or an export that a row points at, as people can read it."""
        return shown(records(unpacked(data)[0])[record])

    def _runs(self, github: Github, base: str, name: str, seen: Mapping[str, str]) -> Iterator[Raw]:
        origin = f"github:{name}#runs"
        stretch = Stretch.after(seen, origin, self.context.collected_at)
        yield stretch.checkpoint(origin)
        # What is asked for by time is cut at a thousand; the list as it is has no end, and is newest first.
        yield from self._newest(github, f"{base}/actions/runs", origin, stretch, under="workflow_runs")

    def _deployments(
        self, github: Github, base: str, name: str, seen: Mapping[str, str], runs: Sequence[Mapping[str, Any]]
    ) -> Iterator[Raw]:
        origin = f"github:{name}#deployments"
        stretch = Stretch.after(seen, origin, self.context.collected_at)
        yield stretch.checkpoint(origin)
        made: list[Any] = []
        for raw in self._newest(github, f"{base}/deployments", origin, stretch):
            if raw.missing:
                yield raw
            else:
                made += [one for one in objects([raw]) if _time(one, "updated_at") >= stretch.since]
        with ThreadPoolExecutor(_WORKERS) as pool:
            releases = list(pool.map(partial(_release, github, base, runs), made))
        if releases:
            yield kept(f"{origin}/whole", "deployments", releases)

    def _newest(self, github: Github, path: str, origin: str, stretch: Stretch, under: str = "") -> Iterator[Raw]:
        """The pages of a list that is newest first, down to what can have changed since."""
        for raw in github.pages(path, origin, "runs", under=under, needs=_NEEDS):
            yield raw
            oldest = min((_time(one, "created_at") for one in objects([raw])), default=stretch.until)
            if oldest < stretch.since - _LONGEST_OPEN:
                return

    def _audit_log(self, github: Github, name: str, seen: Mapping[str, str]) -> Iterator[Raw]:
        origin = f"github:{name}#audit-log"
        stretch = Stretch.after(seen, origin, self.context.collected_at)
        yield stretch.checkpoint(origin)
        asked = {"include": "web", "order": "asc", "phrase": f"created:>={written(stretch.since)}"}
        path = f"/orgs/{quote(name, safe='')}/audit-log"
        needs = "GitHub Enterprise Cloud"
        yield from github.pages(path, origin, "audit-log", asked, needs=needs, quiet=_NO_AUDIT_LOG)


def _time(record: Mapping[str, Any], name: str) -> datetime:
    """A time of a record; the latest there is where it cannot be read, which is told when it is normalised."""
    try:
        return parse_time(str(record.get(name)))
    except ValueError:
        return datetime.max.replace(tzinfo=UTC)


def _attempt(github: Github, path: str, made: datetime) -> dict[str, Any]:
    """The attempt of a run that made a deployment at a moment: the latest that had begun. GitHub tells of the last."""
    run = last = github.get(path)
    number = min(int(last.get("run_attempt") or 1), _MOST_ATTEMPTS)
    while number > 1 and run.get("run_started_at") and made < _time(run, "run_started_at"):
        number -= 1
        first = {**last, "run_attempt": 1, "triggering_actor": last.get("actor")}
        run = github.get(f"{path}/attempts/{number}") if number > 1 else first
    return run


def _above(run: Mapping[str, Any], runs: Iterable[Mapping[str, Any]]) -> Any:
    """What began the run whose end began this one: the last of the same commit and actor that was there before it."""

    def of(one: Mapping[str, Any]) -> tuple[Any, Any]:
        return one.get("head_sha"), as_object(one.get("actor")).get("login")

    there = [one for one in runs if one.get("event") != CHAINED and of(one) == of(run)]
    before = [one for one in there if _time(one, "created_at") < _time(run, "created_at")]
    last = max(before, key=lambda one: _time(one, "created_at"), default=run)
    return last.get("event")


def _release(
    github: Github, base: str, runs: Iterable[Mapping[str, Any]], deployment: dict[str, Any]
) -> dict[str, Any]:
    """A deployment with its states, run, approvals, pull requests and their reviews."""
    found: dict[str, Any] = {"deployment": deployment}
    try:
        found["statuses"] = github.records(f"{base}/deployments/{int(deployment['id'])}/statuses")
        urls = (str(one.get("log_url") or one.get("target_url") or "") for one in found["statuses"])
        if run := next((match[1] for url in urls if (match := _RUN.search(url))), None):
            found["run"] = _attempt(github, f"{base}/actions/runs/{run}", _time(deployment, "created_at"))
            if found["run"].get("event") == CHAINED:
                found["begun_by"] = _above(found["run"], runs)
            found["approvals"] = github.records(f"{base}/actions/runs/{run}/approvals")
        pulls = github.records(f"{base}/commits/{quote(str(deployment['sha']), safe='')}/pulls")
        found["pulls"] = [one for one in pulls if one.get("merged_at")][:_MOST_REQUESTS]
        found["reviews"] = [
            review for one in found["pulls"] for review in github.records(f"{base}/pulls/{int(one['number'])}/reviews")
        ]
    except (SourceError, ValueError, KeyError, TypeError, AttributeError) as error:
        found["missing"] = str(error).rstrip(".")
    return found
