"""One log entry as activity. Pure: live answers and exported files go through the same steps."""

import re
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from auditor.model.details import as_objects, texts
from auditor.model.tables import Activity
from auditor.model.vocabulary import Act, Category, Level, Outcome
from collectors.agents import agent_in
from collectors.detail import detail as kept
from collectors.google.log_actions import act_of
from collectors.google.log_changes import BIGQUERY, delta_of, destination_of, detail_of, metadata_of, recording_of
from collectors.google.log_fields import PAYLOADS, Object, list_in, object_in, object_written, text_in
from collectors.google.log_jobs import Job, job_of
from collectors.google.log_queries import Query, query_of
from collectors.google.members import member, of_email
from collectors.reading import Stamp
from collectors.times import parse_utc

_AUDIT = "cloudaudit.googleapis.com/"
_LOGS = frozenset({"activity", "data_access", "system_event", "policy"})
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


class NotAuditError(ValueError):
    """A log entry of another kind, such as a load balancer's or an application's; the message says which."""


def activities(entry: Object, stamp: Stamp) -> Iterator[Activity]:
    """The rows of an entry: one, and another where a change of policy also changes what is logged.

    Raises:
        NotAuditError: it is no audit log entry.
        ValueError: it is one, and cannot be read.
    """
    parent, scope, log = _where(entry)
    payload = _payload(entry, log)
    service, method = text_in(payload, "serviceName"), text_in(payload, "methodName")
    if not service or not method:
        raise ValueError("it names no service or no method")
    job = _job(entry, payload) if service == BIGQUERY else None
    writes = job is not None and job.writes
    act = act_of(log, service, method, _permissions(payload), writes_data=writes)
    query = query_of(method, object_in(payload, "request"), text_in(payload, "resourceName"))
    act = query.act if query else act if writes else _done(entry, payload, act)
    delta = delta_of(payload)
    if (list_in(delta, "bindingDeltas") or delta.get("policy")) and act.level is not Level.READ:
        act = Act(act.action, Category.GRANT, Level.ADMIN)
    time = _time(text_in(entry, "timestamp") or text_in(entry, "receiveTimestamp"))
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
        detail=query.detail if query else detail_of(act, payload, delta),
    )
    if recording := recording_of(act, payload, delta):
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
    whole = "" if act.category is Category.GRANT else text_in(object_in(entry, "split"), "uid")
    name = f"split {whole}" if whole else text_in(entry, "insertId")
    return f"{name}:{time:%Y-%m-%dT%H:%M:%S.%fZ}:{_decoded(text_in(entry, 'logName'))}"


def _where(entry: Object) -> tuple[str, str, str]:
    """What the log belongs to: `projects`, its id, and the log's short name.

    Raises:
        NotAuditError: it is no audit log.
    """
    parent, scope, log = _log_of(text_in(entry, "logName"))
    if not log.startswith(_AUDIT):
        if not log:
            raise ValueError("it is no log entry: it names no log")
        raise NotAuditError(f"it is of the log {log[:80]}, which is no audit log")
    label = text_in(object_in(object_in(entry, "resource"), "labels"), "project_id")
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


def _payload(entry: Object, log: str) -> Object:
    """The audit log in the entry.

    Raises:
        NotAuditError: its log is of another kind, such as that of Access Transparency.
        ValueError: it holds none in a form that is known.
    """
    payload = next((found for name in PAYLOADS if (found := object_in(entry, name))), {})
    if "request" not in payload and (asked := object_written(payload, "requestJson")):
        payload = {**payload, "request": asked}
    if not payload and log in _LOGS:
        raise ValueError("it holds no audit log in a form that is known")
    if not payload:
        raise NotAuditError(f"it is of the log {log[:80]}, which is no audit log")
    return payload


def _common(payload: Object, scope: str, parent: str, stamp: Stamp, log: str, query: Query | None) -> dict[str, Any]:
    """The columns that say who, where and from where."""
    who = object_in(payload, "authenticationInfo")
    request = object_in(payload, "requestMetadata")
    account = _account(who) or (query.account if query else None)
    key = text_in(who, "serviceAccountKeyName").rpartition("/keys/")[2]
    return {
        **stamp,
        "provider": "gcp",
        "scope": scope,
        "account": account,
        "actor": _subject(who) or account,
        "actor_kind": _actor_kind(text_in(who, "principalEmail"), account, log),
        "credential": f"service-account-key:{key}" if key else None,
        "on_behalf_of": _behind(who),
        "invoked_by": agent_in(text_in(request, "callerSuppliedUserAgent")),
        "project": scope if parent == "projects" else None,
        "source_ip": text_in(request, "callerIp") or None,
        "user_agent": text_in(request, "callerSuppliedUserAgent")[:_LONGEST] or None,
    }


def _account(who: Object) -> str | None:
    if email := text_in(who, "principalEmail"):
        return of_email(email)
    return _subject(who)


def _subject(who: Object) -> str | None:
    subject = text_in(who, "principalSubject")
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
    chain = [name for link in as_objects(who.get("serviceAccountDelegationInfo")) if (name := _link(link))]
    return next((name for name in chain if not name.startswith("serviceAccount:")), chain[0] if chain else None)


def _link(link: Object) -> str | None:
    if email := text_in(object_in(link, "firstPartyPrincipal"), "principalEmail"):
        return of_email(email)
    return (
        _subject(link) or text_in(object_in(object_in(link, "thirdPartyPrincipal"), "thirdPartyClaims"), "sub") or None
    )


def _job(entry: Object, payload: Object) -> Job | None:
    """The job of BigQuery that an entry tells of."""
    operation = object_in(entry, "operation")
    goes_on = operation.get("first") is True and operation.get("last") is not True
    older = object_in(payload, "serviceData") or object_in(payload, "servicedata_v1_bigquery")
    return job_of(metadata_of(payload), older, over=not goes_on, table=text_in(payload, "resourceName"))


def _done(entry: Object, payload: Object, act: Act) -> Act:
    """An act as far as its entry does it.

    The second entry of a long operation says that it ended; what was asked for stands in the first. A request may ask
    for nothing but whether it would be valid. A key in one's own profile of OS Login, as `gcloud compute ssh` puts one
    there each time, lets in nobody who may not log in without it.
    """
    operation = object_in(entry, "operation")
    over = operation.get("last") is True and operation.get("first") is not True
    only_tried = object_in(payload, "request").get("validateOnly") is True
    if not (over or only_tried or _own_key(payload, act)) or act.level is Level.READ:
        return act
    return Act(act.action, Category.READ, Level.READ)


def _own_key(payload: Object, act: Act) -> bool:
    """Whether somebody changes the keys of their own profile of OS Login."""
    who = text_in(object_in(payload, "authenticationInfo"), "principalEmail").lower()
    profile = _PROFILE.match(text_in(payload, "resourceName"))
    return _LOGIN_KEY.fullmatch(act.action) is not None and profile is not None and profile[1].lower() == who


def _outcome(payload: Object) -> str:
    code = object_in(payload, "status").get("code")
    if code in _DENIED:
        return Outcome.DENIED
    method = text_in(payload, "methodName")
    return Outcome.FAILED if code or method.endswith(("loginFailure", "LoginFailure")) else Outcome.OK


def _permissions(payload: Object) -> list[tuple[str, str]]:
    checked = as_objects(payload.get("authorizationInfo"))
    return [(text_in(one, "permission"), text_in(one, "permissionType")) for one in checked]


def _checked(payload: Object, outcome: str) -> str | None:
    """The permissions that decided: those that were held, of what was refused those that were not."""
    asked = [one for one in as_objects(payload.get("authorizationInfo")) if text_in(one, "permission")]
    # Google leaves out what is false.
    decided = [one for one in asked if bool(one.get("granted")) is (outcome != Outcome.DENIED)] or asked
    named = text_in(payload, "resourceName")
    checked = (
        (text_in(one, "permission"), on if (on := text_in(one, "resource")) not in ("", named) else "")
        for one in decided
    )
    found = list(dict.fromkeys(f"{permission} on {on[:_LONGEST]}" if on else permission for permission, on in checked))
    return "; ".join([*found[:_MOST_PERMISSIONS], *(["…"] if len(found) > _MOST_PERMISSIONS else [])]) or None


def _resource(entry: Object, payload: Object, project: str | None) -> str | None:
    """The resource's name, with the project's id and a service account's address where Google wrote numbers.

    Beside a sink stands what it writes to.
    """
    name = text_in(payload, "resourceName")
    if not name:
        name = next(iter(texts(metadata_of(payload).get("resourceNames"))), "")
    if address := text_in(object_in(object_in(entry, "resource"), "labels"), "email_id"):
        name = _NUMBERED_ACCOUNT.sub(lambda _: f"/serviceAccounts/{address}", name)
    if project and not project.isdigit():
        name = _NUMBERED.sub(lambda _: f"projects/{project}", name, count=1)
    name = f"{name} {where}" if (where := destination_of(payload)) else name
    return name[:_LONGEST] or None


def _time(text: str) -> datetime:
    try:
        return parse_utc(_FRACTION.sub(r"\1", text))
    except ValueError as error:
        raise ValueError("its timestamp is no time") from error
