"""What a project's Data Access logs leave out, as the policies on it and above it say."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from auditor.model.details import as_objects, texts
from auditor.model.tables import Policy
from auditor.model.vocabulary import Category, Severity
from auditor.providers.google.projects import ANCESTRY, ancestry, project_numbers
from auditor.providers.protocol.logs import Unrecorded

_ALL = "allServices"
_SECRETS = frozenset({"secretmanager.googleapis.com"})
# Its Data Access logs are always on.
_ALWAYS = frozenset({"bigquery.googleapis.com"})
_SECRET_READS, _READS, _WRITES = "reads of secrets", "reads of data", "writes of data"
_HIDDEN_BY = {Category.SECRET: _SECRET_READS, Category.READ: _READS}
_TUNNELS, _SIGN_INS = "iap.googleapis.com", "sign-ins through Identity-Aware Proxy"


def unrecorded_reads(scope: str, policies: Sequence[Policy], *, seen: bool) -> Unrecorded | None:
    """What is left out; None of a project's number where its id is known: one statement a project.

    A log that is asked for above is on below. Unknown where a policy was not read with its audit settings, unless
    reads were seen in the log.
    """
    if project_numbers(policies).get(scope, scope) != scope:
        return None
    rows = [row for row in policies if row.kind == ANCESTRY]
    above = max((_stated(row.document)[0] for row in rows if row.policy == scope), key=len, default=[])
    places = [scope, *above]
    within = ((row, _stated(row.document)[1]) for row in rows if row.policy in places)
    told = {row.policy: (row, audit) for row, audit in within if audit is not None}
    configs = [(place, one) for place in places if place in told for one in told[place][1]]
    missing, unread = _missing([one for _, one in configs]), [place for place in places if place not in told]
    if not any(place.startswith("organizations/") for place in above):
        unread.append(f"what {scope} lies in")
    hides = _hides([one for _, one in configs], missing)
    if missing and unread and not seen:
        why = f"the audit settings of {', '.join(unread)} were not read"
        return Unrecorded((), "", unknown=why, hides=hides)
    missing, hides = ([], {}) if unread else (missing, hides)
    return Unrecorded(
        (*missing, *dict.fromkeys(_exempted(configs))),
        f"The log of Google project {scope} leaves out",
        names_lacks=True,
        severity=None if _SECRET_READS in missing else Severity.LOW,
        evidence=tuple(told[place][0] for place in places if place in told),
        hides=hides,
    )


def _stated(document: str) -> tuple[list[str], list[dict[str, Any]] | None]:
    """What a place lies in and its audit settings, None where they were not read."""
    stated = ancestry(document)
    audit = stated.get("audit")
    return texts(stated.get("ancestors")), as_objects(audit) if isinstance(audit, list) else None


def _missing(configs: Sequence[Mapping[str, Any]]) -> list[str]:
    """What no policy asks for; where some services' data is recorded, which others matter the team decides."""
    read, written = (_services(configs, kind) for kind in ("DATA_READ", "DATA_WRITE"))
    lacks = [] if read & {_ALL, *_SECRETS} else [_SECRET_READS]
    lacks += [] if read - _ALWAYS else [_READS]
    return lacks + ([] if written - _ALWAYS else [_WRITES])


def _hides(configs: Sequence[Mapping[str, Any]], missing: Sequence[str]) -> dict[Category, str]:
    """What is left out, by the kind of act that it hides."""
    hides = {kind: words for kind, words in _HIDDEN_BY.items() if words in missing}
    tunnels = _services(configs, "DATA_READ") & {_ALL, _TUNNELS}
    return hides if tunnels else {**hides, Category.LOGIN: _SIGN_INS}


def _services(configs: Sequence[Mapping[str, Any]], kind: str) -> set[str]:
    """The services whose log of a kind is on."""
    return {str(one.get("service")) for one in configs for log in _logs(one) if log.get("logType") == kind}


def _exempted(configs: Sequence[tuple[str, Mapping[str, Any]]]) -> Iterator[str]:
    """Members whose reads are not recorded."""
    for place, one in configs:
        for log in _logs(one):
            if log.get("logType") == "DATA_READ":
                what = _READS if one.get("service") == _ALL else f"reads of {one.get('service')}"
                yield from (f"{what} by {member}, exempted on {place}" for member in texts(log.get("exemptedMembers")))


def _logs(config: Mapping[str, Any]) -> list[dict[str, Any]]:
    return as_objects(config.get("auditLogConfigs"))
