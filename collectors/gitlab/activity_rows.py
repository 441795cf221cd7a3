"""GitLab's deployments, pipelines and audit events to rows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from auditor.config.sources import GitlabActivity
from auditor.model.tables import Activity, Coverage, Deployment, Pipeline, ReadObject, Row
from auditor.model.vocabulary import Category, Level, Outcome
from collectors.base import Batch, Context, Normalised, Raw
from collectors.gitlab.activity_shapes import (
    AuditEvent,
    Checkpoint,
    Deployed,
    MergeRequest,
    PipelineRun,
    Release,
    Somebody,
)
from collectors.redact import redact
from collectors.stamping import Complaints, Place, Rows, printable
from collectors.tickets.answers import MISSING, listed, shaped
from collectors.tickets.fields import Said, Times
from collectors.times import parse_time

_SHAPES: dict[str, Any] = {
    "deployments": Deployed,
    "releases": Release,
    "pipelines": PipelineRun,
    "audit-events": AuditEvent,
    "authors": Somebody,
}
# Words of event types and of older events' details, and what they come to.
_GRANTS = ("member", "user_access", "access_level", "group_access", "protected", "deploy_key", "share")
_SECRETS = ("token", "variable", "secret", "ssh_key", "gpg_key")
_TRAIL = ("audit", "streaming")
_MOST_DETAIL = 2000
_MOST_REQUESTS = 20


@dataclass(slots=True)
class _List:
    """One list of one project or group, as far as it was read."""

    checkpoint: Checkpoint
    raw: Raw
    complaints: Complaints = field(default_factory=Complaints)
    rows: int = 0


@dataclass(slots=True)
class ActivityReader:
    """Reads the batch of one project or group."""

    source: GitlabActivity
    context: Context
    rows: Rows = field(default_factory=Rows)
    lists: dict[str, _List] = field(default_factory=dict)
    found: dict[str, list[Said[Any]]] = field(default_factory=dict)

    def read(self, batch: Batch) -> Normalised:
        """The batch as rows; the checkpoints move on where nothing is missing."""
        for raw in batch:
            if raw.part == "checkpoint":
                self.lists[raw.origin] = _List(msgspec.json.decode(raw.load(), type=Checkpoint), raw)
        self.rows.objects = [self._take(raw) for raw in batch if raw.part != "checkpoint"]
        made = {"deployments": self._deployments, "pipelines": self._pipelines, "audit_events": self._events}
        for origin, list_ in self.lists.items():
            path, _, what = origin.removeprefix("gitlab:").partition("#")
            kept = list(made[what](path, list_))
            self.rows.extend(kept)
            list_.rows = len(kept)
            self._conclude(path, what, list_)
        return self.rows.normalised()

    def _take(self, raw: Raw) -> ReadObject:
        data = raw.load()
        place = Place.of(self.source.name, self.context, raw, data)
        rejects = Complaints()
        try:
            if raw.part == MISSING:
                rejects.note(data.decode())
            else:
                saids = self.found.setdefault(raw.part, [])
                saids += [Said(place, n, v) for n, v in shaped(listed(data), _SHAPES[raw.part], rejects, raw.origin)]
        except ValueError as error:
            rejects.note(f"{raw.origin} cannot be read: {error}")
        sentence = rejects.sentence()
        if sentence and (list_ := self._list_of(raw.origin)):
            list_.complaints.note(sentence)
            list_.complaints.rejected += rejects.rejected
        status = "ok" if not rejects else "partial" if rejects.rejected else "failed"
        return ReadObject(**place.at(), status=status, reason=sentence, rejected=rejects.rejected)

    def _list_of(self, origin: str) -> _List | None:
        """The list that an answer belongs to: releases to the deployments, authors to the audit events."""
        path, _, what = origin.partition("#")
        own = {"releases": "deployments", "authors": "audit_events"}.get(what, what.partition("/")[0])
        return self.lists.get(f"{path}#{own}")

    def _conclude(self, path: str, what: str, list_: _List) -> None:
        """The list's coverage, and the checkpoint for the next run: an unread part is tried again from before it."""
        checkpoint, complaints = list_.checkpoint, list_.complaints
        if checkpoint.note:
            complaints.note(checkpoint.note)
        status = "partial" if complaints else "ok"
        place = Place(self.source.name, self.context.collected_at, list_.raw.origin)
        self.rows.objects.append(
            ReadObject(
                **place.at(),
                version=checkpoint.before if complaints else list_.raw.version,
                rows=list_.rows,
                rejected=complaints.rejected,
                status=status,
                reason=complaints.sentence(),
            )
        )
        self.rows.coverage.append(
            Coverage(
                **place.at(),
                scope=f"{path} {what.replace('_', ' ')}",
                from_=parse_time(checkpoint.since),
                to=parse_time(checkpoint.until),
                rows=list_.rows,
                rejected=complaints.rejected,
                status=status,
                reason=complaints.sentence(),
            )
        )

    def _deployments(self, path: str, list_: _List) -> Iterator[Row]:
        releases = {said.value.deployment: said.value for said in self.found.get("releases", [])}
        times = Times(list_.complaints)
        for said in {said.value.id: said for said in self.found.get("deployments", [])}.values():
            release = releases.get(said.value.id, Release(said.value.id))
            if release.missing:
                list_.complaints.note(f"its merge requests could not be read: {release.missing}", str(said.value.id))
            if row := _deployment(path, said, release, times):
                yield row
            else:
                list_.complaints.rejected += 1

    def _pipelines(self, path: str, list_: _List) -> Iterator[Row]:
        times = Times(list_.complaints)
        for said in {said.value.id: said for said in self.found.get("pipelines", [])}.values():
            if row := _pipeline(path, said, times):
                yield row
            else:
                list_.complaints.rejected += 1

    def _events(self, path: str, list_: _List) -> Iterator[Row]:
        names = {said.value.id: said.value.username for said in self.found.get("authors", [])}
        times = Times(list_.complaints)
        for said in {said.value.id: said for said in self.found.get("audit-events", [])}.values():
            if row := _event(path, said, names, times):
                yield row
            else:
                list_.complaints.rejected += 1


def _deployment(path: str, said: Said[Deployed], release: Release, times: Times) -> Deployment | None:
    value, where = said.value, str(said.value.id)
    job = value.deployable
    # A deployment that somebody has to start by hand is made with its pipeline, and may begin days later.
    started = times.read(job.started_at, "started_at", where) if job else None
    began = started or times.read(value.created_at, "created_at", where)
    if began is None:
        return None
    actor = (job.user if job else None) or value.user
    approved = [a.user.username for a in release.approved_by]
    approved += [a.user.username for a in value.approvals if a.user and a.status == "approved"]
    pipeline = job.pipeline if job else None
    return Deployment(
        **said.at(),
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
    )


def _pipeline(path: str, said: Said[PipelineRun], times: Times) -> Pipeline | None:
    value, where = said.value, f"pipeline {said.value.id}"
    began = times.read(value.created_at, "created_at", where)
    if began is None:
        return None
    return Pipeline(
        **said.at(),
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


def _event(path: str, said: Said[AuditEvent], names: Mapping[int, str], times: Times) -> Activity | None:
    value, details = said.value, dict(said.value.details)
    username = names.get(value.author_id)
    number = details.get("target_id")
    if details.get("target_type") == "User" and isinstance(number, int) and number in names:
        details["target_account"] = f"gitlab:{names[number]}"
    time = times.read(value.created_at, "created_at", f"audit event {value.id}")
    if time is None:
        return None
    action = value.event_type or _action(details)
    category = _category(action)
    address = details.get("ip_address")
    return Activity(
        **said.at(),
        event_id=f"gitlab-audit:{value.id}",
        time=time,
        provider="gitlab",
        scope=path,
        account=f"gitlab:{username}" if username else f"gitlab-user:{value.author_id}",
        actor=_text(details.get("author_name")),
        actor_kind=_text(details.get("author_class")),
        on_behalf_of=_text(details.get("author_email")),
        action=f"gitlab:{action}",
        category=category,
        level=Level.WRITE if category is Category.CHANGE else Level.ADMIN,
        outcome=Outcome.OK,
        resource=_text(details.get("entity_path")) or path,
        project=path if value.entity_type != "Group" else None,
        source_ip=_text(address),
        detail=None if category is Category.CHANGE else redact(json.dumps(details, ensure_ascii=False), _MOST_DETAIL),
    )


def _action(details: dict[str, Any]) -> str:
    """A name for an event that has none: `add_user_access`, or the first words of its message."""
    for verb in ("add", "change", "remove", "failed_login", "with"):
        if isinstance(what := details.get(verb), str):
            return printable(f"{verb}_{what}".replace(" ", "_"))
    message = str(details.get("event_name") or details.get("custom_message") or "event")
    return printable("_".join(message.split()[:6])[:80].lower())


def _category(action: str) -> Category:
    word = action.lower()
    for words, category in ((_TRAIL, Category.AUDIT_TRAIL), (_SECRETS, Category.SECRET), (_GRANTS, Category.GRANT)):
        if any(part in word for part in words):
            return category
    return Category.CHANGE


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
