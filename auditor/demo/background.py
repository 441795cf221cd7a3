"""Ordinary months: AWS at work for itself, pipelines that deploy, people who read logs. Nothing here is a finding."""

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from msgspec import Struct

from auditor.demo import records
from auditor.demo.calendar import Calendar, clock, works
from auditor.demo.iam import Directory
from auditor.demo.records import Record, record
from auditor.demo.releases import SYSTEMS, deploy, releases

_READERS = ("nina", "mia", "leon", "tom", "sam")
_LOG_CALLS = ("logs:FilterLogEvents", "logs:StartQuery", "logs:GetQueryResults", "logs:DescribeLogGroups")
_PLAN = ("ec2:DescribeInstances", "ec2:DescribeSecurityGroups", "ecs:DescribeClusters", "s3:GetBucketPolicy")
_SERVICE_ROLES = (("ecs", "AWSServiceRoleForECS"), ("autoscaling", "AWSServiceRoleForAutoScaling"))
_BREAK_INS = 0.2  # of the nights
_MINUTE = timedelta(minutes=1)


def months(directory: Directory, calendar: Calendar) -> Iterator[Record]:
    """Every ordinary record from the beginning of the logs until this night's audit.

    Each day is told from its own date alone, so that another night adds a day and changes none.
    """
    for release in releases(calendar):
        yield from deploy(directory, release)
    for day in calendar.dates():
        told = _Day(directory, day, random.Random(f"harbour {day}"))
        for found in told.records():
            if calendar.logged(datetime.fromisoformat(found["eventTime"])):
                yield found


class _Day(Struct, frozen=True):
    directory: Directory
    day: date
    chance: random.Random

    def records(self) -> Iterator[Record]:
        yield from self._aws()
        yield from self._containers()
        if works(self.day):
            yield from self._plans()
            yield from self._readers()
            yield from self._sign_ins()

    def _times(self, count: int, begin: str = "00:00", hours: float = 24) -> list[datetime]:
        seconds = sorted(self.chance.randrange(int(hours * 3600)) for _ in range(count))
        return [clock(self.day, begin) + timedelta(seconds=s) for s in seconds]

    def _aws(self) -> Iterator[Record]:
        """Services that take their roles: the bulk of every trail, and nobody's doing."""
        for number, moment in enumerate(self._times(60)):
            service, role = _SERVICE_ROLES[number % len(_SERVICE_ROLES)]
            host = f"{service}.amazonaws.com"
            arn = f"arn:aws:iam::{self.directory.account}:role/aws-service-role/{host}/{role}"
            asked = {"roleArn": arn, "roleSessionName": service}
            yield record(self.directory, records.service(host), moment, "sts:AssumeRole", asked, readOnly=True)

    def _containers(self) -> Iterator[Record]:
        """The shop's containers fetch their secrets whenever one starts."""
        for moment in self._times(14):
            system = self.chance.choice(SYSTEMS)
            began = moment - 5 * _MINUTE
            task = f"{self.chance.getrandbits(64):016x}"
            agent = "Boto3/1.40.41 exec-env/AWS_ECS_FARGATE"
            caller = records.session(self.directory, "shop-task", task, began, "10.0.3.17", agent)
            wanted = {"secretId": f"{system}/payment-provider"}
            yield record(self.directory, caller, moment, "secretsmanager:GetSecretValue", wanted)

    def _plans(self) -> Iterator[Record]:
        for moment in self._times(1, "08:10", 1):
            name = f"gitlab-{self.chance.randint(80000, 99999)}"
            caller = records.session(self.directory, "terraform", name, moment, records.RUNNER, records.TERRAFORM)
            for number in range(self.chance.randint(12, 24)):
                later = moment + timedelta(seconds=2 * number)
                yield record(self.directory, caller, later, _PLAN[number % len(_PLAN)], {"page": number})

    def _readers(self) -> Iterator[Record]:
        """Logs are for everybody: reading them needs no ticket."""
        for name in self.chance.sample(_READERS, 4):
            agent = records.CONSOLE if name == "sam" else records.CLI
            for number, moment in enumerate(self._times(self.chance.randint(8, 24), "09:30", 7)):
                group = {"logGroupName": f"/ecs/{self.chance.choice(SYSTEMS)}", "page": number}
                call = self.chance.choice(_LOG_CALLS)
                if self.directory.knows(name, self.day):
                    caller = records.user(self.directory, name, agent=agent)
                    yield record(self.directory, caller, moment, call, group)

    def _sign_ins(self) -> Iterator[Record]:
        """Sam looks at the dashboards; now and then a stranger guesses at root's password."""
        for moment in self._times(1, "09:00", 0.4):
            if self.directory.knows("sam", self.day):
                yield records.sign_in(
                    self.directory, records.user(self.directory, "sam", agent=records.CONSOLE), moment
                )
        if self.chance.random() < _BREAK_INS:
            stranger = records.root(self.directory, "203.0.113.9")
            for moment in self._times(3, "03:00", 1):
                yield records.sign_in(self.directory, stranger, moment, succeeds=False)
