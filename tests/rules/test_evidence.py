"""What was not seen."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from auditor.activity.results import Silence
from auditor.evidence.snapshots import Snapshots
from auditor.ledger import Head
from auditor.model.findings import Clear, CoverageLine, Finding, NotJudged
from auditor.model.tables import Trail
from auditor.model.trail_files import Alteration, Break, TrailFiles
from auditor.providers.registry import with_every_name
from auditor.rules import evidence
from tests.cases import AT, AWS, PIXEL, audited, case, config, hour, judged, key, row, user

SOURCES = [
    {"name": "logins", "kind": "ssh-logins", "path": "logs"},
    {"name": "hosts", "kind": "ssh-keys", "path": "dumps"},
]
HOST = "web-1.harbour.example"


def silence(scope: str, hours: float) -> Silence:
    return Silence(source="logins", scope=scope, from_=AT - hour(hours + 5), to=AT - hour(5))


def test_a_source_that_could_not_be_read_is_a_finding_with_its_reason() -> None:
    seen = CoverageLine(source="logins", scope="logs", from_=None, to=None, status="failed", reason="no such folder")
    failed = case(config=config(sources=SOURCES), coverage=[seen], failed={"logins": ("activity",)})
    found = judged(evidence.source_failed, failed)
    assert [(f.facts["source"], f.facts["reason"]) for f in found] == [("logins", "no such folder")]


def test_a_silent_host_is_one_finding_with_its_longest_silence() -> None:
    quiet = case(silences=[silence(HOST, 13), silence(HOST, 48)], heard={HOST})
    found = judged(evidence.gap, quiet)
    assert [(f.system, f.facts["hours"], f.facts["silences"]) for f in found] == [("checkout", 48.0, 2)]


EVERYWHERE = {place.scope for system in config().systems for place in system.resources}
BEGINS = Silence(source="logins", scope=HOST, from_=AT - timedelta(days=30), to=AT - timedelta(days=25), at_start=True)


def test_what_was_before_a_log_that_begins_inside_the_period_could_not_be_judged() -> None:
    begun = case(silences=[BEGINS], heard={HOST, *EVERYWHERE}, first_run=AT)
    (told,) = [one for one in evidence.gap(begun) if isinstance(one, NotJudged)]
    assert told.reason == (
        "its log begins on 7 Sep 2026 14:00: what happened in the period's first 5 days is in no evidence"
    )
    with_hole = case(silences=[BEGINS, silence(HOST, 48)], heard={HOST}, first_run=AT)
    assert [(f.facts["hours"], f.facts["silences"]) for f in judged(evidence.gap, with_hole)] == [(48.0, 1)]


@pytest.mark.parametrize(("run", "read_from"), [(AT - timedelta(days=28), None), (AT, AT - timedelta(days=90))])
def test_a_log_that_was_read_before_it_fell_silent_has_a_gap(run: datetime, read_from: datetime | None) -> None:
    seen = CoverageLine(source="logins", scope=HOST, from_=read_from, to=AT, status="ok", reason=None)
    quiet = case(silences=[BEGINS], heard={HOST}, first_run=run, coverage=[seen])
    assert [f.facts["hours"] for f in judged(evidence.gap, quiet)] == [120.0]


def test_a_host_whose_keys_are_known_and_whose_log_is_not_is_a_gap() -> None:
    found = judged(evidence.gap, case(config=config(sources=SOURCES), credentials=[key("nina", "nina")]))
    assert [(f.system, f.resource, f.starts_at) for f in found] == [("checkout", HOST, AT - timedelta(days=30))]


def test_an_account_whose_iam_was_read_and_whose_trail_never_was_is_a_gap() -> None:
    assert [f.account for f in judged(evidence.gap, case(accounts=[user("nina")]))] == [AWS]


def test_where_the_logs_source_failed_the_place_could_not_be_judged() -> None:
    blind = case(config=config(sources=SOURCES), credentials=[key("nina", "nina")], failed={"logins": ("activity",)})
    outcomes = [one for one in evidence.gap(blind) if isinstance(one, NotJudged)]
    assert [str(one.subject) for one in outcomes if "could not be read" in one.reason] == [HOST]


def test_a_place_that_a_system_claims_and_of_which_nothing_was_read_could_not_be_judged() -> None:
    claimed = {str(one.subject) for one in evidence.gap(case()) if isinstance(one, NotJudged)}
    assert claimed >= EVERYWHERE
    assert not [one for one in evidence.gap(case(heard=EVERYWHERE)) if isinstance(one, NotJudged)]


def test_a_place_that_is_heard_without_silence_is_clear() -> None:
    assert judged(evidence.gap, case(credentials=[key("nina", "nina")], heard={HOST})) == []


TRAIL = [{"name": "trail", "kind": "aws-cloudtrail", "path": "logs"}]
CHAIN = f"{AWS} eu-central-1 trail all"


def broken(kind: Break, **changes: Any) -> Alteration:
    """Something wrong in one hour of the trail, five hours ago."""
    fields: dict[str, Any] = {
        "kind": kind,
        "account": AWS,
        "chain": CHAIN,
        "resource": "s3://trail/AWSLogs/a.json.gz",
        "starts_at": AT - hour(5),
        "ends_at": AT - hour(4),
        "signatures": "checked",
        "evidence": (PIXEL,),
    }
    return Alteration(**{**fields, **changes})


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (Break.LOG_FILE, "The log file a.json.gz is not what was delivered"),
        (Break.LOG_FILES_GONE, f"2 log files of {AWS} delivered 2 Oct 2026 09:00 to 2 Oct 2026 10:00 are gone"),
        (Break.DIGEST, "The digest a.json.gz is not what the provider wrote"),
        (Break.LINK, "The digest a.json.gz does not continue the one before it"),
        (Break.HOLE, f"2 digests of {CHAIN} are missing, 2 Oct 2026 09:00 to 2 Oct 2026 10:00"),
    ],
)
def test_every_broken_place_is_one_finding_on_its_account_and_object(kind: Break, said: str) -> None:
    missing = ("one", "two") if kind in (Break.LOG_FILES_GONE, Break.HOLE) else ()
    trails = TrailFiles(accounts=frozenset({AWS}), alterations=(broken(kind, missing=missing),))
    (found,) = judged(evidence.altered, case(trail_files=trails))
    assert found.summary == said
    assert (found.person, found.account, found.resource) == (None, AWS, "s3://trail/AWSLogs/a.json.gz")
    assert (found.starts_at, found.ends_at, found.evidence) == (AT - hour(5), AT - hour(4), (PIXEL,))
    assert found.facts.get("missing", []) == list(missing)
    assert found.facts["signatures"] == "checked"


def test_a_broken_place_keeps_its_identity_wherever_its_files_are_read_from() -> None:
    places = ("s3://trail/AWSLogs/a.json.gz", "logs/AWSLogs/a.json.gz")
    found = [
        judged(evidence.altered, case(trail_files=TrailFiles(alterations=(broken(Break.LINK, resource=place),))))[0].id
        for place in places
    ]
    assert found[0] == found[1]


def test_many_missing_files_are_named_up_to_a_hundred() -> None:
    many = broken(Break.LOG_FILES_GONE, missing=tuple(map(str, range(250))))
    (found,) = judged(evidence.altered, case(trail_files=TrailFiles(alterations=(many,))))
    assert (len(found.facts["missing"]), found.facts["missing"][-1]) == (101, "and 150 more")


def test_a_chain_that_holds_is_clear_and_the_rest_could_not_be_judged() -> None:
    trails = TrailFiles(accounts=frozenset({AWS}), in_order=(CHAIN,), unjudged=((f"{AWS} us-east-1", "no digest"),))
    outcomes = list(evidence.altered(case(trail_files=trails)))
    assert [(type(o), str(o.subject)) for o in outcomes] == [(Clear, CHAIN), (NotJudged, f"{AWS} us-east-1")]  # type: ignore[union-attr]


def test_an_account_whose_trail_writes_no_digests_could_not_be_judged() -> None:
    seen = [
        CoverageLine(source="trail", scope=scope, from_=None, to=None, status="ok")
        for scope in (AWS, "444455556666", "logs/notes")
    ]
    logs = case(config=config(sources=TRAIL), coverage=seen, trail_files=TrailFiles(accounts=frozenset({AWS})))
    assert [(type(o), str(o.subject)) for o in evidence.altered(logs)] == [(NotJudged, "444455556666")]  # type: ignore[union-attr]


MAIN = f"arn:aws:cloudtrail:eu-central-1:{AWS}:trail/main"


def trail(**changes: Any) -> Trail:
    """A trail that leaves nothing out."""
    fields: dict[str, Any] = {
        "trail": MAIN,
        "account": AWS,
        "name": "main",
        "home_region": "eu-central-1",
        "multi_region": True,
        "global_events": True,
        "logging": True,
        "management": ("read", "write"),
        "data": ("AWS::S3::Object",),
    }
    return Trail(**row(**{**fields, **changes}))


def listed(status: str = "ok") -> CoverageLine:
    return CoverageLine(source="trail", scope=f"{AWS} trails", from_=AT, to=AT, status=status)


@pytest.mark.parametrize(
    ("trails", "lacks", "severity"),
    [
        ([trail()], None, None),
        ([trail(data=())], ["reads and writes of data (data events)"], "low"),
        ([trail(management=("write",))], ["calls that only read"], "medium"),
        ([trail(management=("read",))], ["calls that change something"], "high"),
        ([trail(multi_region=False)], ["every region but eu-central-1"], "medium"),
        (
            [trail(multi_region=False, global_events=False)],
            ["every region but eu-central-1", "services without a region, such as IAM"],
            "medium",
        ),
        ([trail(management=("write",)), trail(name="reads", management=("read",))], None, None),
        ([trail(data=()), trail(name="data", multi_region=False, management=())], None, None),
        ([trail(management=("write",)), trail(name="near", multi_region=False)], ["calls that only read"], "medium"),
        ([trail(account="999988887777", organisation=True)], None, None),
        ([trail(logging=False), trail(name="spare")], None, None),
    ],
    ids=[
        "everything",
        "no data events",
        "no reads",
        "no changes",
        "one region",
        "without IAM",
        "two together",
        "data in another",
        "reads of one region only",
        "the organisation's",
        "one is off",
    ],
)
def test_what_all_trails_leave_out_together(trails: list[Trail], lacks: list[str] | None, severity: str | None) -> None:
    found = judged(evidence.not_recorded, case(trails=trails, coverage=[listed()]))
    assert [(f.account, f.facts["lacks"], str(f.severity)) for f in found] == (
        [(AWS, lacks, severity)] if lacks else []
    )


@pytest.mark.parametrize("trails", [[], [trail(logging=False)]], ids=["none", "switched off"])
def test_an_account_without_a_running_trail_forgets(trails: list[Trail]) -> None:
    (found,) = judged(evidence.not_recorded, case(trails=trails, coverage=[listed()]))
    assert (str(found.severity), "forgotten after 90 days" in found.summary) == ("high", True)


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({}, "what its trails record was not read"),
        ({"coverage": [listed("partial")]}, "what its trails record was not read"),
        ({"coverage": [listed("failed")]}, "what its trails record was not read"),
        ({"trails": [trail(asked=False, management=(), data=())]}, "what main records could not be asked"),
        ({"trails": [trail(logging=None)]}, "what main records could not be asked"),
    ],
)
def test_what_trails_could_not_be_asked_could_not_be_judged(parts: dict[str, Any], reason: str) -> None:
    (outcome,) = evidence.not_recorded(case(**parts))
    assert isinstance(outcome, NotJudged)
    assert (str(outcome.subject), outcome.reason) == (AWS, reason)


def test_a_trail_that_could_not_be_asked_hides_nothing_where_another_has_everything() -> None:
    both = [trail(), trail(name="other", logging=None, asked=False, management=(), data=())]
    assert [type(outcome) for outcome in evidence.not_recorded(case(trails=both))] == [Clear]


def test_a_hundred_missing_files_are_all_named() -> None:
    many = broken(Break.LOG_FILES_GONE, missing=tuple(map(str, range(100))))
    (found,) = judged(evidence.altered, case(trail_files=TrailFiles(alterations=(many,))))
    assert found.facts["missing"] == list(map(str, range(100)))


def test_a_single_missing_file_is_gone() -> None:
    (found,) = judged(
        evidence.altered, case(trail_files=TrailFiles(alterations=(broken(Break.LOG_FILES_GONE, missing=("one",)),)))
    )
    assert found.summary.startswith("1 log file of ")
    assert found.summary.endswith(" is gone")


def test_trails_of_other_accounts_record_nothing_here() -> None:
    (found,) = judged(evidence.not_recorded, case(trails=[trail(account="999988887777")], coverage=[listed()]))
    assert "No trail is on" in found.summary


def test_two_trails_that_leave_something_out_are_told_together() -> None:
    both = [trail(management=("write",), data=()), trail(name="near", management=("write",), data=())]
    (found,) = judged(evidence.not_recorded, case(trails=both, coverage=[listed()]))
    assert found.summary.startswith(f"The trails of AWS account {AWS} leave out calls that only read")


def test_a_source_that_was_read_is_clear() -> None:
    outcomes = list(evidence.source_failed(case(config=config(sources=SOURCES), failed={"hosts": ("credentials",)})))
    assert [(type(o), str(o.subject)) for o in outcomes] == [(Clear, "logins"), (Finding, "hosts")]  # type: ignore[union-attr]
    assert outcomes[1].facts["reason"] == "it could not be read"  # type: ignore[union-attr]


def test_what_another_source_says_of_the_account_tells_nothing_of_its_trails() -> None:
    elsewhere = CoverageLine(source="iam", scope=AWS, from_=AT, to=AT, status="ok")
    (outcome,) = evidence.not_recorded(case(coverage=[elsewhere]))
    assert isinstance(outcome, NotJudged)


GOOGLE = {"systems": [{"id": "shop", "name": "Shop", "resources": [{"provider": "gcp", "project": "quay-shop"}]}]}


@pytest.mark.parametrize(
    ("audit", "kind", "told"),
    [
        (None, NotJudged, "the audit settings of organizations/9 were not read"),
        ([], Finding, "leaves out reads of secrets, reads of data and writes of data"),
        (
            [{"service": "allServices", "auditLogConfigs": [{"logType": "DATA_READ"}, {"logType": "DATA_WRITE"}]}],
            Clear,
            "",
        ),
    ],
    ids=["not read above", "nothing asked for", "asked for above"],
)
def test_reads_that_a_google_project_does_not_record_are_told_once(audit: Any, kind: type, told: str) -> None:
    policies = audited() if audit is None else audited(audit=audit)
    (outcome,) = evidence.reads_not_recorded(
        case(config=with_every_name(config(**GOOGLE), Snapshots(policies=policies)), policies=policies)
    )
    assert (type(outcome), outcome.subject.account) == (kind, "quay-shop")
    assert told in getattr(outcome, "summary", getattr(outcome, "reason", ""))


def test_a_store_that_lost_what_earlier_runs_stored_is_one_finding() -> None:
    heads = [Head(run=f"r{n}.judged", at=AT - n * hour(24), number=n, sha256=str(n) * 64) for n in (3, 2)]
    (found,) = judged(evidence.altered, case(lost=heads))
    assert (found.starts_at, found.facts["runs"]) == (AT - 3 * hour(24), ["r3.judged", "r2.judged"])
    assert "lost what 2 earlier judgements rested on" in found.summary
    assert found.id == judged(evidence.altered, case(lost=heads[1:]))[0].id


@pytest.mark.parametrize(
    ("keys_of", "heard", "gaps"),
    [
        (["web-1.harbour.example"], {"web-1"}, []),
        (["web-1"], {"web-1.harbour.example"}, []),
        (["web-1.harbour.example"], {"web-1.other.example"}, ["web-1.harbour.example"]),
        (["web-1.east.example", "web-1.west.example"], {"web-1"}, ["web-1.east.example", "web-1.west.example"]),
    ],
)
def test_a_log_that_calls_its_host_by_the_short_name_is_that_hosts_where_one_alone_has_it(keys_of, heard, gaps):
    keys = [key("nina", "nina", host) for host in keys_of]
    found = judged(evidence.gap, case(config=config(sources=SOURCES), credentials=keys, heard=heard))
    assert [one.account for one in found] == gaps
