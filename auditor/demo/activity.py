"""Who did: the records of the story's scenes, beside the ordinary month."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from auditor.demo import records
from auditor.demo.calendar import Calendar, clock
from auditor.demo.iam import Directory, company, document
from auditor.demo.records import Caller, Record, record

# Somebody's shell had it in an environment variable once: nothing of it may ever run.
HOSTILE_AGENT = "aws-cli/2.31.4 $(touch /tmp/harbour-shop) `id`"


def scenes(directory: Directory, calendar: Calendar) -> Iterator[Record]:
    """Every record of the story."""
    told = _Scenes(directory, calendar)
    yield from told.twenty_minutes()
    yield from told.incident_three_weeks_ago()
    yield from told.edit_without_a_ticket()
    yield from told.after_closeout()
    yield from told.ordinary_tickets()
    yield from told.night_incident()
    yield from told.root_at_night()
    yield from told.narrowed_trail()
    yield told.without_pipeline()


@dataclass(frozen=True, slots=True)
class _Scenes:
    directory: Directory
    calendar: Calendar

    def twenty_minutes(self) -> Iterator[Record]:
        """PAY-184: asked, approved, opened at 09:15, over at 09:24, taken away at once."""
        day = self.calendar.workday(1)
        until = clock(day, "09:35").strftime("%Y-%m-%dT%H:%M:%SZ")
        yield self._given(clock(day, "09:15"), "nina", "PAY-184", until)
        nina = records.user(self.directory, "nina")
        yield from self._edits("checkout", nina, day, ("09:17", "09:19"), "payment-timeout")
        yield self._restart("checkout", nina, clock(day, "09:20"))
        yield self._taken(clock(day, "09:24"), "nina", "PAY-184")

    def incident_three_weeks_ago(self) -> Iterator[Record]:
        """INC-31: Leon gets the jobs to run again. Nobody takes the access away."""
        day = self.calendar.workday(15)
        yield self._given(clock(day, "13:08"), "leon", "INC-31-jobs-write")
        leon = records.user(self.directory, "leon")
        yield from self._edits("jobs", leon, day, ("13:14", "13:31"), "batch-size")
        yield self._restart("jobs", leon, clock(day, "13:40"))

    def edit_without_a_ticket(self) -> Iterator[Record]:
        """Three weeks later the access is still there, and the release is in a hurry."""
        leon = records.user(self.directory, "leon", records.VPN, HOSTILE_AGENT)
        yield from self._edits("jobs", leon, self.calendar.workday(3), ("17:42", "17:47"), "batch-size")

    def after_closeout(self) -> Iterator[Record]:
        """PAY-179 is closed at 16:20, and the work on it goes on."""
        day = self.calendar.workday(5)
        yield from self._operates("mia", "checkout", day, "15:35", ("15:41", "16:08", "16:34"))

    def ordinary_tickets(self) -> Iterator[Record]:
        """Work under a ticket, as it should be; what is wrong with some of these tickets stands in the tickets."""
        workday = self.calendar.workday
        yield from self._operates("mia", "checkout", workday(18), "10:05", ("10:12", "10:20"))
        yield from self._operates("leon", "checkout", workday(12), "14:02", ("14:10", "14:31"))
        yield from self._operates("tom", "jobs", workday(16), "11:03", ("11:09",))
        yield from self._operates("mia", "jobs", workday(2), "15:03", ("15:11", "15:16"))
        yield from self._operates("leon", "checkout", workday(9), "10:00", ("10:04", "10:18"))
        yield from self._operates("tom", "jobs", workday(11), "14:06", ("14:12", "14:25"))
        yield self._restart("jobs", records.user(self.directory, "nina"), clock(workday(7), "11:20"))

    def night_incident(self) -> Iterator[Record]:
        """INC-40, at two in the morning."""
        yield from self._operates("mia", "checkout", self.calendar.workday(6), "02:18", ("02:26", "02:39"), records.VPN)

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
            caller = records.session(
                self.directory,
                "terraform",
                f"gitlab-{71000 + moment.minute}",
                moment,
                records.RUNNER,
                records.TERRAFORM,
            )
            selectors = [{"readWriteType": kept, "includeManagementEvents": True}]
            request = {"trailName": "harbour-shop", "eventSelectors": selectors}
            yield record(self.directory, caller, moment, "cloudtrail:PutEventSelectors", request)

    def without_pipeline(self) -> Record:
        """The pipeline's role restarts checkout at a quarter to midnight, and no pipeline runs."""
        moment = clock(self.calendar.workday(10), "23:44")
        robot = records.session(self.directory, "ci-deploy", "gitlab-shell", moment, "203.0.113.140")
        return self._restart("checkout", robot, moment)

    def _given(self, moment: datetime, name: str, policy: str, until: str = "") -> Record:
        statements = company(self.directory.account, until).inline[policy]
        request = {"userName": name, "policyName": policy, "policyDocument": document(*statements)}
        return record(self.directory, self._broker(moment), moment, "iam:PutUserPolicy", request)

    def _taken(self, moment: datetime, name: str, policy: str) -> Record:
        request = {"userName": name, "policyName": policy}
        return record(self.directory, self._broker(moment), moment, "iam:DeleteUserPolicy", request)

    def _broker(self, moment: datetime) -> Caller:
        return records.session(self.directory, "access-broker", "access-broker", moment, "10.0.5.8", records.BOTO)

    def _operates(
        self, name: str, system: str, day: date, begin: str, edits: tuple[str, ...], address: str = records.OFFICE
    ) -> Iterator[Record]:
        """A session of the system's operator, named after the person, and what was set in it."""
        began = clock(day, begin)
        who = f"{name}@harbour.example"
        yield records.assume(
            self.directory, records.user(self.directory, name, address), began, f"{system}-operator", who
        )
        caller = records.session(self.directory, f"{system}-operator", who, began, address)
        yield from self._edits(system, caller, day, edits, "workers")

    def _edits(self, system: str, caller: Caller, day: date, times: tuple[str, ...], setting: str) -> Iterator[Record]:
        """Look at a setting, then change it."""
        for text in times:
            moment = clock(day, text)
            request = {"name": f"/{system}/{setting}"}
            yield record(self.directory, caller, moment - timedelta(seconds=40), "ssm:GetParameter", request)
            yield record(
                self.directory, caller, moment, "ssm:PutParameter", {**request, "type": "String", "overwrite": True}
            )

    def _restart(self, system: str, caller: Caller, moment: datetime) -> Record:
        request = {"cluster": f"{system}-prod", "service": f"{system}-web", "forceNewDeployment": True}
        return record(self.directory, caller, moment, "ecs:UpdateService", request)
