"""Who did: the records of the story's scenes, beside the ordinary month."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from auditor.demo import records
from auditor.demo.calendar import Calendar, clock
from auditor.demo.data import read
from auditor.demo.iam import Directory, company, document
from auditor.demo.records import Caller, Record, record

_SECRETS = 24


class Step(Struct, frozen=True, kw_only=True):
    """Something that somebody did, as `timeline.yaml` tells it.

    Args:
        what: the policy, for access that comes or goes; else the system.
        since: when their session of the system's operator began, if they work in one.
        until: when access for a time ends.
        called: who the session of the operator calls itself; `who` where nothing is said.
        through: the service that makes the calls for them, if one does.
    """

    day: int
    at: tuple[str, ...]
    who: str
    does: Literal["gets", "loses", "edits", "restarts", "reads"]
    what: str
    setting: str = "workers"
    since: str = ""
    until: str = ""
    where: str = "office"
    agent: str = records.CLI
    called: str = ""
    through: str = ""


STEPS = read("timeline.yaml", tuple[Step, ...])


def given(calendar: Calendar) -> dict[str, list[str]]:
    """The policies that people hold by themselves at this night's audit: given by then, and not taken away."""
    held: dict[str, list[str]] = {}
    for step in sorted(STEPS, key=lambda step: (-step.day, step.at)):
        policies = held.setdefault(step.who, [])
        if step.does == "gets" and calendar.logged(clock(calendar.workday(step.day), step.at[0])):
            policies.append(step.what)
        elif step.does == "loses" and step.what in policies:
            policies.remove(step.what)
    return held


def scenes(directory: Directory, calendar: Calendar) -> Iterator[Record]:
    """Every record of the story until this night's audit."""
    told = _Scenes(directory, calendar)
    steps = (found for step in STEPS for found in told.step(step))
    for found in (*steps, *told.root_at_night(), *told.narrowed_trail(), told.without_pipeline()):
        if calendar.logged(datetime.fromisoformat(found["eventTime"])):
            yield found


class _Scenes(Struct, frozen=True):
    directory: Directory
    calendar: Calendar

    def step(self, step: Step) -> Iterator[Record]:
        day, address = self.calendar.workday(step.day), records.ADDRESSES[step.where]
        caller = records.user(self.directory, step.who, address, step.agent)
        if step.since:
            began, role, name = (
                clock(day, step.since),
                f"{step.what}-operator",
                f"{step.called or step.who}@harbour.example",
            )
            yield records.assume(self.directory, caller, began, role, name)
            caller = records.session(self.directory, role, name, began, address, step.agent)
        if step.through:
            caller = replace(caller, identity={**caller.identity, "invokedBy": step.through})
        for text in step.at:
            moment = clock(day, text)
            match step.does:
                case "gets":
                    yield self._given(step, moment, records.stamp(clock(day, step.until)) if step.until else "")
                case "loses":
                    request = {"userName": step.who, "policyName": step.what}
                    yield record(self.directory, self._broker(moment), moment, "iam:DeleteUserPolicy", request)
                case "edits":
                    yield from self._edit(step, caller, moment)
                case "reads":
                    yield from self._read_secrets(step.what, caller, moment)
                case "restarts":
                    yield self._restart(step.what, caller, moment)

    def root_at_night(self) -> Iterator[Record]:
        """Somebody signs in as root to look at an invoice."""
        moment = clock(self.calendar.workday(4), "21:37")
        root = records.root(self.directory, "203.0.113.77")
        yield records.sign_in(self.directory, root, moment, mfa=False)
        for number, name in enumerate(("ListInvoiceSummaries", "GetInvoicePDF"), start=1):
            later = moment + number * timedelta(minutes=2)
            yield record(self.directory, root, later, f"invoicing:{name}", region=records.GLOBAL)

    def narrowed_trail(self) -> Iterator[Record]:
        """A change of the infrastructure stops recording what is read, and is put back half an hour later."""
        day = self.calendar.workday(8)
        for text, kept in (("10:31", "WriteOnly"), ("11:02", "All")):
            moment = clock(day, text)
            name = f"gitlab-{71000 + moment.minute}"
            caller = records.session(self.directory, "terraform", name, moment, records.RUNNER, records.TERRAFORM)
            selectors = [{"readWriteType": kept, "includeManagementEvents": True}]
            request = {"trailName": "harbour-shop", "eventSelectors": selectors}
            yield record(self.directory, caller, moment, "cloudtrail:PutEventSelectors", request)

    def without_pipeline(self) -> Record:
        """The pipeline's role restarts checkout at a quarter to midnight, and no pipeline runs."""
        moment = clock(self.calendar.workday(10), "23:44")
        robot = records.session(self.directory, "ci-deploy", "gitlab-shell", moment, "203.0.113.140")
        return self._restart("checkout", robot, moment)

    def _given(self, step: Step, moment: datetime, until: str) -> Record:
        text = document(*company(self.directory.account, until).inline[step.what])
        request = {"userName": step.who, "policyName": step.what, "policyDocument": text}
        return record(self.directory, self._broker(moment), moment, "iam:PutUserPolicy", request)

    def _broker(self, moment: datetime) -> Caller:
        return records.session(self.directory, "access-broker", "access-broker", moment, "10.0.5.8", records.BOTO)

    def _edit(self, step: Step, caller: Caller, moment: datetime) -> Iterator[Record]:
        """Look at a setting, then change it."""
        request = {"name": f"/{step.what}/{step.setting}"}
        new = {**request, "type": "String", "overwrite": True}
        yield record(self.directory, caller, moment - timedelta(seconds=40), "ssm:GetParameter", request)
        yield record(self.directory, caller, moment, "ssm:PutParameter", new)

    def _read_secrets(self, system: str, caller: Caller, moment: datetime) -> Iterator[Record]:
        """Everything that is in the vault, one secret after another."""
        for number in range(_SECRETS):
            later, wanted = moment + number * timedelta(seconds=4), {"secretId": f"{system}/partner-{number:02}"}
            yield record(self.directory, caller, later, "secretsmanager:GetSecretValue", wanted)

    def _restart(self, system: str, caller: Caller, moment: datetime) -> Record:
        request = {"cluster": f"{system}-prod", "service": f"{system}-web", "forceNewDeployment": True}
        return record(self.directory, caller, moment, "ecs:UpdateService", request)
