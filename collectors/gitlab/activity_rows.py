"""GitLab's deployments, pipelines and audit events to rows."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from auditor.config.sources.gitlab import GitlabActivity
from auditor.model.tables import Deployment, Pipeline, Row
from collectors.answers import Times, listed
from collectors.base import Batch, Context, Normalised
from collectors.checkpoints import GrowingLists
from collectors.gitlab.access_shapes import Somebody
from collectors.gitlab.activity_shapes import AuditEvent, Deployed, MergeRequest, PipelineRun, Release
from collectors.gitlab.audit_rows import event_row
from collectors.problems import Problems
from collectors.reading import Origin, Reading, Record, shaped

_SHAPES: dict[str, Any] = {
    "deployments": Deployed,
    "releases": Release,
    "pipelines": PipelineRun,
    "audit-events": AuditEvent,
    "authors": Somebody,
}
# Answers that go with a list of another name.
_KIN = {"releases": "deployments", "authors": "audit_events"}
_MOST_REQUESTS = 20
CHILD = "parent_pipeline"
"""What GitLab says began a pipeline that a job of another one made in the same project, for the same commit."""


class ActivityReader:
    """Reads the batch of one project or group."""

    def __init__(self, source: GitlabActivity, context: Context) -> None:
        self._reading = Reading(source.name, context)
        self._lists = GrowingLists(self._reading, _KIN)
        self._found: defaultdict[str, dict[int | str, Record[Any]]] = defaultdict(dict)

    def read(self, batch: Batch) -> Normalised:
        """The batch as rows; the checkpoints move on where nothing is missing."""
        for raw in batch:
            self._lists.read(raw, self._take)
        made = {"deployments": self._deployments, "pipelines": self._pipelines, "audit_events": self._events}
        for one in self._lists:
            path, what = one.named
            found = list(made[what](path, one.problems))
            one.rows = [row for row in found if row is not None]
            one.problems.rejected += len(found) - len(one.rows)
        self._lists.conclude()
        return self._reading.normalised()

    def _take(self, origin: Origin) -> None:
        part = origin.raw.part
        for number, value in shaped(listed(origin.data), _SHAPES[part], origin.problems, origin.raw.origin):
            key = value.deployment if isinstance(value, Release) else value.id
            self._found[part][key] = Record(origin.at(number), value)

    def _deployments(self, path: str, problems: Problems) -> Iterator[Row | None]:
        for id_, record in self._found["deployments"].items():
            known = self._found["releases"].get(id_)
            release: Release = known.value if known else Release(record.value.id)
            if release.missing:
                problems.note(f"not all about it could be read: {release.missing}", str(id_))
            yield _deployment(path, record, release, self._trigger_of(record.value, release), Times(problems))

    def _trigger_of(self, deployed: Deployed, release: Release) -> str | None:
        """What began the pipeline of a deployment; older servers tell it in the list of pipelines alone.

        Somebody started it by hand where its job ran as another than its pipeline.
        """
        job = deployed.deployable
        if job is None or job.pipeline is None:
            return None
        run = self._found["pipelines"].get(job.pipeline.id)
        source = job.pipeline.source or (run.value.source if run else None)
        by_hand = job.user and release.begun_as and job.user.username != release.begun_as.username
        return "web" if by_hand else self._above(run.value if run else deployed) if source == CHILD else source

    def _above(self, child: PipelineRun | Deployed) -> str:
        """What began the pipeline whose child deployed: the last one of the same commit that was there before it."""
        before = [one for one in self._parents[child.sha, child.ref] if one.created_at <= child.created_at]
        last = max(before, key=lambda one: one.created_at, default=None)
        return (last.source if last else None) or CHILD

    @cached_property
    def _parents(self) -> Mapping[tuple[str | None, str | None], Sequence[PipelineRun]]:
        """The pipelines that no other one made, by their commit, once all were read."""
        found: defaultdict[tuple[str | None, str | None], list[PipelineRun]] = defaultdict(list)
        for one in self._found["pipelines"].values():
            if one.value.source != CHILD:
                found[one.value.sha, one.value.ref].append(one.value)
        return found

    def _pipelines(self, path: str, problems: Problems) -> Iterator[Row | None]:
        return (_pipeline(path, record, Times(problems)) for record in self._found["pipelines"].values())

    def _events(self, path: str, problems: Problems) -> Iterator[Row | None]:
        names = {author.value.id: author.value.username for author in self._found["authors"].values()}
        for record in self._found["audit-events"].values():
            below = str(record.value.details.get("entity_path") or "")
            own = below if below.casefold().startswith(f"{path}/".casefold()) else path
            place = own, record.value.entity_type != "Group"
            yield event_row(record.at, place, record.value, names, Times(problems))


def _deployment(
    path: str, record: Record[Deployed], release: Release, trigger: str | None, times: Times
) -> Deployment | None:
    value, where = record.value, str(record.value.id)
    job = value.deployable
    # A deployment that somebody has to start by hand is made with its pipeline, and may begin days later.
    started = times.read(job.started_at, "started_at", where) if job else None
    began = started or times.read(value.created_at, "created_at", where)
    if began is None:
        return None
    actor = (job.user if job else None) or value.user
    # What somebody agrees to later was not approved when it began.
    given = [(a.user.username, times.read(a.approved_at, "approved_at", where)) for a in release.approved_by]
    approved = [name for name, at in given if not (at and at > began)]
    approved += [a.user.username for a in value.approvals if a.user and a.status == "approved"]
    pipeline = job.pipeline if job else None
    return Deployment(
        **record.at,
        deployment_id=where,
        time=began,
        finished_at=times.read(job.finished_at, "finished_at", where) if job else None,
        system_hint=path,
        environment=value.environment.name if value.environment else None,
        ref=value.ref,
        commit=value.sha,
        actor=f"gitlab:{actor.username}" if actor else None,
        pipeline=(pipeline.web_url or str(pipeline.id)) if pipeline else None,
        merge_request=", ".join(map(_request, release.merge_requests[:_MOST_REQUESTS])) or None,
        approvers=tuple(dict.fromkeys(f"gitlab:{name}" for name in approved)),
        status=value.status or (job.status if job else None),
        trigger=trigger,
    )


def _pipeline(path: str, record: Record[PipelineRun], times: Times) -> Pipeline | None:
    value, where = record.value, f"pipeline {record.value.id}"
    began = times.read(value.created_at, "created_at", where)
    if began is None:
        return None
    return Pipeline(
        **record.at,
        pipeline=str(value.id),
        time=began,
        updated_at=times.read(value.updated_at, "updated_at", where),
        project=path,
        ref=value.ref,
        commit=value.sha,
        trigger=value.source,
        status=value.status,
        url=value.web_url,
    )


def _request(request: MergeRequest) -> str:
    return request.web_url or f"!{request.iid}"
