"""One log entry as activity. Pure: live answers and exported files go through the same steps."""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from auditor.model.tables import Activity
from auditor.model.vocabulary import Act, Category, Level, Outcome
from collectors.agents import agent_in
from collectors.detail import detail as kept
from collectors.google.log_actions import act_of
from collectors.google.log_jobs import Job, job_of
from collectors.google.log_queries import Query, query_of
from collectors.google.members import member, of_email
from collectors.reading import Stamp
from collectors.times import parse_utc

_AUDIT = "cloudaudit.googleapis.com/"
_LOG = re.compile(r"(projects|folders|organizations|billingAccounts)/([^/]+)/logs/(.+)", re.DOTALL)
_FRACTION = re.compile(r"(\.\d{6})\d+")
# Its service agents are told by their projects, which stand in the data set of its accounts.
_GOOGLES_OWN = re.compile(r"system@google\.com|.+@(?:prod\.google\.com|system\.gserviceaccount\.com)")
_DENIED = frozenset({7, 16})
_NUMBERED = re.compile(r"projects/\d+(?=/|$)")
_NUMBERED_ACCOUNT = re.compile(r"/serviceAccounts/\d+$")
_LOGIN_KEY = re.compile(r"oslogin:.*[sS]shPublicKey")
_PROFILE = re.compile(r"users/([^/]+)")
_LONGEST = 2048
_decoded = lru_cache(maxsize=4096)(unquote)
_MOST_PERMISSIONS = 8
_BIGQUERY = "bigquery.googleapis.com"
_CHANGED = ("datasetChange", "tableChange", "routineChange", "connectionChange")
Object = dict[str, Any]


class NotAuditError(ValueError):
    """A log entry of another kind, such as a load balancer's or an application's; the message says which."""


def activities(entry: Object, stamp: Stamp) -> Iterator[Activity]:
    """The rows of an entry: one, and another where a change of policy also changes what is logged.

    Raises:
        NotAuditError: it is no audit log entry.
        ValueError: it is one, and cannot be read.
    """
    parent, scope, log = _where(entry)
    payload = _payload(entry)
    service, method = _text(payload, "serviceName"), _text(payload, "methodName")
    if not service or not method:
        raise ValueError("it names no service or no method")
    job = _job(entry, payload) if service == _BIGQUERY else None
    writes = job is not None and job.writes
    act = act_of(log, service, method, _permissions(payload), writes_data=writes)
    query = query_of(method, _dict(payload, "request"), _text(payload, "resourceName"))
    act = query.act if query else act if writes else _done(entry, payload, act)
    delta = _delta(payload)
    if _list(delta, "bindingDeltas") and act.level is not Level.READ:
        act = Act(act.action, Category.GRANT, Level.ADMIN)
    time = _time(_text(entry, "timestamp") or _text(entry, "receiveTimestamp"))
    common = _common(payload, scope, parent, stamp, log, query)
    resource = (writes and job and job.table) or _resource(entry, payload, scope if parent == "projects" else None)
    event = _event(entry, act, time)
    # What a job did to a table is told by entries of both, and is done once.
    event = (act.level is not Level.READ and job and job.key) or event
    outcome = Outcome.DENIED if log == "policy" else query.outcome if query else _outcome(payload)
    yield Activity(
        **common,
        event_id=event,
        time=time,
        action=act.action,
        category=act.category,
        level=act.level,
        outcome=outcome,
        resource=resource,
        permissions=_checked(payload, outcome),
        detail=query.detail if query else _detail(act, payload, delta),
    )
    if recording := _recording(act, payload, delta):
        yield Activity(
            **common,
            event_id=f"{event}#audit-config",
            time=time,
            action=act.action,
            category=Category.AUDIT_TRAIL,
            level=Level.ADMIN,
            outcome=outcome,
            resource=resource,
            detail=kept(recording),
        )


def _event(entry: Object, act: Act, time: datetime) -> str:
    """What no other entry is called. Google promises that insertId is unique among those of one log at one time.

    The parts of an entry that was too long are one, unless each tells of other rights.
    """
    whole = "" if act.category is Category.GRANT else _text(_dict(entry, "split"), "uid")
    name = f"split {whole}" if whole else _text(entry, "insertId")
    return f"{name}:{time:%Y-%m-%dT%H:%M:%S.%fZ}:{_decoded(_text(entry, 'logName'))}"


def _where(entry: Object) -> tuple[str, str, str]:
    """What the log belongs to: `projects`, its id, and the log's short name.

    Raises:
        NotAuditError: it is no audit log.
    """
    parent, scope, log = _log_of(_text(entry, "logName"))
    if not log.startswith(_AUDIT):
        if not log:
            raise ValueError("it is no log entry: it names no log")
        raise NotAuditError(f"it is of the log {log[:80]}, which is no audit log")
    label = _text(_dict(_dict(entry, "resource"), "labels"), "project_id")
    if parent != "projects":
        scope = f"{parent}/{scope}"
    elif label:
        scope = label
    return parent, scope, log.removeprefix(_AUDIT)


@lru_cache(maxsize=4096)
def _log_of(name: str) -> tuple[str, str, str]:
    """Parent, its id and the log in a log's name; empty where it is none. A project has few logs and many entries."""
    match = _LOG.fullmatch(_decoded(name))
    return (match[1], match[2], match[3]) if match else ("", "", "")


def _payload(entry: Object) -> Object:
    """The audit log in the entry, as the API writes it or as BigQuery's export does."""
    payload = _dict(entry, "protoPayload") or _dict(entry, "protopayload_auditlog")
    if "request" not in payload and (asked := _read_text(payload, "requestJson")):
        payload = {**payload, "request": asked}
    if not payload:
        raise NotAuditError("it holds no audit log")
    return payload


def _common(payload: Object, scope: str, parent: str, stamp: Stamp, log: str, query: Query | None) -> dict[str, Any]:
    """The columns that say who, where and from where."""
    who = _dict(payload, "authenticationInfo")
    request = _dict(payload, "requestMetadata")
    account = _account(who) or (query.account if query else None)
    key = _text(who, "serviceAccountKeyName").rpartition("/keys/")[2]
    return {
        **stamp,
        "provider": "gcp",
        "scope": scope,
        "account": account,
        "actor": _subject(who) or account,
        "actor_kind": _actor_kind(_text(who, "principalEmail"), account, log),
        "credential": f"service-account-key:{key}" if key else None,
        "on_behalf_of": _behind(who),
        "invoked_by": agent_in(_text(request, "callerSuppliedUserAgent")),
        "project": scope if parent == "projects" else None,
        "source_ip": _text(request, "callerIp") or None,
        "user_agent": _text(request, "callerSuppliedUserAgent")[:_LONGEST] or None,
    }


def _account(who: Object) -> str | None:
    if email := _text(who, "principalEmail"):
        return of_email(email)
    return _subject(who)


def _subject(who: Object) -> str | None:
    subject = _text(who, "principalSubject")
    return member(subject)[:_LONGEST] if subject else None


def _actor_kind(email: str, account: str | None, log: str) -> str:
    # What Google's systems did by themselves stands in a log of its own, often without a name.
    if (email and _GOOGLES_OWN.fullmatch(email.lower())) or (account is None and log == "system_event"):
        return "GoogleService"
    if account is None:
        return "Unknown"
    kinds = {"user": "User", "serviceAccount": "ServiceAccount"}
    return kinds.get(account.partition(":")[0], "FederatedPrincipal")


def _behind(who: Object) -> str | None:
    """Who stands behind a service account: the first person in the chain of delegation, else its beginning."""
    chain = [name for link in _list(who, "serviceAccountDelegationInfo") if (name := _link(link))]
    return next((name for name in chain if not name.startswith("serviceAccount:")), chain[0] if chain else None)


def _link(link: Any) -> str | None:
    if not isinstance(link, dict):
        return None
    if email := _text(_dict(link, "firstPartyPrincipal"), "principalEmail"):
        return of_email(email)
    return _subject(link) or _text(_dict(_dict(link, "thirdPartyPrincipal"), "thirdPartyClaims"), "sub") or None


def _job(entry: Object, payload: Object) -> Job | None:
    """The job of BigQuery that an entry tells of."""
    operation = _dict(entry, "operation")
    goes_on = operation.get("first") is True and operation.get("last") is not True
    older = _dict(payload, "serviceData") or _dict(payload, "servicedata_v1_bigquery")
    return job_of(_metadata(payload), older, over=not goes_on, table=_text(payload, "resourceName"))


def _done(entry: Object, payload: Object, act: Act) -> Act:
    """An act as far as its entry does it.

    The second entry of a long operation says that it ended; what was asked for stands in the first. A request may ask
    for nothing but whether it would be valid. A key in one's own profile of OS Login, as `gcloud compute ssh` puts one
    there each time, lets in nobody who may not log in without it.
    """
    operation = _dict(entry, "operation")
    over = operation.get("last") is True and operation.get("first") is not True
    only_tried = _dict(payload, "request").get("validateOnly") is True
    if not (over or only_tried or _own_key(payload, act)) or act.level is Level.READ:
        return act
    return Act(act.action, Category.READ, Level.READ)


def _own_key(payload: Object, act: Act) -> bool:
    """Whether somebody changes the keys of their own profile of OS Login."""
    who = _text(_dict(payload, "authenticationInfo"), "principalEmail").lower()
    profile = _PROFILE.match(_text(payload, "resourceName"))
    return _LOGIN_KEY.fullmatch(act.action) is not None and profile is not None and profile[1].lower() == who


def _outcome(payload: Object) -> str:
    code = _dict(payload, "status").get("code")
    if code in _DENIED:
        return Outcome.DENIED
    method = _text(payload, "methodName")
    return Outcome.FAILED if code or method.endswith(("loginFailure", "LoginFailure")) else Outcome.OK


def _permissions(payload: Object) -> list[tuple[str, str]]:
    checked = [one for one in _list(payload, "authorizationInfo") if isinstance(one, dict)]
    return [(_text(one, "permission"), _text(one, "permissionType")) for one in checked]


def _checked(payload: Object, outcome: str) -> str | None:
    """The permissions that decided: those that were held, of what was refused those that were not."""
    asked = [one for one in _list(payload, "authorizationInfo") if isinstance(one, dict) and _text(one, "permission")]
    # Google leaves out what is false.
    decided = [one for one in asked if bool(one.get("granted")) is (outcome != Outcome.DENIED)] or asked
    named = _text(payload, "resourceName")
    checked = (
        (_text(one, "permission"), on if (on := _text(one, "resource")) not in ("", named) else "") for one in decided
    )
    found = list(dict.fromkeys(f"{permission} on {on[:_LONGEST]}" if on else permission for permission, on in checked))
    return "; ".join([*found[:_MOST_PERMISSIONS], *(["…"] if len(found) > _MOST_PERMISSIONS else [])]) or None


def _resource(entry: Object, payload: Object, project: str | None) -> str | None:
    """The resource's name, with the project's id and a service account's address where Google wrote numbers."""
    name = _text(payload, "resourceName")
    if not name:
        listed = [one for one in _list(_metadata(payload), "resourceNames") if isinstance(one, str)]
        name = listed[0] if listed else ""
    if address := _text(_dict(_dict(entry, "resource"), "labels"), "email_id"):
        name = _NUMBERED_ACCOUNT.sub(lambda _: f"/serviceAccounts/{address}", name)
    if project and not project.isdigit():
        name = _NUMBERED.sub(lambda _: f"projects/{project}", name, count=1)
    return name[:_LONGEST] or None


def _detail(act: Act, payload: Object, delta: Object) -> str | None:
    if act.category == Category.GRANT:
        asked = {"bindingDeltas": delta["bindingDeltas"]} if delta.get("bindingDeltas") else _metadata(payload)
        roles = (_dict(_dict(payload, name), "permissionDelta") for name in ("serviceData", "servicedata_v1_iam_admin"))
        asked = asked or next(({"permissionDelta": one} for one in roles if one), {})
        return kept(asked or _without_type(_dict(payload, "request")))
    if act.category == Category.AUDIT_TRAIL:
        return kept(_without_type(_dict(payload, "request")))
    return None


def _delta(payload: Object) -> Object:
    """What a change of policy added and removed; BigQuery tells it beside what else changed of a data set."""
    told = (_dict(_dict(payload, name), "policyDelta") for name in ("serviceData", "servicedata_v1_iam", "metadata"))
    if (found := next(filter(None, told), None)) or _text(payload, "serviceName") != _BIGQUERY:
        return found or {}
    changed = (_dict(_metadata(payload), name) for name in _CHANGED)
    return next((one for one in changed if _list(one, "bindingDeltas")), {})


def _recording(act: Act, payload: Object, delta: Object) -> Object:
    """What an act that is about something else changes of what is recorded: a policy's audit logs, a flow log."""
    if deltas := delta.get("auditConfigDeltas"):
        return {"auditConfigDeltas": deltas}
    request = _dict(payload, "request")
    flow_log = _dict(request, "logConfig").get("enable", request.get("enableFlowLogs"))
    return {"enableFlowLogs": False} if act.action.startswith("compute:subnetworks.") and flow_log is False else {}


def _metadata(payload: Object) -> Object:
    if found := _dict(payload, "metadata"):
        return _without_type(found)
    return _without_type(_read_text(payload, "metadataJson"))


def _read_text(payload: Object, name: str) -> Object:
    """An object that BigQuery's export keeps as text."""
    try:
        read = json.loads(_text(payload, name) or "{}")
    except (ValueError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}


def _without_type(value: Object) -> Object:
    return {key: inner for key, inner in value.items() if key != "@type"}


def _time(text: str) -> datetime:
    try:
        return parse_utc(_FRACTION.sub(r"\1", text))
    except ValueError as error:
        raise ValueError("its timestamp is no time") from error


def _dict(value: Object, name: str) -> Object:
    inner = value.get(name)
    if isinstance(inner, str) and inner.startswith("{"):
        # A table holds objects as text.
        return _read_text(value, name)
    return inner if isinstance(inner, dict) else {}


def _list(value: Object, name: str) -> list[Any]:
    inner = value.get(name)
    return inner if isinstance(inner, list) else []


def _text(value: Object, name: str) -> str:
    inner = value.get(name)
    return inner if isinstance(inner, str) else ""
