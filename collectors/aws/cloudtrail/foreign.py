"""CloudTrail events as other programs write them anew: Athena's and Lake's tables, OCSF, others' schemas."""

import re
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from typing import Any

from auditor.model.details import as_object, as_objects
from auditor.model.written import written
from collectors.aws.cloudtrail.shapes import WRITTEN, text
from collectors.forms import nested, renamed, unflattened

Event = dict[str, Any]
NO_EVENTS = frozenset({"Insight", "Aggregated"})
"""Categories of records that tell of events recorded elsewhere."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_READ_ACTIVITY = 2
_OF_CALLER = re.compile(r"(?i)user_?identity[._]")
_places = cache(partial(written, __package__, "foreign", dict[str, dict[str, str]]))


def event_of(value: Event) -> Event | None:
    """An event as CloudTrail writes it; None where the object is none in any form that is known."""
    if "eventName" in value and any(name.startswith("userIdentity.") for name in value):
        # As queries and search engines answer that name each part by its path.
        return unflattened(value)
    if ("eventName" in value and "eventTime" in value) or text(value.get("eventCategory")) in NO_EVENTS:
        return value
    folded = {name.replace("_", "").lower(): name for name in value}
    if "useridentityarn" in folded and not any(map(_OF_CALLER.match, value)):
        # A row of Microsoft Sentinel's table, which has a column for each part.
        return _from_places(value, "sentinel", text(value.get("SessionCreationDate")), {})
    if "eventname" in folded and "eventtime" in folded and "cloudtrailevent" not in folded:
        return _in_own_words(value)
    if "class_uid" in value and as_object(value.get("api")).get("operation"):
        return _from_ocsf(value)
    trail = as_object(as_object(value.get("aws")).get("cloudtrail"))
    told = as_object(value.get("event"))
    return _from_ecs(value, trail) if trail and "action" in told and "original" not in told else None


def _in_own_words(value: Event) -> Event:
    """A row of a table whose names are in small letters, perhaps with a column for each part of the caller."""
    return unflattened({_column(name): one for name, one in value.items()})


def _column(name: str) -> str:
    """A column's name as CloudTrail has it: `useridentity_sessioncontext_sessionissuer.arn` is a path."""
    of_caller = _OF_CALLER.match(name)
    if of_caller is None:
        return WRITTEN.get(name.replace("_", "").lower(), name)
    rest = name[of_caller.end() :]
    whole = WRITTEN.get(rest.replace("_", "").lower())
    return ".".join(("userIdentity", *((whole,) if whole else re.split(r"[._]", rest))))


def _from_ocsf(value: Event) -> Event:
    """An event of the Open Cybersecurity Schema Framework, as Security Lake writes it."""
    told, rest = renamed(value, _places()["ocsf"]), as_object(value.get("unmapped"))
    resources = [renamed(one, _places()["ocsf_resource"]) for one in as_objects(value.get("resources"))]
    looks = value.get("activity_id") == _READ_ACTIVITY
    return told | {
        "eventTime": told["eventTime"] or _from_epoch(value.get("time")),
        "readOnly": looks if told["readOnly"] is None else told["readOnly"],
        "userIdentity": _ocsf_identity(value, as_object(_unflattened(rest, "userIdentity"))),
        "requestParameters": told["requestParameters"] or _unflattened(rest, "requestParameters"),
        "responseElements": told["responseElements"] or _unflattened(rest, "responseElements"),
        "resources": resources or None,
        "additionalEventData": _unflattened(rest, "additionalEventData"),
    }


def _ocsf_identity(value: Event, rest: Event) -> Event:
    """Who acted; `rest` is what the schema has no place for: a source identity, on whose behalf."""
    actor = as_object(value.get("actor"))
    user, session = as_object(actor.get("user")), as_object(actor.get("session"))
    ids = [text(user.get(name)) for name in ("uid", "uuid", "uid_alt")]
    arn = next((one for one in ids if one and one.startswith("arn:")), None)
    issuer = text(session.get("issuer"))
    identity = renamed(value, _places()["ocsf_identity"]) | {
        "arn": arn,
        "principalId": next((one for one in ids if one and one != arn), None),
        "onBehalfOf": rest.get("onBehalfOf"),
        "sessionContext": _context(
            issuer and {"type": "Role", "arn": issuer},
            text(session.get("created_time_dt")) or _from_epoch(session.get("created_time")),
            as_object(rest.get("sessionContext")),
        ),
    }
    return {name: one for name, one in identity.items() if one}


def _context(issuer: Event | str | None, created: str | None, rest: Event) -> Event:
    """A session: whose role it is of, since when, and what else is told of it."""
    attributes = {"creationDate": created} if created else None
    return {**rest, **{n: one for n, one in (("sessionIssuer", issuer), ("attributes", attributes)) if one}}


def _unflattened(rest: Event, above: str) -> Any:
    """What stands below a name, written as one text or as `name.inner` keys."""
    return (
        rest.get(above)
        or nested((name.split(".")[1:], one) for name, one in rest.items() if name.startswith(f"{above}."))
        or None
    )


def _from_epoch(moment: Any) -> str | None:
    """A time in milliseconds since 1970."""
    if not isinstance(moment, int):
        return None
    try:
        return (_EPOCH + timedelta(milliseconds=moment)).isoformat()
    except OverflowError:
        return None


def _from_ecs(value: Event, trail: Event) -> Event:
    """An event as Elastic's shippers write it when they throw the original away."""
    session = as_object(as_object(trail.get("user_identity")).get("session_context"))
    vouched = text(session.get("source_identity"))
    rest = {"sourceIdentity": vouched} if vouched else {}
    return _from_places(value, "ecs", text(session.get("creation_date")), rest)


def _from_places(value: Event, schema: str, created: str | None, rest: Event) -> Event:
    """An event from where a schema has each of its parts; `rest` is what else is told of the session."""
    issuer = renamed(value, _places()[f"{schema}_issuer"])
    context = _context(issuer if issuer["arn"] else None, created, rest)
    identity = renamed(value, _places()[f"{schema}_identity"]) | {"sessionContext": context}
    whole = {name: one for name, one in identity.items() if one}
    return renamed(value, _places()[schema]) | {"userIdentity": whole}
