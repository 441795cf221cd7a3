"""Google Cloud as the auditor asks it."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import quote

from auditor.activity.limits import LogTraits
from auditor.config.models import Config
from auditor.evidence.snapshots import Snapshots
from auditor.model.details import as_object, as_objects, details
from auditor.model.handles import Handle
from auditor.model.tables import Credential, Grant, Policy
from auditor.model.vocabulary import Capability
from auditor.providers.base import StatedProvider
from auditor.providers.google.accounts import MACHINES, account_name, alike, workload
from auditor.providers.google.actions import capabilities_of
from auditor.providers.google.fit import fitted_roles
from auditor.providers.google.grant_events import google_grants
from auditor.providers.google.holders import Directory
from auditor.providers.google.permitted import google_permitted
from auditor.providers.google.projects import ANCESTRY, machine_at, project_numbers, with_ids
from auditor.providers.google.recorded import unrecorded_reads
from auditor.providers.google.replay import google_changes
from auditor.providers.google.requests import requests
from auditor.providers.google.rights import google_access
from auditor.providers.google.trail import LOG_NAMES, log_stores, narrows
from auditor.providers.permitted import without_members
from auditor.providers.settings import Setting, flat
from auditor.providers.systems import Systems
from auditor.providers.unseen import Unseen, lost_grants, unlogged

_COMPUTE = "//compute.googleapis.com/projects/"

_TEXTS = frozenset({"statement", "parameter", "query"})
_ENTRY = re.compile(r"([\w-]+):(\d{4}-\d\d-\d\dT[\d:.]+Z):")
"""An event's id: the entry's, its time and its log."""

# What opens logins of machines, of which their own logs tell and Google's do not.
_OF_MACHINES = ("metadata-ssh-key", "os-login-key")


class Google(StatedProvider):
    """Google Cloud."""

    TITLE = "Google Cloud"
    LOG = LogTraits(
        own_services=("GoogleService",),
        own_programs=("environment/devshell",),
        machines=(MACHINES,),
        log_names=(LOG_NAMES,),
        object_reads=("storage:objects.get",),
        # A list of Kubernetes has no end unless it is asked for pages.
        secrets_listed=((r"^k8s\.io:secrets\.(list|watch) ", 1_000_000),),
        session_requests=tuple(
            f"iamcredentials:{one}" for one in ("GenerateAccessToken", "GenerateIdToken", "SignBlob", "SignJwt")
        ),
    )
    REPLAYED = ("gcp-iam",)
    OPENS_HOSTS = True
    GIVEN_UNLOGGED = frozenset({"ssh-key"})
    NOT_READ = (
        "which machines and services run as which service account",
        "the users of a domain",
        "authorized views, routines and data sets of BigQuery, and access lists of single objects in buckets",
        "RoleBindings of Kubernetes in GKE, and users of databases",
        "providers of workload identity pools: which tokens they take, and what they make of their claims",
    )

    account_name = staticmethod(account_name)
    workload = staticmethod(workload)
    alike = staticmethod(alike)
    rights = staticmethod(google_access)
    permitted = staticmethod(google_permitted)
    fitted = staticmethod(fitted_roles)
    capabilities = staticmethod(capabilities_of)
    grant_events = staticmethod(google_grants)
    HAS_BROKER = True
    requests = staticmethod(requests)
    changes = staticmethod(google_changes)
    log_stores = staticmethod(log_stores)
    narrows_trail = staticmethod(narrows)
    unrecorded_reads = staticmethod(unrecorded_reads)

    def with_every_name(self, config: Config, policies: Iterable[Policy]) -> Config:
        """Every project by its id and by its number."""
        return with_ids(config, project_numbers(policies))

    def scopes_read(self, rows: Snapshots) -> set[str]:
        """Projects whose bindings were read, by id and by number."""
        read = [row for row in rows.policies if row.kind == ANCESTRY]
        names = {name for row in read for name in (row.policy, row.attached_to)}
        return super().scopes_read(rows) | names | {str(details(row.document).get("number")) for row in read}

    def names_at(self, config: Config, host: str) -> Iterator[tuple[str, str | None]]:
        """A machine by its internal name."""
        yield from machine_at(host)

    def system_of_credential(self, row: Credential, systems: Systems) -> str | None:
        """The system of the project or instance whose logins a key opens."""
        if not (row.resource or "").startswith(_COMPUTE):
            return None
        place = (row.resource or "").removeprefix("//compute.googleapis.com/")
        return systems.of(self.name, place.split("/")[1], place if "/instances/" in place else None)

    def asked(self, record: Mapping[str, Any]) -> Any:
        """The request in an entry of an audit log, and which metadata it changed; of a statement not its text."""
        payload = as_object(record.get("protoPayload") or record.get("protopayload_auditlog"))
        request = as_object(payload.get("request")) or details(payload.get("requestJson"))
        metadata = as_object(payload.get("metadata")) or details(payload.get("metadataJson"))
        is_statement = str(request.get("@type")).endswith("AuditEntry")
        told = {name: value for name, value in request.items() if not (is_statement and name in _TEXTS)}
        return {**told, **{name: value for name, value in metadata.items() if name.endswith("MetadataDelta")}} or None

    def console(self, scope: str, resource: str | None, event_id: str | None, base: str | None) -> str | None:
        """The entry in the Logs Explorer."""
        found = _ENTRY.match(event_id or "")
        if found is None:
            return None
        query = quote(f'insertId="{found[1]}" timestamp="{found[2]}"', safe="")
        return f"https://console.cloud.google.com/logs/query;query={query}?project={quote(scope, safe='')}"

    def setting(self, action: str, asked: Any, answered: Any) -> Setting:
        """Bindings and audit logs that came and went, by the deltas that a row keeps; else what was asked for."""
        told = as_object(asked)
        deltas = [("binding", one, _binding(one)) for one in as_objects(told.get("bindingDeltas"))]
        deltas += [("audit log", one, _audit_log(one)) for one in as_objects(told.get("auditConfigDeltas"))]
        if not deltas:
            return Setting(values=flat({name: value for name, value in told.items() if name != "@type"}))
        return Setting(
            gave=tuple((name, text) for name, one, text in deltas if one.get("action") == "ADD"),
            took=tuple((name, text) for name, one, text in deltas if one.get("action") == "REMOVE"),
        )

    def without(self, rows: Snapshots, handles: Collection[Handle]) -> Snapshots | None:
        """Without bindings, keys and members of groups; None where one is not in the rows, or no log tells its use."""
        if any(handle.get("type") in _OF_MACHINES for handle in handles):
            return None
        members = [handle for handle in handles if handle.get("type") == "group-membership"]
        left = super().without(rows, [handle for handle in handles if handle not in members])
        return left and without_members(left, [(str(one.get("group")), str(one.get("member"))) for one in members])

    def unseen(self, rows: Snapshots, after: Snapshots, from_: datetime, at: datetime) -> Iterator[Unseen]:
        """What is read of data: whether Data Access logs are on is in no row."""
        reads = partial(_reads, Directory.of(rows))
        why = "Data Access logs tell of that, and may be off"
        yield from unlogged(rows, lost_grants(self.name, rows, after), from_, reads, why)


def _binding(delta: Mapping[str, Any]) -> str:
    condition = as_object(delta.get("condition")).get("expression")
    return f"{delta.get('role', '')} for {delta.get('member', '')}" + (f" if {condition}" if condition else "")


def _audit_log(delta: Mapping[str, Any]) -> str:
    exempt = delta.get("exemptedMember")
    return f"{delta.get('logType', '')} of {delta.get('service', '')}" + (f" but for {exempt}" if exempt else "")


def _reads(directory: Directory, grant: Grant) -> str:
    """What a role lets read."""
    held = directory.capabilities(grant.role)
    return "reading data" if Capability.READ_DATA in held else "reading logs" if Capability.READ_LOGS in held else ""
