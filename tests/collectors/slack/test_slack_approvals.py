"""Approvals in Slack, read by slack_sdk over HTTP and from an export, and what they come to on tickets."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from auditor.case.build import build_case
from auditor.config.sources.slack import SlackApprovals
from auditor.errors import SourceError
from auditor.evidence.manifest import SourceRun
from auditor.evidence.store import Store
from auditor.model.tables import Approval
from auditor.rules.tasks.approvals import late_approval, self_approved, unapproved
from collectors.pool import collect as collect_all
from collectors.registry import collector_for
from tests import slack_server
from tests.cases import config, judged
from tests.copies import replace
from tests.slack_server import CHANNEL, MEMBERS, NINA, THREADS, TOM, message, ts
from tests.stand_ins import running

TOLD = "Approved PAY-184: nina@harbour.example may have write on checkout until 10:00 & no longer"


@pytest.fixture
def slack(monkeypatch):
    monkeypatch.setenv("SLACK_TOKEN", slack_server.TOKEN)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with running(slack_server.slack()) as server:
        yield server


@pytest.fixture
def read(context, collect):
    def run(**settings):
        source = SlackApprovals(name="slack", kind="slack-approvals", **settings)
        return collect(collector_for(source, context))

    return run


@pytest.fixture
def live(slack, read):
    return lambda *channels, **more: read(url=f"{slack.url}/api/", token_env="SLACK_TOKEN", channels=channels, **more)


def told(got):
    return [(row.tickets, row.who, row.words) for row in got.rows(Approval)]


def at(minutes):
    return datetime.fromtimestamp(float(ts(minutes)), UTC)


def test_an_approval_has_its_author_time_words_and_address_and_no_other_message_is_one(live):
    got = live("C0OPS")
    tom = "tom@harbour.example"
    assert sorted(told(got)) == [
        (("PAY-184",), tom, TOLD),
        (("PAY-185",), tom, "PAY-185: go ahead"),
        (("PAY-187",), tom, "approved PAY-187, Nina, checkout until 12:00\n2026-02-20 08:31 UTC: no, on hold: denied"),
    ]
    first, _, last = sorted(got.rows(Approval), key=lambda row: row.tickets)
    assert (first.at, first.edited_at) == (at(0), None)
    assert first.url == f"https://harbour.slack.com/archives/C0OPS/p{ts(0).replace('.', '')}"
    assert last.edited_at == at(300)
    assert [(line.scope, line.status, line.rows) for line in got.coverage] == [("channel C0OPS", "ok", 3)]


def test_only_threads_that_name_a_ticket_are_kept_and_no_secret_in_them(live):
    (batch,) = live("C0OPS").batches
    kept = "".join(raw.load().decode() for raw in batch)
    assert "PAY-187 please, password: ***" in kept
    assert "hunter2" not in kept
    assert "lunch" not in kept


def test_threads_before_the_time_that_is_named_are_not_asked_for(live, slack):
    assert told(live("C0OPS", within="7d")) == []
    assert not [call for call in slack.calls if "replies" in call]


def test_what_a_channel_lacks_is_named_and_the_others_are_read(live):
    got = live("C0SECRET", "C0OPS", "C0OTHER")
    assert {line.scope: line.status for line in got.coverage} == {
        "channel C0OPS": "ok",
        "channel C0OTHER": "failed",
        "channel C0SECRET": "failed",
    }
    reasons = {line.scope: line.reason for line in got.coverage}
    assert "missing_scope: it takes the scope groups:history" in reasons["channel C0SECRET"]
    assert "not_in_channel" in reasons["channel C0OTHER"]


def test_a_token_that_ran_out_a_slow_down_and_a_fault_are_told(live, slack, monkeypatch):
    slack.fails("history", 429, message="ratelimited", retry_after=0, times=1)
    assert live("C0OPS").coverage[0].status == "ok"
    slack.fails("history", 429, message="ratelimited", retry_after=3600, times=1)
    (line,) = live("C0OPS").coverage
    assert "asked to slow down, for longer than the audit waits" in line.reason
    slack.fails("history", 500, body="<html>", times=1)
    assert live("C0OPS").coverage[0].status == "failed"
    monkeypatch.setenv("SLACK_TOKEN", "xoxb-old")
    with pytest.raises(SourceError, match="does not accept the token, or it has expired"):
        live("C0OPS")


@pytest.fixture
def export(context):
    """A folder as Slack exports it: a file a day and channel."""
    folder = context.base / "slack"
    (folder / "ops").mkdir(parents=True)
    (folder / "users.json").write_text(json.dumps(MEMBERS))
    (folder / "channels.json").write_text("[]")
    every = [*CHANNEL, *(one for thread in THREADS.values() for one in thread[1:])]
    (folder / "ops/2026-02-20.json").write_text(json.dumps(every))
    return folder


def test_an_export_tells_the_same(read, live, export):
    got = read(path="slack")
    assert sorted(told(got)) == sorted(told(live("C0OPS")))
    assert [(line.scope, line.status) for line in got.coverage] == [("channel ops", "ok")]
    (line,) = read(path="slack", channels=["general"]).coverage
    assert (line.status, line.reason) == ("failed", "it holds no channel that is named")


def test_on_tickets_a_full_approval_counts_from_its_last_edit_and_go_ahead_is_none(read, export, context, tmp_path):
    more = [
        message(TOM, 60, "Approved PAY-188 on checkout until 12:00"),  # for whom?
        message(NINA, 61, "Approved PAY-189, Nina, checkout until 12:00"),
        message(TOM, 62, "Approved PAY-190, Nina, checkout until 12:00", edited={"user": TOM, "ts": ts(400)}),
        message(TOM, 63, "Approved: Nina, checkout until 12:00"),
        message(TOM, 64, "PAY-192"),
        message(NINA, 59, "Approved PAY-190, Nina, checkout until 12:00"),  # an approver's word goes before
    ]
    (export / "ops/2026-02-21.json").write_text(json.dumps(more))
    rows = [
        f"PAY-{number},access,nina,nina,checkout,write,{at(100).isoformat()},{at(160).isoformat()},Down,\n"
        for number in range(184, 193)
    ]
    columns = "ticket,kind,requester,person,systems,level,starts_at,ends_at,reason,note\n"
    (tmp_path / "tickets.csv").write_text(columns + "".join(rows))
    sources = [
        {"name": "slack", "kind": "slack-approvals", "path": "slack"},
        {"name": "tickets", "kind": "tickets-file", "path": "tickets.csv"},
    ]
    known = config(sources=sources)
    store, now = Store(str(tmp_path / "evidence")), datetime(2026, 3, 1, 3, tzinfo=UTC)
    with store.lock():
        staging = store.staging("r1", now)
        runs = [collect_all(collector_for(one, context), staging=staging, seen={}) for one in known.sources]
        made = {one.source: SourceRun(kind="made-up", status=one.status) for one in runs}
        store.commit(staging, [part for one in runs for part in one.parts], version="1", sources=made)
    case = build_case(store, known, now, timedelta(days=30))
    problems = {one.ticket: one.summary.partition(" on Checkout ")[2] for one in judged(unapproved, case)}
    assert problems == {
        "PAY-185": "was approved without saying for whom, on which system and until when",
        "PAY-186": "was never approved",  # a bot's word
        "PAY-187": "was refused by Tom",
        "PAY-188": "was approved without saying for whom",
        "PAY-191": "was never approved",
        "PAY-192": "was never approved",
    }
    assert [one.ticket for one in judged(self_approved, case)] == ["PAY-189"]
    late = {one.ticket: one.facts["minutes_late"] for one in judged(late_approval, case)}
    assert late["PAY-190"] == 300
    assert "PAY-184" not in late
    assert case.ticket_rows["PAY-184"].approval == TOLD
    # What was not read may hold what is missing: nobody is accused for that.
    lines = [replace(one, status="partial") if one.source == "slack" else one for one in case.coverage]
    less = replace(case, coverage=lines)
    assert "PAY-192" not in {one.ticket for one in judged(unapproved, less)}
    assert "PAY-185" in {one.ticket for one in judged(unapproved, less)}
