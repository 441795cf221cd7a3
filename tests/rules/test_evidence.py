"""What was not seen."""

from datetime import timedelta

from auditor.digest.results import Silence
from auditor.model.findings import NotJudged, Seen
from auditor.rules import evidence
from tests.cases import AT, AWS, case, config, hour, judged, key, user

SOURCES = [
    {"name": "logins", "kind": "ssh-logins", "path": "logs"},
    {"name": "hosts", "kind": "ssh-keys", "path": "dumps"},
]
HOST = "web-1.harbour.example"


def silence(scope: str, hours: float) -> Silence:
    return Silence(source="logins", scope=scope, from_=AT - hour(hours + 5), to=AT - hour(5))


def test_a_source_that_could_not_be_read_is_a_finding_with_its_reason() -> None:
    seen = Seen(source="logins", scope="logs", from_=None, to=None, status="failed", reason="no such folder")
    failed = case(config=config(sources=SOURCES), coverage=[seen], failed={"logins": ("activity",)})
    found = judged(evidence.source_failed, failed)
    assert [(f.facts["source"], f.facts["reason"]) for f in found] == [("logins", "no such folder")]


def test_a_silent_host_is_one_finding_with_its_longest_silence() -> None:
    quiet = case(silences=[silence(HOST, 13), silence(HOST, 48)], heard={HOST})
    found = judged(evidence.gap, quiet)
    assert [(f.system, f.facts["hours"], f.facts["silences"]) for f in found] == [("checkout", 48.0, 2)]


def test_a_host_whose_keys_are_known_and_whose_log_is_not_is_a_gap() -> None:
    found = judged(evidence.gap, case(config=config(sources=SOURCES), credentials=[key("nina", "nina")]))
    assert [(f.system, f.resource, f.starts_at) for f in found] == [("checkout", HOST, AT - timedelta(days=30))]


def test_an_account_whose_iam_was_read_and_whose_trail_never_was_is_a_gap() -> None:
    assert [f.account for f in judged(evidence.gap, case(accounts=[user("nina")]))] == [AWS]


def test_where_the_logs_source_failed_the_place_could_not_be_judged() -> None:
    blind = case(config=config(sources=SOURCES), credentials=[key("nina", "nina")], failed={"logins": ("activity",)})
    outcomes = list(evidence.gap(blind))
    assert [(type(o), o.subject) for o in outcomes] == [(NotJudged, HOST)]  # type: ignore[union-attr]


def test_a_place_that_is_heard_without_silence_is_clear() -> None:
    assert judged(evidence.gap, case(credentials=[key("nina", "nina")], heard={HOST})) == []
