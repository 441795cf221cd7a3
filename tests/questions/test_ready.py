"""Whether a release may begin: each condition ready, not ready or not known, from a company's real evidence."""

import json
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
import yaml

from auditor.errors import StoreError, UsageError
from auditor.ledger import Decision
from auditor.questions.ready import ready
from reports.ready import Answer, headline, ready_json, ticket_line
from tests import thursday
from tests.copies import replace
from tests.nightly import AWS, CONFIG, DRILL, FIRST, SOURCES, WINDOW, call, harbour_shop, made_once, ticket
from tests.nightly import Company as Shop

BERLIN = ZoneInfo("Europe/Berlin")
NOTE = (
    "What changes: the queue's workers\nService: checkout\nUser impact: none\nRollback of code: tag v41\n"
    "Rollback of config: workers=4\nLogs to watch: checkout-worker\nStop point: 30 errors a minute"
)
TEN = FIRST + timedelta(hours=5)  # Friday, ten past ten in Berlin
Y, N, U = Answer.READY, Answer.NOT_READY, Answer.NOT_KNOWN


def release(name="PAY-190", **more):
    times = {"opened_at": "2026-10-01T10:00:00+00:00", "starts_at": "", "ends_at": "", "closed_at": "", "closeout": ""}
    made = ticket(name, "mia", "2026-10-02T08:00:00+00:00", "2026-10-02T09:00:00+00:00")
    blank = {"person": "", "level": "", "removal_confirmed": ""}
    return {**made, "kind": "change", "note": NOTE, **blank, **times, **more}


def owned(**changes):
    """The system, with both owners on duty and a way back for each."""
    way = {"owner": "mia", "steps": "https://wiki.harbour.example/rollback"}
    backed = {"on_duty": ["mia", "leon"], "rollback": {"code": way, "config": way}}
    return [{**CONFIG["systems"][0], **backed, **changes}]


def make(folder):
    company = harbour_shop(folder)
    company.configure(systems=owned())
    place = "dumps/authorization-details.json"
    dump = json.loads((company.folder / place).read_text())
    logs = f"arn:aws:logs:eu-central-1:{AWS}:log-group:checkout:*"
    for user in dump["UserDetailList"]:
        for statement in user["UserPolicyList"][0]["PolicyDocument"]["Statement"]:
            statement["Action"].append("logs:GetLogEvents")
            statement["Resource"].append(logs)
    company.write(place, json.dumps(dump))
    company.tickets(WINDOW, DRILL, release())
    company.night()


@pytest.fixture(scope="session")
def prepared(tmp_path_factory):
    return Shop(made_once(tmp_path_factory, "ready", make))


@pytest.fixture
def own(prepared, tmp_path):
    return prepared.copy(tmp_path / "shop")


def asked(company, at=TEN, **more):
    return ready(thursday.options(company, at), "checkout", **more)


def said(told):
    return {one.name: one.answer for one in told.conditions}


def why(told, name):
    return next(one.why for one in told.conditions if one.name == name)


def again(company, *tickets, **config):
    """The night after, in a company that changed."""
    company.configure(**{"systems": owned(), **config})
    if tickets:
        company.tickets(*tickets)
    read_again(company, FIRST + timedelta(hours=4))


def read_again(company, at):
    company.auditor("collect", "--at", at.isoformat())


def test_each_condition_that_is_met_says_by_what(prepared):
    told = asked(prepared)
    answers = said(told)
    assert answers.pop("findings") in (Y, N)
    assert answers == dict.fromkeys(answers, Y)
    assert "Mia Berg" in why(told, "deploy")
    assert why(told, "on duty") == "Mia Berg and Leon Roth"
    assert why(told, "logs").startswith("read by Mia Berg in AWS 111122223333")
    assert why(told, "release note") == "PAY-190 has every line, and a stop point"
    assert told.ticket == "PAY-190"


def test_findings_of_high_severity_speak_against_it_until_somebody_decided(own):
    told = asked(own)
    assert said(told)["findings"] is N
    assert "high or critical" in why(told, "findings")
    decide(own, lambda finding: finding["system"] == "checkout")
    assert said(asked(own))["findings"] is N
    assert why(asked(own), "findings").startswith("1 high or critical finding is undecided: Piet Old left on ")
    decide(own, lambda finding: "checkout" in finding["facts"].get("systems", ()))
    decided = asked(own)
    assert (said(decided)["findings"], decided.answer) == (Y, Y)


def decide(company, chosen):
    """Keep what the latest run found that is chosen and grave."""
    options = thursday.options(company, TEN)
    audit = json.loads((company.output / "latest/findings.json").read_bytes())
    told = {"decision": "keep", "reason": "meant", "decided_by": "tom", "decided_at": TEN, "run": audit["run"]}
    grave = [one["id"] for one in audit["findings"] if chosen(one) and one["severity"] in ("high", "critical")]
    assert grave
    with options.ledger as ledger:
        ledger.decide([Decision(finding=name, **told) for name in grave])


def test_a_grave_finding_of_no_one_system_leaves_it_unknown(own):
    own.trail_file("2026/10/02", 2, [call("mia", "cloudtrail:StopLogging", "2026-10-02T05:00:00Z", name="all")])
    own.night(FIRST + timedelta(hours=4))
    decide(own, lambda finding: finding["rule"] != "changes/audit-trail")
    told = asked(own)
    assert said(told)["findings"] is U
    assert why(told, "findings").startswith("1 high or critical finding is undecided, and of no one system: Mia Berg ")


@pytest.mark.parametrize(
    ("more", "answer", "reason"),
    [
        ({"note": NOTE.rpartition("\n")[0]}, N, "PAY-190 lacks stop point"),
        ({"note": ""}, N, "PAY-190 lacks what changes, service, user impact"),
        ({"closed_at": "2026-10-01T12:00:00+00:00"}, N, "PAY-190 is closed"),
        ({"kind": "drill"}, N, "PAY-190 is no release: its kind is drill"),
        ({"systems": ""}, U, "PAY-190 does not name Checkout service"),
    ],
    ids=["no stop point", "no note", "closed", "a drill", "of no system"],
)
def test_a_note_is_ready_where_it_has_every_line_and_a_stop_point(own, more, answer, reason):
    again(own, WINDOW, DRILL, release(**more))
    told = asked(own, ticket="pay-190")
    assert said(told)["release note"] is answer
    assert why(told, "release note").startswith(reason)


def test_which_release_is_not_guessed(own, prepared):
    again(own, WINDOW, DRILL, release(), release("PAY-191"))
    told = asked(own)
    assert said(told)["release note"] is U
    assert why(told, "release note") == "PAY-190 and PAY-191 are open: name one with --ticket"
    missing = asked(prepared, ticket="PAY-7")
    assert said(missing)["release note"] is U
    assert why(missing, "release note").startswith("PAY-7 is not in the evidence")


def test_a_drill_that_was_not_or_was_slow_is_not_ready_and_where_tickets_were_not_read_it_is_not_known(own):
    again(own, WINDOW, {**DRILL, "note": "Rollback of code: done in 16m (target 10m)"}, release())
    told = asked(own)
    assert said(told)["drill"] is N
    assert "6 minutes over its target" in why(told, "drill")
    again(own, WINDOW, DRILL, release())
    (own.folder / "tickets.csv").unlink()
    read_again(own, FIRST + timedelta(hours=4, minutes=30))
    told = asked(own)
    assert said(told)["drill"] is U
    assert why(told, "drill").startswith("tickets are known until 2026-10-02 07:10 UTC only")


def test_whether_owners_are_there_is_on_duty_or_said_or_not_known(own, prepared):
    own.configure(systems=owned(on_duty=["mia"]))
    told = asked(own)
    assert said(told)["owners"] is U
    assert why(told, "owners").startswith("no evidence tells whether Leon Roth will be there")
    assert said(asked(own, present=["leon"]))["owners"] is Y
    own.configure(systems=owned(on_duty=[]))
    answers = said(asked(own))
    assert (answers["on duty"], answers["owners"]) == (U, U)
    own.configure(systems=owned(backup="piet"))
    assert said(asked(own))["owners"] is N
    with pytest.raises(UsageError, match="Nobody on the roster is called"):
        asked(prepared, present=["nobody"])


def test_the_next_hour_lies_in_release_hours_and_in_no_freeze(own, prepared):
    assert said(asked(prepared, TEN + timedelta(hours=7, minutes=30)))["hours"] is N  # it would end after six
    policy = {**CONFIG["policy"], "freezes": [{"from": "2026-10-01", "to": "2026-10-03", "reason": "sale"}]}
    own.configure(systems=owned(), policy=policy)
    assert why(asked(own), "hours") == "the next hour lies in the freeze until 2026-10-03 (sale)"


def test_nobody_who_can_deploy_is_not_ready(own):
    dump = json.loads((own.folder / "dumps/authorization-details.json").read_text())
    for user in dump["UserDetailList"]:
        user.update(UserPolicyList=[], AttachedManagedPolicies=[], GroupList=[])
    dump["RoleDetailList"] = []
    own.write("dumps/authorization-details.json", json.dumps(dump))
    (own.folder / "dumps/ssh").rename(own.folder / "dumps/was")
    (own.folder / "dumps/ssh").mkdir()
    again(own)
    assert said(asked(own))["deploy"] in (N, U)


def test_of_old_evidence_only_what_needs_none_is_known(prepared):
    told = asked(prepared, TEN + timedelta(days=3))
    answers = said(told)
    assert {name for name, answer in answers.items() if answer is U} == {
        "deploy", "logs", "drill", "release note", "findings",
    }  # fmt: skip
    assert why(told, "drill") == "the evidence is 3 days old: run `auditor collect` first"


def test_without_evidence_nothing_is_said(tmp_path):
    company = harbour_shop(tmp_path)
    with pytest.raises(StoreError, match="holds no evidence"):
        asked(company)


def test_the_line_for_the_ticket_has_no_text_of_others(prepared):
    told = asked(prepared)
    told = replace(
        told, conditions=[*told.conditions, replace(told.conditions[0], name="x", why="`rm -rf` <b>", answer=N)]
    )
    line = ticket_line(told, BERLIN)
    assert line.startswith("auditor ready checkout, 2 Oct 2026 10:10 CEST: NOT READY (not ready: ")
    assert "rm -rf" not in line
    assert "\n" not in line
    assert headline(told, BERLIN).startswith("Checkout service is not ready for PAY-190: ")
    assert ready_json(told, BERLIN)["line"] == line


def test_the_command_says_it_by_its_exit_status(own):
    at = ("--at", TEN.isoformat())
    shown = own.auditor("ready", "checkout", *at)
    assert shown.status == 1
    assert "For the ticket:" in shown.stdout
    told = own.auditor("ready", "checkout", "--ticket", "PAY-190", "--json", *at)
    assert told.said["conditions"][0]["name"] == "deploy"
    assert (told.said["ready"], told.status) == (False, 1)
    (own.folder / "auditor.yaml").write_text(
        yaml.safe_dump({**CONFIG, "systems": owned(), "sources": SOURCES}, sort_keys=False)
    )
    assert own.auditor("ready", "nothing", *at).status == 2
