"""What an entry of an audit log tells of a change: of a policy, of a role, of what is recorded."""

from auditor.model.details import as_objects
from auditor.model.vocabulary import Act, Category, Level
from auditor.providers.database_logs import log_settings, silences
from auditor.providers.google.policy_changes import NEVER_SET
from collectors.detail import detail as kept
from collectors.google.log_fields import Object, list_in, object_in, object_written, text_in
from collectors.google.members import member, of_email

BIGQUERY = "bigquery.googleapis.com"
_CHANGED = ("datasetChange", "tableChange", "routineChange", "connectionChange")
# Lists of who may use a data set, as BigQuery wrote them before it had policies.
_LISTED = {"datasetInsertRequest": {"etag": NEVER_SET}, "datasetUpdateRequest": {}}
_LIST_ROLES = {
    "OWNER": "roles/bigquery.dataOwner",
    "WRITER": "roles/bigquery.dataEditor",
    "READER": "roles/bigquery.dataViewer",
}
_SUBNETS = frozenset({"compute:subnetworks.patch", "compute:subnetworks.update"})
_DATABASES = frozenset({"cloudsql:instances.patch", "cloudsql:instances.update"})
_ANYBODY = {"ALL_AUTHENTICATED_USERS": "allAuthenticatedUsers", "ALL_USERS": "allUsers"}

_BUCKETS, _STREAMS = "storage.googleapis.com", ("bigquery.googleapis.com", "pubsub.googleapis.com")


def detail_of(act: Act, payload: Object, delta: Object) -> str | None:
    """What was asked or changed, of an act that gives rights or is about what is recorded.

    What somebody asks an access broker for has its name from the answer.
    """
    if act.category == Category.GRANT and act.level is Level.READ:
        asked, answered = object_in(payload, "request"), object_in(payload, "response")
        named: Object = {name: answered[name] for name in ("name", "requestedDuration") if name in answered}
        return kept(_without_type({**named, **asked}))
    if act.category == Category.GRANT:
        asked = {name: delta[name] for name in ("bindingDeltas", "policy") if delta.get(name)} or metadata_of(payload)
        roles = (
            object_in(object_in(payload, name), "permissionDelta")
            for name in ("serviceData", "servicedata_v1_iam_admin")
        )
        asked = asked or next(({"permissionDelta": one} for one in roles if one), {})
        return kept(asked or _without_type(object_in(payload, "request")))
    if act.category == Category.AUDIT_TRAIL:
        return kept(_without_type(object_in(payload, "request")))
    return None


def destination_of(payload: Object) -> str:
    """What a sink that is made or changed writes to, named as what is done to that; of buckets of logs nothing."""
    if text_in(payload, "serviceName") != "logging.googleapis.com":
        return ""
    asked = text_in(object_in(object_in(payload, "request"), "sink"), "destination")
    service, _, name = (asked or text_in(object_in(payload, "response"), "destination")).partition("/")
    return f"projects/_/buckets/{name}" if service == _BUCKETS else name if service in _STREAMS else ""


def delta_of(payload: Object) -> Object:
    """What a change of policy added and removed; BigQuery tells it beside what else changed of a data set.

    Its older log has the whole list as it was set: that is a `policy`.
    """
    told = (
        object_in(object_in(payload, name), "policyDelta") for name in ("serviceData", "servicedata_v1_iam", "metadata")
    )
    if (found := next(filter(None, told), None)) or text_in(payload, "serviceName") != BIGQUERY:
        return found or {}
    changed = (object_in(metadata_of(payload), name) for name in _CHANGED)
    return next((one for one in changed if list_in(one, "bindingDeltas")), None) or _listed(payload)


def _listed(payload: Object) -> Object:
    """The list of who may use a data set, as a policy."""
    older = object_in(payload, "serviceData") or object_in(payload, "servicedata_v1_bigquery")
    for name, tag in _LISTED.items():
        entries = as_objects(object_in(object_in(object_in(older, name), "resource"), "acl").get("entries"))
        bound = [(_LIST_ROLES.get(text_in(one, "role"), text_in(one, "role")), _entered(one)) for one in entries]
        if entries:
            bindings = [{"role": role, "members": [who]} for role, who in bound if role and who]
            return {"policy": {**tag, "bindings": bindings}}
    return {}


def _entered(entry: Object) -> str:
    """Whom an entry of a list is about; nobody for a view, and for who holds the project anyway."""
    if email := text_in(entry, "userEmail"):
        return of_email(email)
    named = next((f"{kind}:{text}" for kind in ("group", "domain") if (text := _named(entry, kind))), "")
    return member(named) or _ANYBODY.get(text_in(entry, "specialGroup"), "")


def _named(entry: Object, kind: str) -> str:
    return text_in(entry, f"{kind}Email") or text_in(entry, kind)


def recording_of(act: Act, payload: Object, delta: Object) -> Object:
    """What an act that is about something else changes of what is recorded.

    A policy's audit logs, the flow log of a subnet that is there, what a database server writes into its logs.
    """
    if deltas := delta.get("auditConfigDeltas"):
        return {"auditConfigDeltas": deltas}
    request = object_in(payload, "request")
    flow_log = object_in(request, "logConfig").get("enable", request.get("enableFlowLogs"))
    if act.action in _SUBNETS and flow_log is False:
        return {"enableFlowLogs": False}
    if act.action in _DATABASES:
        settings = object_in(object_in(request, "body"), "settings")
        flags = log_settings(settings.get("databaseFlags"), "name", "value")
        return {"databaseFlags": flags} if silences(flags) else {}
    return {}


def metadata_of(payload: Object) -> Object:
    """What a service tells beside the request."""
    if found := object_in(payload, "metadata"):
        return _without_type(found)
    return _without_type(object_written(payload, "metadataJson"))


def _without_type(value: Object) -> Object:
    return {key: inner for key, inner in value.items() if key != "@type"}
