"""GitHub's deployments, runs and audit log to rows."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from auditor.config.sources.github import GithubActivity
from auditor.model.tables import Activity, Deployment, Pipeline
from collectors.answers import NOT_IN_PLAN, Times, listed
from collectors.base import Batch, Context, Normalised
from collectors.checkpoints import GrowingLists
from collectors.github import audit_log
from collectors.github.activity_shapes import DeploymentStatus, Release, Run, account_of
from collectors.json_values import why_unread
from collectors.problems import Problems
from collectors.reading import Origin, Reading, Stamp, shaped

EXPORT = "audit-export"
"""The part that a file of an export has."""
# Words for states, of deployments and of runs, as the tables have them.
_STATES = {"failure": "failed", "error": "failed", "timed_out": "failed", "startup_failure": "failed"}
_STATES |= {"cancelled": "canceled", "in_progress": "running", "queued": "created", "pending": "created"}
_STATES |= {"waiting": "blocked", "action_required": "blocked"}
# What began a run, by the words that other forges have for it.
_TRIGGERS = {"workflow_dispatch": "web", "repository_dispatch": "api"}
_LEFT = "inactive"
# What a review decides; a remark takes nothing back.
_DECIDES = ("APPROVED", "CHANGES_REQUESTED", "DISMISSED")
_OVER = ("success", "failed", "canceled")


class ActivityReader:
    """Reads the batch of one repository, organisation, or file."""

    def __init__(self, source: GithubActivity, context: Context) -> None:
        self._reading = Reading(source.name, context)
        self._place = source.audit_log or ""
        self._lists = GrowingLists(self._reading)

    def read(self, batch: Batch) -> Normalised:
        """The batch as rows; the checkpoints move on where nothing is missing."""
        for raw in batch:
            if raw.part == EXPORT or raw.skipped:
                self._export(self._reading.read(raw, self._entries))
            else:
                self._lists.read(raw, self._take)
        self._lists.conclude()
        return self._reading.normalised()

    def _take(self, origin: Origin) -> None:
        list_ = self._lists.of(origin.raw.origin)
        if list_ is None:
            raise ValueError("nothing was asked for of that name")
        if origin.raw.part == NOT_IN_PLAN:
            list_.remark = "not in this plan: only Enterprise Cloud shows programs the audit log; export it (audit_log)"
            return
        if origin.raw.part == "audit-log":
            list_.rows += self._activities(origin, listed(origin.data))
            return
        shape, row = _ROWS[origin.raw.part]
        place, _ = list_.named
        for number, value in shaped(listed(origin.data), shape, origin.problems, origin.raw.origin):
            made = row(place, origin.at(number), value, origin.problems)
            if made is None:
                origin.problems.rejected += 1
            elif made.time >= list_.stretch.since or _last(made) >= list_.stretch.since:
                list_.rows.append(made)

    def _activities(self, origin: Origin, records: list[Any]) -> Iterator[Activity]:
        for number, record in enumerate(records):
            try:
                yield audit_log.activity(record, origin.at(number))
            except (ValueError, RecursionError) as error:
                origin.problems.reject(why_unread(error), f"entry {number + 1}")

    def _entries(self, origin: Origin) -> None:
        records = audit_log.records(origin.content())
        self._reading.extend(self._activities(origin, records))
        origin.lost = bool(records) and origin.problems.rejected == len(records)
        if not records:
            origin.problems.note("it holds no entry of an audit log")

    def _export(self, origin: Origin) -> None:
        """Coverage of a file: for each organisation from its first entry to its last."""
        own = self._reading.extents(lambda scope: scope.partition("/")[0], origin.raw.origin)
        for scope, (count, first, last) in own.items():
            self._reading.cover(f"{scope} audit log", origin.problems, count, window=(first, last), origins=[origin])
        if not own and not origin.raw.skipped:
            self._reading.cover(self._place, origin.problems, 0, window=(None, None), origins=[origin])


def _last(row: Deployment | Pipeline) -> datetime:
    return (row.updated_at if isinstance(row, Pipeline) else row.finished_at) or row.time


def _deployment(place: str, at: Stamp, release: Release, problems: Problems) -> Deployment | None:
    value, where, times = release.deployment, str(release.deployment.id), Times(problems)
    if release.missing:
        problems.note(f"not all about a deployment could be read: {release.missing}", where)
    made = times.read(value.created_at, "created_at", where)
    if made is None:
        return None
    states = sorted((one for one in release.statuses if one.state != _LEFT), key=lambda one: one.created_at)
    began = next((one for one in states if one.state == "in_progress"), None)
    last: DeploymentStatus | None = states[-1] if states else None
    status = _STATES.get(last.state, last.state) if last else "created"
    if release.run and last and began is None and status == "failed":
        status = "canceled"  # a run says when it begins: it was turned down, or waited for too long
    trigger = _trigger(release.run, release.begun_by) if release.run else None
    # What GitHub's own bot makes, somebody's run made; of a schedule GitHub names who last edited its file.
    run = release.run if trigger != "schedule" else None
    actor = ((run.triggering_actor or run.actor) if run else None) or value.creator
    started = (times.read(began.created_at, "created_at", where) if began else None) or made
    named = [one.user.login for one in release.approvals if one.user and one.state == "approved" and _names(one, value)]
    reviewed = _reviewers(release, started, times)
    return Deployment(
        **at,
        deployment_id=where,
        time=started,
        finished_at=times.read(last.created_at, "created_at", where) if last and status in _OVER else None,
        system_hint=place,
        environment=value.environment,
        ref=value.ref,
        commit=value.sha,
        actor=account_of(actor.login) if actor else None,
        pipeline=release.run.html_url if release.run else None,
        merge_request=", ".join(one.html_url or f"#{one.number}" for one in release.pulls) or None,
        approvers=tuple(dict.fromkeys(f"github:{name}" for name in (*named, *reviewed))),
        status=status,
        trigger=trigger,
    )


def _trigger(run: Run, begun_by: str | None) -> str | None:
    """What began a run; somebody began it again by hand where it is not the first attempt."""
    event = begun_by or run.event
    return "web" if run.run_attempt > 1 else _TRIGGERS.get(event or "", event)


def _reviewers(release: Release, started: datetime, times: Times) -> list[str]:
    """Who agreed to what a deployment brings out when it began: the last that each of them decided before."""
    last: dict[tuple[str, str], bool] = {}
    for one in release.reviews:
        at = times.read(one.submitted_at, "submitted_at", str(release.deployment.id))
        if one.user and one.state in _DECIDES and not (at and at > started):
            last[one.user.login, one.pull_request_url or ""] = one.state == "APPROVED"
    return list(dict.fromkeys(login for (login, _), agreed in last.items() if agreed))


def _names(approval: Any, deployment: Any) -> bool:
    """Whether an approval of a run is one of this deployment's environment."""
    names = [one.name for one in approval.environments]
    return not names or deployment.environment in names


def _pipeline(place: str, at: Stamp, run: Run, problems: Problems) -> Pipeline | None:
    where, times = f"run {run.id}", Times(problems)
    began = times.read(run.created_at, "created_at", where)
    if began is None:
        return None
    state = run.conclusion or run.status
    return Pipeline(
        **at,
        pipeline=str(run.id),
        time=began,
        updated_at=times.read(run.updated_at, "updated_at", where),
        project=place,
        ref=run.head_branch,
        commit=run.head_sha,
        trigger=_TRIGGERS.get(run.event or "", run.event),
        status=_STATES.get(state or "", state),
        url=run.html_url,
    )


_ROWS: dict[str, tuple[type[Any], Callable[[str, Stamp, Any, Problems], Deployment | Pipeline | None]]] = {
    "deployments": (Release, _deployment),
    "runs": (Run, _pipeline),
}
"""What the records of a part look like, and what makes a row of one."""
