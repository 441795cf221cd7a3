"""Releases of the shop by its pipeline: told by GitLab as deployments, and by AWS as what they changed."""

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from msgspec import Struct

from auditor.demo import records
from auditor.demo.calendar import Calendar, clock, works
from auditor.demo.iam import Directory
from auditor.demo.records import Record, record

SYSTEMS = ("checkout", "jobs")
ROBOT = "release-bot"
LASTS = timedelta(minutes=4)
_MOST_A_DAY, _HOURS = 3, 8
# On which working day before the night that the story is told from, when, by whom, and who approved: one in the
# evening, and one that ends INC-40.
_AT_ODD_TIMES = ((13, "21:40", "leon", "mia"), (6, "02:45", "mia", "leon"))


class Release(Struct, frozen=True):
    """One release of one system.

    Args:
        number: of its deployment and merge request.
        by: who let it begin, as GitLab names them.
    """

    system: str
    begins: datetime
    number: int
    by: str = ROBOT
    approver: str = "mia"

    @property
    def chance(self) -> random.Random:
        """What the release leaves to chance is the same each time it is told."""
        return random.Random(f"release {self.number}")


def releases(calendar: Calendar) -> Iterator[Release]:
    """Every release that the logs know of, and those that could not wait. A day tells its own alone."""
    for day in filter(works, calendar.dates()):
        yield from (one for one in _of_day(day) if calendar.logged(one.begins))
    for back, at, by, approver in _AT_ODD_TIMES:
        day = calendar.workday(back)
        begins = clock(day, at)
        if calendar.logged(begins):
            yield Release("checkout", begins, _number(day, _MOST_A_DAY), by=by, approver=approver)


def _of_day(day: date) -> Iterator[Release]:
    chance = random.Random(f"releases {day}")
    for nth in range(chance.randint(1, _MOST_A_DAY)):
        begins = clock(day, "09:00") + timedelta(seconds=chance.randrange(_HOURS * 3600))
        approver = chance.choice(("mia", "leon"))
        yield Release(chance.choice(SYSTEMS), begins, _number(day, nth), approver=approver)


def _number(day: date, nth: int) -> int:
    return day.toordinal() * 10 + nth


def deploy(directory: Directory, release: Release) -> Iterator[Record]:
    """What the pipeline does in AWS, from its token to the service's being steady."""
    name, system, moment = f"gitlab-{release.number % 100_000}", release.system, release.begins
    subject = f"project_path:harbour/{system}:ref_type:branch:ref:main"
    token = records.federated(f"arn:aws:iam::{directory.account}:oidc-provider/gitlab.harbour.example", subject)
    opened = records.assume(directory, token, moment, "ci-deploy", name)
    yield {**opened, "eventName": "AssumeRoleWithWebIdentity"}
    caller = records.session(directory, "ci-deploy", name, moment, records.RUNNER)
    family, version = f"{system}-web", release.number % 10_000  # the later, the higher
    calls: tuple[tuple[str, dict[str, Any]], ...] = (
        ("ecr:PutImage", {"repositoryName": system, "imageTag": f"v{version}"}),
        ("ecs:RegisterTaskDefinition", {"family": family}),
        (
            "ecs:UpdateService",
            {"cluster": f"{system}-prod", "service": family, "taskDefinition": f"{family}:{version}"},
        ),
        *(("ecs:DescribeServices", {"cluster": f"{system}-prod", "services": [family]}),) * 4,
    )
    for number, (action, request) in enumerate(calls, start=1):
        yield record(directory, caller, moment + number * timedelta(seconds=20), action, request)
