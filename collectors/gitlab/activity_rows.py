"""GitLab's deployments, pipelines and audit events to rows."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache, partial
from typing import Any

from auditor.config.sources.gitlab import GitlabActivity
from auditor.model.tables import Activity, Deployment, Pipeline, Row
from auditor.model.vocabulary import Category, Level, Outcome
from auditor.model.written import patterns
from collectors.base import Batch, Context, Normalised, printable
from collectors.checkpoints import GrowingLists
from collectors.gitlab.access_shapes import Somebody
from collectors.gitlab.activity_shapes import AuditEvent, Deployed, MergeRequest, PipelineRun, Release
from collectors.reading import Origin, Problems, Reading, Record, shaped
from collectors.redact import redact
from collectors.tickets.answers import listed
from collectors.tickets.times import Times

_SHAPES: dict[str, Any] = {
    "deployments": Deployed,
    "releases": Release,
    "pipelines": PipelineRun,
    "audit-events": AuditEvent,
    "authors": Somebody,
}
# Answers that go with a list of another name.
_KIN = {"releases": "deployments", "authors": "audit_events"}
_FAILED_SIGN_INS = ("failed_login", "login_failed")
_LEVELS = {Category.CHANGE: Level.WRITE, Category.LOGIN: Level.READ, Category.READ: Level.READ}
# What GitLab puts before the name of the human whom a service account acted for.
_ON_BEHALF = re.compile(r" on behalf of @?(\S+)$")
_DEPLOYER = re.compile(r"(?:Added|Changed) deploy access level .*\buser with ID (\d{1,18})\.?")
_MOST_DETAIL = 2000
# As whom GitLab does by itself what nobody asked for just then, such as ending memberships that are over.
_SYSTEM = "(System)"
_MOST_REQUESTS = 20


class ActivityReader:
    """Reads the batch of one project or group."""

    def __init__(self, source: GitlabActivity, context: Context) -> None:
        self._reading = Reading(source.name, context)
        self._lists = GrowingLists(self._reading, _KIN)
        self._found: defaultdict[str, dict[int, Record[Any]]] = defaultdict(dict)

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
            release: Release = known.value if known else Release(id_)
            if release.missing:
                problems.note(f"its merge requests could not be read: {release.missing}", str(id_))
            yield _deployment(path, record, release, self._trigger_of(record.value), Times(problems))

    def _trigger_of(self, deployed: Deployed) -> str | None:
        """What began the pipeline of a deployment; older servers tell it in the list of pipelines alone."""
        pipeline = deployed.deployable.pipeline if deployed.deployable else None
        if pipeline is None:
            return None
        run = self._found["pipelines"].get(pipeline.id)
        return pipeline.source or (run.value.source if run else None)

    def _pipelines(self, path: str, problems: Problems) -> Iterator[Row | None]:
        return (_pipeline(path, record, Times(problems)) for record in self._found["pipelines"].values())

    def _events(self, path: str, problems: Problems) -> Iterator[Row | None]:
        names = {id_: author.value.username for id_, author in self._found["authors"].items()}
        return (_event(path, record, names, Times(problems)) for record in self._found["audit-events"].values())


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


def _event(path: str, record: Record[AuditEvent], names: Mapping[int, str], times: Times) -> Activity | None:
    value, details = record.value, dict(record.value.details)
    human = _behind(details)
    username = human or names.get(value.author_id)
    number = details.get("target_id") if details.get("target_type") == "User" else deployer(details)
    if isinstance(number, int) and number in names:
        details["target_account"] = f"gitlab:{names[number]}"
    time = times.read(value.created_at, "created_at", f"audit event {value.id}")
    if time is None:
        return None
    action = value.event_type or _action(details)
    category = _category(action)
    reads_secret = _reads_secret(action)
    own = value.author_id < 1 and details.get("author_name") == _SYSTEM
    address = details.get("ip_address")
    return Activity(
        **record.at,
        event_id=f"gitlab-audit:{value.id}",
        time=time,
        provider="gitlab",
        scope=path,
        account=f"gitlab:{username}" if username else f"gitlab-user:{value.author_id}",
        actor=_text(details.get("author_name")),
        actor_kind=_SYSTEM if own else _text(details.get("author_class")),
        on_behalf_of=None if human else _text(details.get("author_email")),
        invoked_by=f"agent:{_agent(details)}" if human else None,
        action=f"gitlab:{action}",
        category=category,
        level=Level.READ if reads_secret else _LEVELS.get(category, Level.ADMIN),
        outcome=Outcome.FAILED if any(word in action.lower() for word in _FAILED_SIGN_INS) else Outcome.OK,
        resource=(_text(details.get("entity_path")) or path) + (_variable(details) if reads_secret else ""),
        project=path if value.entity_type != "Group" else None,
        source_ip=_text(address),
        detail=None if category in _LEVELS else redact(json.dumps(details, ensure_ascii=False), _MOST_DETAIL),
    )


def deployer(details: Mapping[str, Any]) -> int | None:
    """The number of the user whom a change of a protected environment lets deploy."""
    told = _DEPLOYER.fullmatch(str(details.get("custom_message") or "")[:_MOST_DETAIL])
    return int(told[1]) if told else None


def _behind(details: Mapping[str, Any]) -> str | None:
    """The human on whose behalf a service account acted (a composite identity): they sent the agent."""
    named = details.get("human_author_username")
    said = _ON_BEHALF.search(str(details.get("author_name") or ""))
    return named if isinstance(named, str) and named else said[1] if said else None


def _agent(details: Mapping[str, Any]) -> str:
    return (_text(details.get("author_name")) or "service account").partition(" on behalf of ")[0]


def _action(details: dict[str, Any]) -> str:
    """A name for an event that has none: `add_user_access`, or the first words of its message."""
    for verb in ("add", "change", "remove", "failed_login", "with"):
        if isinstance(what := details.get(verb), str):
            return printable(f"{verb}_{what}".replace(" ", "_"))
    message = str(details.get("event_name") or details.get("custom_message") or "event")
    return printable("_".join(message.split()[:6])[:80].lower())


_kinds = cache(partial(patterns, __package__, "log_actions"))


@lru_cache(maxsize=4096)
def _category(action: str) -> Category:
    if _reads_secret(action):
        return Category.SECRET
    word = action.lower()
    return next((Category(kind) for kind, pattern in _kinds().items() if pattern.match(word)), Category.CHANGE)


def _reads_secret(action: str) -> bool:
    """Whether somebody was shown CI/CD variables or secrets, by an event's type or the message of one without."""
    word = action.lower()
    return ("variable" in word or "secret" in word) and ("viewed" in word or "accessed" in word)


def _variable(details: Mapping[str, Any]) -> str:
    """The variable that was shown; all of them where the list was."""
    one = str(details.get("target_type")).endswith("Variable")
    return f"/variables/{details.get('target_details')}" if one else "/variables"


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
