"""When users and roles last called each service, as AWS counts it: from the records, and what is longer ago."""

from collections.abc import Iterable
from datetime import datetime

from auditor.demo.aws_calls import SERVICES
from auditor.demo.calendar import DAY, Calendar
from auditor.demo.iam import company, user_arn
from auditor.demo.records import Record


def count(account: str, calendar: Calendar, records: Iterable[Record]) -> None:
    """Let the stand-in know it as it is at this night's audit; records of later are left out."""
    SERVICES.clear()
    for user in company(account).users:
        for service, days in user.called.items():
            if days is None or calendar.over(days):
                last = calendar.told - days * DAY if days else None
                SERVICES[user_arn(account, user.name)][service] = last
    for record in records:
        identity = record["userIdentity"]
        arn = identity.get("sessionContext", {}).get("sessionIssuer", {}).get("arn") or identity.get("arn")
        moment = datetime.fromisoformat(record["eventTime"])
        if arn and calendar.logged(moment):
            told, service = SERVICES[arn], record["eventSource"].partition(".")[0]
            told[service] = max(moment, told.get(service) or moment)
