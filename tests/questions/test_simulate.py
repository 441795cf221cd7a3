"""The same evidence by another policy: what would be new and gone, and that nothing of it is recorded."""

import dataclasses
import hashlib
import json
import shutil
from datetime import UTC, date, datetime, timedelta

import pytest

from auditor.case.build import build_case, build_cases, share_evidence
from auditor.errors import StoreError, UsageError
from auditor.evidence.store import Store
from auditor.ledger import Decision
from auditor.options import RunOptions
from auditor.questions.simulate import simulate
from auditor.reconcile import reconcile
from reports.simulation import render, simulation_json
from tests.activity.acts import act
from tests.cases import AWS, config, ticket, user
from tests.copies import replace
from tests.nightly import made_once
from tests.stored import store_run

AT = datetime(2026, 9, 20, 12, tzinfo=UTC)
PERIOD = timedelta(days=7)
MINUTE = timedelta(minutes=1)
NINA = f"arn:aws:iam::{AWS}:user/nina"
TEN = AT - timedelta(hours=2)
SETTINGS = config(
    sources=[
        {"name": "trail", "kind": "aws-cloudtrail", "path": "logs"},
        {"name": "tickets", "kind": "tickets-file", "path": "tickets.json"},
        {"name": "iam", "kind": "aws-iam", "account": AWS, "file": "iam.json"},
    ],
)


def changed(minute, **fields):
    place = f"arn:aws:ecs:eu-west-1:{AWS}:service/checkout/web"
    known = {"scope": AWS, "account": NINA, "actor": NINA, "credential": "AKIA1", "resource": place}
    made = {"action": "ecs:UpdateService", "category": "change", "level": "write", **known, **fields}
    return act(**{"time": TEN + minute * MINUTE, "event_id": f"e-{minute}", "source": "trail", **made})


ROWS = (
    # The window of a ticket without an end is as long as policy says: an hour, of which she took 50 minutes.
    ticket(source="tickets", starts_at=TEN, ends_at=None, closed_at=None, closeout=None, removal_confirmed=None),
    ticket("PAY-185", source="tickets", starts_at=TEN - timedelta(days=1), approver="leon"),
    changed(5),
    changed(50),
    changed(10 - 24 * 60),
    user("nina"),
)


def _options(folder):
    return RunOptions(
        config=SETTINGS,
        at=AT + timedelta(hours=9),
        period=PERIOD,
        evidence=str(folder / "evidence"),
        output=folder / "output",
        workers=1,
    )


def _night(folder):
    store = Store(str(folder / "evidence"))
    store_run(store, "night", AT, *ROWS)
    (folder / "output" / "night").mkdir(parents=True)
    (folder / "output" / "night" / "findings.json").write_text("{}")
    (folder / "output" / "latest").symlink_to("night")
    case = build_case(store, SETTINGS, AT, PERIOD)
    found = reconcile(case).findings
    with _options(folder).ledger as ledger:
        ledger.record("night", AT, found)
        first = Decision(finding=found[0].id, decision="keep", reason="x", decided_by="tom", decided_at=AT, run="night")
        ledger.decide([first])


@pytest.fixture
def options(tmp_path_factory, tmp_path):
    """A night of evidence, a ledger with a decision in it, and the folder of the latest run."""
    shutil.copytree(made_once(tmp_path_factory, "simulated", _night), tmp_path, symlinks=True, dirs_exist_ok=True)
    return _options(tmp_path)


@pytest.fixture
def drafted(options, tmp_path):
    """Simulates a draft."""

    def run(text, **more):
        (tmp_path / "draft.yaml").write_text(text)
        return simulate(options, tmp_path / "draft.yaml", **more)

    return run


def told(findings):
    return {(one.rule, one.ticket or one.person) for one in findings}


def test_shorter_windows_leave_work_outside_and_say_how_much_needed_an_extension(drafted):
    made = drafted("policy: {windows: {routine: 30m}}")
    assert told(made.new) == {("changes/outside-window", "PAY-184"), ("tasks/too-long", "PAY-185")}
    assert (made.gone, made.otherwise) == ((), ())
    assert made.sentence == (
        "With 30-minute windows for routine work 1 of 2 pieces of work would have needed an extension; "
        "with those of now (60 minutes) 0 did."
    )
    assert made.headline == (
        "By draft.yaml 2 findings would be new and 0 would be gone, concerning 1 person and 2 tickets."
    )
    assert (made.at, made.people, made.changed) == (AT, ("Nina",), (("policy.windows.routine", "1h", "30m"),))


def test_what_a_draft_allows_is_gone_and_the_same_policy_says_nothing_else(drafted):
    assert ("tasks/unapproved", "PAY-185") in told(drafted("policy: {approvers: [tom, leon]}").gone)
    same = drafted("policy: {}")
    assert (same.new, same.gone, same.rules, same.sentence) == ((), (), (), "")
    assert same.headline == "draft.yaml says nothing else than the policy in force."


def test_drafts_are_judged_together_as_each_would_be_alone(options):
    drafts = (
        {"windows": {"routine": "30m"}},
        {"approvers": ["leon"]},
        {"ticket_pattern": "OPS-[0-9]+"},
        {"overlap_tolerance": "20m", "release_hours": {"days": ["mon"]}, "max_writers": 0},
    )
    sources = SETTINGS.model_dump(mode="json")["sources"]
    configs = [config(sources=sources, policy={"approvers": ["tom"], **draft}) for draft in drafts]
    assert all(share_evidence(SETTINGS, one) for one in configs)
    for one, case in zip(configs, build_cases(options.store, [SETTINGS, *configs], AT, PERIOD)[1:], strict=True):
        alone = build_case(options.store, one, AT, PERIOD)
        for field in dataclasses.fields(case):
            if field.name not in ("duties", "policy_changes"):
                assert getattr(case, field.name) == getattr(alone, field.name), field.name
        assert reconcile(case).findings == reconcile(alone).findings
    assert not share_evidence(SETTINGS, config(sources=sources, policy={"approvers": ["tom"], "session_gap": "10m"}))


def test_a_draft_that_understands_evidence_otherwise_is_judged_too(drafted):
    assert {one[0] for one in drafted("policy: {session_gap: 10m}").changed} == {"policy.session_gap"}


def test_nothing_of_it_is_recorded(options, drafted):
    def state():
        files = (path for path in options.output.parent.rglob("*") if path.is_file() and path.suffix != ".yaml")
        return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}

    before = state()
    drafted("policy: {windows: {routine: 30m}, max_writers: 1}")
    assert state() == before
    assert len(before) > 5


def test_a_month_is_judged_up_to_its_last_run(drafted):
    made = drafted("policy: {max_writers: 1}", month=date(2026, 9, 1))
    assert (made.period_from, made.at) == (datetime(2026, 8, 31, 22, tzinfo=UTC), AT)
    with pytest.raises(UsageError, match="No run of August 2026"):
        drafted("policy: {max_writers: 1}", month=date(2026, 8, 1))


def test_without_evidence_there_is_nothing_to_judge(options, tmp_path):
    (tmp_path / "draft.yaml").write_text("policy: {}")
    with pytest.raises(StoreError, match="holds no evidence"):
        simulate(replace(options, evidence=str(tmp_path / "nothing")), tmp_path / "draft.yaml")


def test_page_and_json_say_the_same(drafted):
    made = drafted("policy: {windows: {routine: 30m}}")
    page, document = render(made), json.loads(json.dumps(simulation_json(made)))
    assert document["work"] == {
        "windows": [{"kind": "routine", "now": 3600.0, "drafted": 1800.0}],
        "pieces": 2,
        "longer_now": 0,
        "longer_drafted": 1,
    }
    assert [one["summary"] for one in document["new"]] == [one.summary for one in made.new]
    for text in (document["headline"], document["sentence"], document["new"][0]["summary"], "policy.windows.routine"):
        assert text.replace("'", "&#39;") in page
