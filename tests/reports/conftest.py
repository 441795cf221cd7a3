"""Harbour Shop, the fictional company whose reports these tests make, and a real IAM to clean up."""

import os
import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from auditor.config.models import Config
from auditor.config.roster import Person
from auditor.config.systems import AwsResource, SshResource, System
from auditor.model.agents import AgentWork
from auditor.model.entitlements import Entitlement, Identity
from auditor.model.exposure import Exposure, Lowering, SystemExposure
from auditor.model.findings import Audit, CoverageLine, Evidence, Finding, NotJudged
from auditor.model.signals import AfterChange, Around, Sort
from auditor.model.stories import Link, LinkKind, LinkState, Story
from auditor.model.subjects import Subject, SubjectKind
from auditor.model.through import ThroughKind
from auditor.model.timeline import Acts, Allowed, Given, Lane, Timeline
from auditor.model.vocabulary import ActorClass, Capability, Level, Severity, Status
from tests import stand_ins, subjects
from tests.copies import replace

GOLDEN = Path(__file__).parent / "golden"
AT = datetime(2026, 10, 2, 2, tzinfo=UTC)
AWS = "arn:aws:iam::111122223333:"


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Compares text with a golden file, or renews it when AUDITOR_RENEW_SNAPSHOTS=1."""

    def compare(name: str, text: str) -> None:
        place = GOLDEN / name
        if os.environ.get("AUDITOR_RENEW_SNAPSHOTS") == "1":
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8")
        assert text == place.read_text(encoding="utf-8"), f"{name} differs; `make snapshots` renews it"

    return compare


@pytest.fixture(scope="session")
def moto_server():
    """moto's server on loopback, for as long as the tests run; gives its URL."""
    with stand_ins.moto() as url:
        yield url


@pytest.fixture
def shop():
    """The company as configured, who can touch what in it, and one night's audit of it."""
    return open_shop()


@pytest.fixture(scope="session")
def lasting_shop():
    """The same for what is made of it once for many tests. To be read only."""
    return open_shop()


def open_shop():
    return SimpleNamespace(
        config=config(),
        access=access(),
        audit=audit(findings()),
        stories=stories(),
        agents=agents(),
        timeline=timeline(),
        after_changes=after_changes(),
    )


def after_changes() -> list[AfterChange]:
    """One change of Nina's after which errors rose, and a release of which that is not known."""
    known = Around(name="errors", unit="errors/s", before=0.1, after=4.2, rose=True, unseen=0)
    unknown = Around(name="errors", unit="errors/s", before=0.1, after=None, rose=None, unseen=30)
    common = {"system": "checkout", "starts_at": AT, "ends_at": AT, "ticket": None}
    return [
        AfterChange(**common, sort=Sort.BY_HAND, who="nina", ticketed=False, curves=(known,)),
        AfterChange(**common, sort=Sort.RELEASE, who=None, ticketed=None, curves=(unknown,)),
    ]


@pytest.fixture
def crowd():
    """Makes an audit with any number of findings."""

    def make(count: int) -> Audit:
        chance = random.Random(7)
        kinds = findings()
        return audit(
            tuple(
                subjects.about(
                    replace(chance.choice(kinds), starts_at=AT - timedelta(minutes=number)),
                    thing=str(number),
                    person=chance.choice(["nina", "leon", None, f"person-{number % 90}"]),
                    system=chance.choice([None, "checkout", f"system-{number % 40}"]),
                )
                for number in range(count)
            )
        )

    return make


def config() -> Config:
    people = (
        ("nina", "Nina Alvarez", "engineer", None),
        ("piet", "Piet Old", "contractor", date(2024, 8, 31)),
        ("mia", "Mia Okafor", "lead", None),
        ("leon", "Leon Weiss", "engineer", None),
        ("sam", "Sam Lindqvist", "support", None),
    )
    shop = AwsResource(provider="aws", account="111122223333", match=("*checkout*",))
    return Config(
        organisation="Harbour Shop",
        timezone="Europe/Berlin",
        people=tuple(
            Person(id=id_, name=name, email=f"{id_}@harbour.example", job=job, left=left)
            for id_, name, job, left in people
        ),
        systems=(
            System(id="checkout", name="Checkout service", primary="mia", backup="leon", resources=(shop,)),
            System(id="hosts", name="Web hosts", resources=(SshResource(provider="ssh", host="web-*"),)),
        ),
    )


def path(
    account, system, capabilities, level, *steps, actor=ActorClass.PERSON, person=None, owner=None, **fields
) -> Entitlement:
    identity = Identity(account=account, actor_class=actor, person=person, owner=owner, how="roster")
    place = {"provider": "aws", "scope": "111122223333", **fields}
    return Entitlement(
        identity=identity,
        account=account,
        system=system,
        capabilities=frozenset(capabilities),
        level=level,
        path=steps,
        **place,
    )


def access() -> tuple[Entitlement, ...]:
    can = Capability
    mia, leon, piet, sam = (f"{AWS}user/{name}" for name in ("mia", "leon", "piet", "sam"))
    some = (can.READ_LOGS, can.DEPLOY, can.CHANGE_CONFIG)
    hot = (can.DEPLOY, can.CHANGE_CONFIG, can.WRITE_DATABASE)
    soon, past = AT + timedelta(hours=3), AT - timedelta(hours=3)
    host = {"provider": "ssh", "scope": "web-1"}
    emergency = {"actor": ActorClass.BREAK_GLASS, "owner": "emergency-admin", "unrestricted": True}
    return (
        path(mia, "checkout", some, Level.WRITE, "user mia", "group writers", "policy checkout-write", person="mia"),
        path(
            leon, "checkout", (can.DEPLOY,), Level.WRITE, "user leon", "role deployer", person="leon", expires_at=soon
        ),
        path(piet, None, can, Level.ADMIN, "user piet", "AdministratorAccess", person="piet", unrestricted=True),
        path(
            "ssh:nina@web-1",
            "hosts",
            (can.SHELL,),
            Level.WRITE,
            "key SHA256:mVwzQ1xYbbbbbbbb on web-1",
            person="nina",
            **host,
        ),
        path(sam, "checkout", (can.READ_LOGS,), Level.READ, "user sam", "group support", person="sam"),
        path(sam, "hosts", (can.SHELL,), Level.WRITE, "key SHA256:old", person="sam", expires_at=past, **host),
        path(f"{AWS}user/oncall", "checkout", hot, Level.WRITE, "user oncall", actor=ActorClass.UNKNOWN),
        path(
            f"{AWS}role/ci",
            "checkout",
            (can.DEPLOY,),
            Level.WRITE,
            "role ci",
            actor=ActorClass.PIPELINE,
            owner="ci-deploy",
        ),
        path(f"{AWS}user/break-glass", None, can, Level.ADMIN, "user break-glass", **emergency),
    )


def agents() -> tuple[AgentWork, ...]:
    """An agent that went on where nobody asked it to, and a vendor at work under a ticket."""
    work = AgentWork(
        person="leon",
        agent="AWS MCP server",
        kind=ThroughKind.AGENT,
        system="checkout",
        scope="111122223333",
        starts_at=AT - timedelta(hours=9),
        ends_at=AT - timedelta(hours=8),
        sittings=2,
        changes=3,
        reads=12,
        refused=1,
        actions=("ssm:PutParameter", "ssm:GetParameter"),
        resources=("arn:aws:ssm:eu-central-1:111122223333:parameter/checkout/<workers>",),
        tickets=(),
        uncovered=3,
    )
    under = replace(
        work, agent="AWS account 999988887777", kind=ThroughKind.VENDOR, tickets=("PAY-184",), uncovered=0, sittings=1
    )
    return work, replace(under, refused=0, person="nina")


def timeline() -> Timeline:
    """Leon worked under PAY-184 and went on; somebody of a hostile name looked on."""
    ends = AT - timedelta(days=1, minutes=14)
    window = Allowed(ticket="PAY-184", starts_at=ends - timedelta(hours=1), ends_at=ends)
    work = Acts(starts_at=ends - timedelta(minutes=30), ends_at=ends + timedelta(minutes=16), changes=3, others=9)
    look = Acts(starts_at=AT - timedelta(days=3), ends_at=AT - timedelta(days=3), changes=0, others=2)
    given = Given(what="policy checkout-operate <b>", time=ends - timedelta(hours=1), until=ends)
    return Timeline(
        period_from=AT - timedelta(days=30),
        period_to=AT,
        lanes=(
            Lane(who="leon", system="checkout", allowed=(window,), given=(given,), acts=(work,)),
            Lane(who="</script><script>alert(1)</script>", system=None, acts=(look,)),
        ),
        left=3,
    )


def stories() -> tuple[Story, ...]:
    """PAY-184, as it should be, and changes that nobody asked for."""
    began, ends = AT - timedelta(days=1), AT - timedelta(hours=23)
    there, gone = LinkState.PRESENT, LinkState.MISSING
    cited = Evidence(source="trail", origin="AWSLogs/x.json.gz", record=17, sha256="ab" * 32, event_id="6f1c1e4e")
    whole = (
        Link(kind=LinkKind.REQUEST, state=there, at=began, who="leon", said="Payments time out <b>"),
        Link(kind=LinkKind.APPROVAL, state=there, at=began, who="tom@harbour.example", said="Approved PAY-184"),
        Link(kind=LinkKind.GRANT, state=there, at=began, until=ends, who=f"{AWS}role/broker", said="jit", count=1),
        Link(kind=LinkKind.SESSION, state=there, at=began, until=ends, who="leon", said="192.0.2.7", count=1),
        Link(kind=LinkKind.CHANGES, state=there, at=began, who="leon", said="ecs:UpdateService", count=3),
        Link(kind=LinkKind.CLOSEOUT, state=there, at=ends, said="Raised the timeout", evidence=(cited,)),
    )
    unasked = (
        Link(kind=LinkKind.REQUEST, state=gone, said="there is no request"),
        Link(kind=LinkKind.APPROVAL, state=gone, said="there is no approval"),
        Link(kind=LinkKind.GRANT, state=LinkState.NOT_NEEDED, said="has standing access"),
        Link(kind=LinkKind.SESSION, state=LinkState.UNKNOWN, said="nobody was seen at work"),
        Link(kind=LinkKind.CHANGES, state=there, at=began, who="nina", said="sudo", count=1),
        Link(kind=LinkKind.CLOSEOUT, state=gone, said="nobody wrote what was done"),
    )
    span = {"starts_at": began, "ends_at": ends, "level": Level.WRITE}
    return (
        Story(ticket="PAY-184", title="Payments", person="leon", systems=("checkout",), links=whole, **span),
        Story(ticket=None, person="nina", systems=("hosts", "elsewhere"), links=unasked, **span),
    )


def found(rule, severity, summary, next_step, **fields) -> Finding:
    values = {
        "thing": summary,
        "why": "Standing access is used by whoever finds it first.",
        "controls": {"soc2": ("CC6.2", "CC6.3"), "iso27001": ("A.5.18",)},
        "first_seen": AT - timedelta(days=3),
        **fields,
    }
    return subjects.finding(rule=rule, severity=severity, summary=summary, next_step=next_step, **values)


def _in_project(system: str) -> Subject:
    return Subject(kind=SubjectKind.SYSTEM, system=system, label=f"{system} in harbour-prod")


def findings() -> tuple[Finding, ...]:
    cited = Evidence(source="trail", origin="AWSLogs/x.json.gz", record=17, sha256="ab" * 32, event_id="6f1c1e4e")
    began = AT - timedelta(days=1)
    return (
        found(
            "standing/departed",
            Severity.CRITICAL,
            "Piet Old left on 2024-08-31 and still has user/piet",
            "Disable the accounts of Piet Old.",
            person="piet",
            account=f"{AWS}user/piet",
            facts={"left": "2024-08-31", "remains": ("user/piet", "a key")},
            handles=({"provider": "aws"},),
            evidence=(cited,),
        ),
        found(
            "standing/write-access",
            Severity.HIGH,
            "Nina Alvarez can change Web hosts at any time",
            "Give it a ticket and an end, or take it away.",
            person="nina",
            account="ssh:nina@web-1",
            system="hosts",
        ),
        found(
            "changes/outside-window",
            Severity.HIGH,
            "Leon Weiss changed Checkout service 14 minutes after PAY-184's window ended",
            "Ask what was done then and add it to PAY-184.",
            person="leon",
            account=f"{AWS}user/leon",
            system="checkout",
            ticket="PAY-184",
            resource="arn:aws:ecs:eu-central-1:111122223333:service/prod/checkout",
            starts_at=began,
            ends_at=began + timedelta(minutes=8),
            facts={"minutes_after": 14, "changes": 3},
            evidence=(cited,),
        ),
        found("evidence/gap", Severity.MEDIUM, "The log of web-2 is silent for 19 hours", "Find out why.", controls={}),
        found(
            "standing/write-access",
            Severity.HIGH,
            "Mia Okafor can change Checkout service at any time",
            "Give it a ticket and an end, or take it away.",
            person="mia",
            system="checkout",
            status=Status.EXCEPTED,
            exception={"reason": "owner on call", "approved_by": "tom", "until": "2026-12-31"},
        ),
        found(
            "standing/unknown-person",
            Severity.LOW,
            "Nobody owns </script><script>alert(1)</script><!-- " + "x" * 300,
            "Find out whose it is.",
            account=f"{AWS}user/{'y' * 200}\u202e$(touch pwned)",
            facts={"a<b": "<img src=x onerror=alert(1)>", "odd": "\u2028 \ud800 \x1b[2J {{ 7*7 }}"},
        ),
    )


def audit(some: tuple[Finding, ...]) -> Audit:
    month = AT - timedelta(days=30)
    return Audit(
        run="20261002T020000Z-7f3a",
        organisation="Harbour Shop",
        audited_at=AT,
        period_from=month,
        period_to=AT,
        complete=False,
        findings=some,
        not_judged=(
            NotJudged(rule="standing/write-access", subject=_in_project("checkout"), reason="the source gcp failed"),
            NotJudged(rule="standing/write-access", subject=_in_project("hosts"), reason="the source gcp failed"),
        ),
        clear={"standing/departed": 5, "changes/no-window": 31},
        coverage=(
            CoverageLine(source="trail", scope="111122223333", from_=month, to=AT, status="ok", rows=181204),
            CoverageLine(
                source="gcp",
                scope="projects/harbour-prod",
                from_=None,
                to=None,
                status="failed",
                reason="no permission",
            ),
        ),
        exposure=exposure(),
    )


def exposure() -> Exposure:
    """Two people could change checkout all the week, and of one on the hosts it is not known; a day was used."""
    week = timedelta(days=7) // timedelta(minutes=1)
    return Exposure(
        period_from=AT - timedelta(days=7),
        period_to=AT,
        systems=(
            SystemExposure(system="checkout", standing=2 * week - 90, temporary=90, used=24 * 60 - 9, unknown=0),
            SystemExposure(system="hosts", standing=0, temporary=0, used=0, unknown=week),
        ),
        removals=(
            Lowering(
                person="nina",
                systems=("checkout",),
                minutes=week,
                used=11,
                rests_on=("user nina → inline policy deploy",),
            ),
        ),
        unknown=("the source gcp could not be read, and what rests on it may have changed",),
    )
