"""CloudTrail events as other programs write them anew: Athena's and Lake's tables, OCSF, the Elastic Common Schema."""

from datetime import UTC, datetime, timedelta
from typing import Any

from auditor.model.details import as_object
from collectors.aws.cloudtrail.shapes import WRITTEN, text
from collectors.forms import nested

Event = dict[str, Any]
NO_EVENTS = frozenset({"Insight", "Aggregated"})
"""Categories of records that tell of events recorded elsewhere."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_READ_ACTIVITY = 2


def event_of(value: Event) -> Event | None:
    """An event as CloudTrail writes it; None where the object is none in any form that is known."""
    if ("eventName" in value and "eventTime" in value) or text(value.get("eventCategory")) in NO_EVENTS:
        return value
    if "eventname" in value and "eventtime" in value:
        return {WRITTEN.get(name, name): one for name, one in value.items()}
    if "class_uid" in value and as_object(value.get("api")).get("operation"):
        return _from_ocsf(value)
    trail = as_object(as_object(value.get("aws")).get("cloudtrail"))
    told = as_object(value.get("event"))
    return _from_ecs(value, trail) if trail and "action" in told and "original" not in told else None


def _from_ocsf(value: Event) -> Event:
    """An event of the Open Cybersecurity Schema Framework, as Security Lake writes it."""
    api, actor, rest = as_object(value.get("api")), as_object(value.get("actor")), as_object(value.get("unmapped"))
    source, metadata = as_object(value.get("src_endpoint")), as_object(value.get("metadata"))
    cloud = as_object(value.get("cloud"))
    asked = as_object(api.get("request")).get("data") or _unflattened(rest, "requestParameters")
    answered = as_object(api.get("response"))
    read_only = rest.get("readOnly")
    return {
        "eventVersion": as_object(metadata.get("product")).get("version"),
        "eventTime": value.get("time_dt") or _from_epoch(value.get("time")),
        "eventSource": as_object(api.get("service")).get("name"),
        "eventName": api.get("operation"),
        "eventID": metadata.get("uid"),
        "awsRegion": cloud.get("region") or value.get("region"),
        "sourceIPAddress": source.get("ip") or source.get("domain"),
        "userAgent": as_object(value.get("http_request")).get("user_agent"),
        "errorCode": answered.get("error"),
        "readOnly": value.get("activity_id") == _READ_ACTIVITY if read_only is None else read_only,
        "recipientAccountId": rest.get("recipientAccountId")
        or as_object(cloud.get("account")).get("uid")
        or cloud.get("account_uid")
        or value.get("accountid"),
        "userIdentity": _ocsf_identity(actor, as_object(_unflattened(rest, "userIdentity"))),
        "requestParameters": asked,
        "responseElements": answered.get("data") or _unflattened(rest, "responseElements"),
        "resources": [_ocsf_resource(one) for one in value.get("resources") or () if isinstance(one, dict)] or None,
        "additionalEventData": _unflattened(rest, "additionalEventData"),
    }


def _ocsf_identity(actor: Event, rest: Event) -> Event:
    """Who acted; `rest` is what the schema has no place for: a source identity, on whose behalf."""
    user, session = as_object(actor.get("user")), as_object(actor.get("session"))
    ids = [text(user.get(name)) for name in ("uid", "uuid", "uid_alt")]
    arn = next((one for one in ids if one and one.startswith("arn:")), None)
    issuer = text(session.get("issuer"))
    identity = {
        "type": user.get("type"),
        "arn": arn,
        "principalId": next((one for one in ids if one and one != arn), None),
        "accountId": as_object(user.get("account")).get("uid") or user.get("account_uid"),
        "accessKeyId": user.get("credential_uid"),
        "userName": user.get("name"),
        "invokedBy": actor.get("invoked_by"),
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


def _ocsf_resource(one: Event) -> Event:
    owner = as_object(as_object(one.get("owner")).get("account")).get("uid")
    return {"ARN": one.get("uid"), "accountId": owner or one.get("account_uid"), "type": one.get("type")}


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
    event, who = as_object(value.get("event")), as_object(trail.get("user_identity"))
    cloud, source = as_object(value.get("cloud")), as_object(value.get("source"))
    flattened = as_object(trail.get("flattened"))
    session = as_object(who.get("session_context"))
    issuer = as_object(session.get("session_issuer"))
    vouched = text(session.get("source_identity"))
    identity = {
        "type": who.get("type"),
        "arn": who.get("arn"),
        "principalId": issuer.get("principal_id"),
        "accountId": who.get("account_id") or as_object(cloud.get("account")).get("id"),
        "accessKeyId": who.get("access_key_id"),
        "userName": as_object(value.get("user")).get("name"),
        "invokedBy": who.get("invoked_by"),
        "sessionContext": _context(
            {"type": issuer.get("type"), "arn": issuer["arn"]} if issuer.get("arn") else None,
            text(session.get("creation_date")),
            {"sourceIdentity": vouched} if vouched else {},
        ),
    }
    return {
        "eventVersion": trail.get("event_version"),
        "eventTime": value.get("@timestamp"),
        "eventSource": event.get("provider"),
        "eventName": event.get("action"),
        "eventID": event.get("id"),
        "eventCategory": trail.get("event_category"),
        "awsRegion": cloud.get("region"),
        "sourceIPAddress": source.get("ip") or source.get("address"),
        "userAgent": as_object(value.get("user_agent")).get("original"),
        "errorCode": trail.get("error_code"),
        "readOnly": trail.get("read_only"),
        "recipientAccountId": trail.get("recipient_account_id") or as_object(cloud.get("account")).get("id"),
        "userIdentity": {name: one for name, one in identity.items() if one},
        "requestParameters": flattened.get("request_parameters") or trail.get("request_parameters"),
        "responseElements": flattened.get("response_elements") or trail.get("response_elements"),
        "resources": trail.get("resources"),
    }
