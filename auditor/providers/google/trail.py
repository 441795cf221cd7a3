"""What a change to Google's audit logs, or to what they are written to, leaves recorded."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from auditor.activity.results import JudgedEvent
from auditor.config.models import Config
from auditor.evidence.store import Days, Store
from auditor.model.details import as_object, details
from auditor.model.tables import Trail
from auditor.model.vocabulary import Category
from auditor.providers.database_logs import silences, statement_silences

FULL_DAYS = 30
"""What Google keeps of its own accord; a bucket that keeps less has been cut."""

LOG_NAMES = r"/sinks/[^ ]+ |/tables/cloudaudit_googleapis_com_"
"""Where what was acted on names what a sink writes to, or a table that one made there."""
_NAMES_LOGS = re.compile(LOG_NAMES)
_DELETES = re.compile(r"(?i)(?<!un)delete|destroy")


def log_stores(
    store: Store, config: Config, trails: Iterable[Trail], touched: Iterable[str], days: Days
) -> frozenset[str]:
    """What sinks write to: whoever makes or changes one names it, and their tables have a name of their own."""
    del store, config, trails, days
    return frozenset(text.rsplit(" ", 1)[-1] for text in touched if _NAMES_LOGS.search(text))


def narrows(event: JudgedEvent) -> bool:
    """Whether less is recorded, or kept, afterwards; what was asked for is unknown where the log does not say it.

    Of what sinks write to, that it is deleted is told; what else is changed of it, Google does not write.

    A sink that is switched off or leaves more out, an exclusion, a bucket that keeps less than Google does of its own
    accord, logs that a policy gives up, what a database writes no more, and whatever else is switched off or deleted.
    """
    if event.keeps_log and event.category != Category.AUDIT_TRAIL:
        return _DELETES.search(event.action) is not None
    asked = details(event.detail)
    match event.action.rsplit(":", 1)[-1]:
        case "UpdateSink":
            return not asked or _less_in_sink(as_object(asked.get("sink")), str(asked.get("updateMask") or ""))
        case "CreateExclusion" | "UpdateExclusion":
            return as_object(asked.get("exclusion")).get("disabled") is not True
        case "UpdateBucket" | "UpdateBucketAsync":
            days = as_object(asked.get("bucket")).get("retentionDays")
            return not asked or (isinstance(days, int) and days < FULL_DAYS)
        case "UpdateSettings" | "UpdateCmekSettings":
            return as_object(asked.get("settings")).get("disableDefaultSink") is True
        case _:
            return _less_elsewhere(asked)


def _less_elsewhere(asked: Mapping[str, Any]) -> bool:
    """What other services record less of: by a policy, by a database; whatever else is told was switched off."""
    if "databaseFlags" in asked or "statement" in asked:
        return silences(as_object(asked.get("databaseFlags"))) or statement_silences(str(asked.get("statement")))
    deltas = asked.get("auditConfigDeltas")
    return any(map(_less_in_policy, deltas)) if isinstance(deltas, list) else True


def _less_in_sink(sink: Mapping[str, Any], mask: str) -> bool:
    """Whether a sink is switched off or may leave more out.

    A mask tells what is replaced; without one everything is. A sink without a filter takes everything.
    """
    if sink.get("disabled") is True or sink.get("exclusions"):
        return True
    replaced = {re.split(r"[.\s]", field.strip(), maxsplit=1)[0] for field in mask.split(",") if field.strip()}
    narrowed = {"destination"} | ({"filter"} if sink.get("filter") else set())
    return not replaced or bool(replaced & narrowed)


def _less_in_policy(delta: Any) -> bool:
    """A log that is no longer written, or somebody who no longer is in it."""
    asked = as_object(delta)
    return (asked.get("action") == "ADD") is bool(asked.get("exemptedMember"))
