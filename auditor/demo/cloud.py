"""The company's Google Cloud: one project for the reports, who may do what in it, and its audit log."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta

from auditor.demo.calendar import Calendar, clock, works
from auditor.demo.data import read, shaped
from auditor.demo.google.state import Cloud, Object, stamp
from auditor.demo.records import OFFICE, RUNNER

TOKEN = "HARBOUR_GOOGLE_TOKEN"
"""The environment variable that holds the audit's access token."""
VALUE = "harbour-shop-demo"
PROJECT = "harbour-data"
RELEASER = f"releases@{PROJECT}.iam.gserviceaccount.com"
_RELEASES = 0.4  # of the working days
# As gcloud tells: nothing of it is this machine's.
_GCLOUD, _RUNNER_AGENT = "gcloud/541.0.0 command/gcloud.run.services.update", "google-api-go-client/0.5 gitlab-runner"


def cloud(calendar: Calendar) -> Cloud:
    """Everything that Google knows at this night's audit."""
    over = clock(calendar.workday(20), "18:00")
    found = read(
        "google.yaml", Cloud, project=PROJECT, releaser=RELEASER, token=VALUE, over=f"{over:%Y-%m-%dT%H:%M:%SZ}"
    )
    if calendar.at < over:
        # OPS-7 is still to come.
        policy = found.policies[f"projects/{PROJECT}"]
        policy["bindings"] = [one for one in policy["bindings"] if "condition" not in one]
    entries = (*_releases(calendar), *_scenes(calendar))
    found.projects[PROJECT].entries = sorted(entries, key=lambda entry: str(entry["timestamp"]))
    return found


def _releases(calendar: Calendar) -> Iterator[Object]:
    """The pipeline's: several times a month. A day tells its own alone."""
    for day in filter(works, calendar.dates()):
        chance = random.Random(f"google {day}")
        moment = clock(day, "11:00") + timedelta(seconds=chance.randrange(5 * 3600))
        if chance.random() < _RELEASES and calendar.logged(moment):
            yield _entry(moment, RELEASER, f"serviceAccount:{RELEASER}", RUNNER, _RUNNER_AGENT)


def _scenes(calendar: Calendar) -> Iterator[Object]:
    """OPS-19: Tom, who answers for the reports, gives their service more memory."""
    day = calendar.workday(4)
    for text in ("13:12", "13:26"):
        if calendar.logged(moment := clock(day, text)):
            yield _entry(moment, "tom@harbour.example", "user:tom@harbour.example", OFFICE, _GCLOUD)


def _entry(moment: datetime, email: str, subject: str, address: str, agent: str) -> Object:
    """A service replaced, as Admin Activity has it."""
    told = {"email": email, "subject": subject, "address": address, "agent": agent, "project": PROJECT}
    times = {"at": stamp(moment), "received": stamp(moment + timedelta(seconds=1))}
    return shaped("replaced", id=f"run{int(moment.timestamp()):x}", **told, **times)
