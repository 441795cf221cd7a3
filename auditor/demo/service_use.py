"""When users and roles last called each service, as AWS counts it: from the records, and what is longer ago."""

from collections.abc import Iterable
from datetime import datetime

from auditor.demo.aws_calls import SERVICES
from auditor.demo.calendar import DAY, Calendar
from auditor.demo.iam import Directory, company
from auditor.demo.records import Record


def count(directory: Directory, calendar: Calendar, records: Iterable[Record]) -> None:
    """Let the stand-in know it."""
    SERVICES.clear()
    for user in company(directory.account).users:
        for service, days in user.called.items():
            last = calendar.first - days * DAY if days else None
            SERVICES[directory.user_arn(user.name)][service] = last
    for record in records:
        identity = record["userIdentity"]
        arn = identity.get("sessionContext", {}).get("sessionIssuer", {}).get("arn") or identity.get("arn")
        if arn:
            told = SERVICES[arn]
            service, moment = record["eventSource"].partition(".")[0], datetime.fromisoformat(record["eventTime"])
            told[service] = max(moment, told.get(service) or moment)
