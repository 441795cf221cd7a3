"""When users and roles last called each service, as AWS counts it: from the records, and what is longer ago."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from auditor.demo.aws_calls import SERVICES
from auditor.demo.calendar import Calendar
from auditor.demo.iam import Directory
from auditor.demo.records import Record

# Days before the first night; None where AWS knows of no call at all.
_LONG_AGO: dict[str, dict[str, int | None]] = {
    "sam": {"ecs": 134},
    "nina": {"ecs": 31},
    "test-old": {"s3": None},
}


def count(directory: Directory, calendar: Calendar, records: Iterable[Record]) -> None:
    """Let the stand-in know it."""
    SERVICES.clear()
    for name, services in _LONG_AGO.items():
        for service, days in services.items():
            last = calendar.first - timedelta(days=days) if days else None
            SERVICES[directory.user_arn(name)][service] = last
    for record in records:
        identity = record["userIdentity"]
        arn = identity.get("sessionContext", {}).get("sessionIssuer", {}).get("arn") or identity.get("arn")
        if arn:
            told = SERVICES[arn]
            service, moment = record["eventSource"].partition(".")[0], datetime.fromisoformat(record["eventTime"])
            told[service] = max(moment, told.get(service) or moment)
