"""What of auditor.yaml was loosened between two runs, and what was not."""

from typing import Any

import pytest

from auditor.case.loosened import loosened
from auditor.case.policy_changes import PolicyChanges
from auditor.config.models import Config
from auditor.model.findings import Clear, Finding, NotJudged
from auditor.rules import evidence
from tests.cases import AT, case, config
from tests.rules.violations import policy_changes

MIA = {"id": "mia", "name": "Mia", "job": "owner", "accounts": ["ssh:mia"]}
PIET = {"id": "piet", "name": "Piet", "left": "2026-09-30"}
JOBS = {"owner": ["deploy", "read-logs"], "support": ["read-logs"]}
GLASS = {"id": "glass", "accounts": ["ssh:glass"], "keeper": "mia"}
EXCEPTION = {"rule": "standing/unused", "person": "mia", "reason": "-", "approved_by": "tom", "until": "2026-12-31"}
PLACE = {"provider": "gcp", "project": "shop"}
SHOP = {"id": "shop", "name": "Shop", "primary": "mia", "resources": [PLACE]}
GITLAB = {"name": "gitlab", "kind": "gitlab-access", "url": "https://gitlab.example", "token_env": "A", "groups": ["a"]}
HOURS = {"days": ["mon", "tue"], "from": "08:00", "to": "18:00"}
FREEZE = {"from": "2026-12-20", "to": "2027-01-05"}
LATER = {"from": "2027-02-01", "to": "2027-02-02"}
ANCHOR = {"ssh_key": "key", "allowed_signers": "signers"}

# What is tighter first and looser after it: read the other way round, each is the nearest innocent.
PAIRS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("policy.max_writers", {"policy": {"max_writers": 2}}, {"policy": {"max_writers": 3}}),
    ("policy.unused_after", {"policy": {"unused_after": "90d"}}, {"policy": {"unused_after": "91d"}}),
    ("policy.windows.routine", {"policy": {"windows": {"routine": "1h"}}}, {"policy": {"windows": {"routine": "8h"}}}),
    ("policy.approvers", {"policy": {"approvers": ["tom"]}}, {"policy": {"approvers": ["tom", "nina"]}}),
    ("policy.requesters", {"policy": {"requesters": ["mia"]}}, {"policy": {"requesters": []}}),
    ("policy.second_reviewer_for", {"policy": {}}, {"policy": {"second_reviewer_for": []}}),
    ("policy.release_note", {"policy": {"release_note": ["Service", "Logs"]}}, {"policy": {"release_note": ["Logs"]}}),
    ("policy.conflicting", {"policy": {}}, {"policy": {"conflicting": []}}),
    (
        "policy.release_hours.to",
        {"policy": {"release_hours": HOURS}},
        {"policy": {"release_hours": HOURS | {"to": "19:00"}}},
    ),
    (
        "policy.release_hours.from",
        {"policy": {"release_hours": HOURS}},
        {"policy": {"release_hours": HOURS | {"from": "07:00"}}},
    ),
    (
        "policy.release_hours.days",
        {"policy": {"release_hours": HOURS}},
        {"policy": {"release_hours": HOURS | {"days": ["mon", "tue", "sat"]}}},
    ),
    ("policy.freezes", {"policy": {"freezes": [FREEZE]}}, {"policy": {"freezes": [FREEZE | {"to": "2027-01-04"}]}}),
    ("exceptions: standing/unused mia", {}, {"exceptions": [EXCEPTION]}),
    (
        "exceptions: standing/unused mia",
        {"exceptions": [EXCEPTION | {"until": "2026-12-30"}]},
        {"exceptions": [EXCEPTION]},
    ),
    (
        "exceptions: standing/unused",
        {"exceptions": [EXCEPTION]},
        {"exceptions": [{k: v for k, v in EXCEPTION.items() if k != "person"}]},
    ),
    ("people: mia", {"people": []}, {"people": [MIA]}),
    ("people: mia.accounts", {"people": [MIA]}, {"people": [MIA | {"accounts": ["ssh:mia", "ssh:root"]}]}),
    ("people: mia.email", {"people": [MIA]}, {"people": [MIA | {"email": "mia@harbour.example"}]}),
    ("people: mia.job", {"jobs": JOBS, "people": [MIA | {"job": "support"}]}, {"jobs": JOBS, "people": [MIA]}),
    ("people: piet.left", {"people": [PIET]}, {"people": [PIET | {"left": "2026-10-31"}]}),
    (
        "jobs.owner",
        {"people": [MIA], "jobs": JOBS},
        {"people": [MIA], "jobs": JOBS | {"owner": ["deploy", "read-logs", "shell"]}},
    ),
    ("break_glass: glass", {"break_glass": []}, {"break_glass": [GLASS]}),
    (
        "break_glass: glass.accounts",
        {"break_glass": [GLASS]},
        {"break_glass": [GLASS | {"accounts": ["ssh:glass", "ssh:root"]}]},
    ),
    (
        "service_accounts: bot",
        {"service_accounts": []},
        {"service_accounts": [{"id": "bot", "owner": "mia", "purpose": "-"}]},
    ),
    ("vendors: them", {}, {"vendors": [{"id": "them", "account": "1" * 12, "owner": "mia", "purpose": "-"}]}),
    ("systems: shop", {"systems": [SHOP]}, {"systems": []}),
    (
        "systems: shop.resources",
        {"systems": [SHOP | {"resources": [PLACE, PLACE | {"project": "more"}]}]},
        {"systems": [SHOP]},
    ),
    ("systems: shop.on_duty", {"systems": [SHOP]}, {"systems": [SHOP | {"on_duty": ["nina"]}]}),
    ("sources: gitlab", {"sources": [GITLAB]}, {"sources": []}),
    (
        "sources: gitlab.groups",
        {"sources": [GITLAB | {"groups": ["a", "b"]}]},
        {"sources": [GITLAB | {"groups": ["a"]}]},
    ),
    ("notify", {"notify": ["json://a", "json://b"]}, {"notify": ["json://a"]}),
    ("keep_raw", {"keep_raw": True}, {"keep_raw": False}),
    ("policy.duty_approves", {"policy": {}}, {"policy": {"duty_approves": True}}),
    (
        "policy.approvers",
        {"policy": {"duty_approves": True}},
        {"policy": {"duty_approves": True, "approvers": ["leon"]}},
    ),
    ("policy.freezes", {"policy": {"freezes": [FREEZE]}}, {"policy": {"freezes": [FREEZE | {"from": "2026-12-21"}]}}),
    (
        "policy.freezes",
        {"policy": {"freezes": [LATER, FREEZE]}},
        {"policy": {"freezes": [LATER, FREEZE | {"to": "2026-12-28"}]}},
    ),
    ("policy.freezes", {"policy": {"freezes": [FREEZE | {"from": "2026-10-01", "to": "2026-10-02"}]}}, {"policy": {}}),
    ("anchor", {"anchor": ANCHOR}, {}),
    ("decisions.check", {"decisions": {"check": "signature", "allowed_signers": "s"}}, {}),
    ("people: nina", {"people": [MIA]}, {"people": [MIA, {"id": "nina", "name": "Nina", "left": "2026-10-02"}]}),
    (
        "vendors: them.account",
        {"vendors": [{"id": "them", "account": "1" * 12, "owner": "mia", "purpose": "-"}]},
        {"vendors": [{"id": "them", "account": "2" * 12, "owner": "mia", "purpose": "-"}]},
    ),
    ("systems: shop.backup", {"systems": [SHOP]}, {"systems": [SHOP | {"backup": "leon"}]}),
    ("systems: shop.primary", {"systems": [SHOP]}, {"systems": [SHOP | {"primary": "leon", "backup": "mia"}]}),
]
ONE_WAY = ("vendors: them.account", "systems: shop.primary")
"""What is looser both ways: another vendor, another owner."""


def made(changes: dict[str, Any]) -> Config:
    return config(**changes)


def judged(before: dict[str, Any], after: dict[str, Any]) -> list[Any]:
    return list(evidence.policy_changed(case(config=made(after), policy_changes=policy_changes(before, after))))


@pytest.mark.parametrize(("what", "tight", "loose"), PAIRS, ids=[what for what, _, _ in PAIRS])
def test_what_lets_more_pass_is_one_finding_and_the_way_back_is_none(
    what: str, tight: dict[str, Any], loose: dict[str, Any]
) -> None:
    (found,) = judged(tight, loose)
    assert isinstance(found, Finding)
    assert (found.facts["what"], found.starts_at, found.facts["last_run"]) == (what, AT, "20261001T120000Z")
    assert found.facts["before"] != found.facts["after"]
    assert what in ONE_WAY or list(loosened(made(loose), made(tight), AT.date())) == []


@pytest.mark.parametrize(("left", "after"), [("2026-10-31", "2026-10-31"), (None, "none")])
def test_a_last_day_that_comes_later_is_told_with_the_one_before(left: str | None, after: str) -> None:
    (found,) = judged({"people": [PIET]}, {"people": [PIET | {"left": left}]})
    assert isinstance(found, Finding)
    assert (found.facts["before"], found.facts["after"]) == ("2026-09-30", after)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ({"keep_raw": True}, {}, ("true", "false")),
        ({"policy": {}}, {"policy": {"duty_approves": True}}, ("false", "true")),
        ({"policy": {"requesters": ["mia"]}}, {"policy": {}}, ("mia", "also everybody")),
        ({"policy": {"requesters": ["mia"]}}, {"policy": {"requesters": ["mia", "tom"]}}, ("mia", "also tom")),
        ({"policy": {"freezes": [FREEZE]}}, {"policy": {}}, ("2026-12-20 to 2027-01-05", "none, or shorter")),
        ({}, {"exceptions": [EXCEPTION]}, ("none", "until 2026-12-31")),
        (
            {"exceptions": [EXCEPTION | {"until": day} for day in ("2026-11-01", "2026-11-30")]},
            {"exceptions": [EXCEPTION]},
            ("until 2026-11-30", "until 2026-12-31"),
        ),
        ({"people": []}, {"people": [MIA]}, ("not on the roster", "Mia")),
        ({"people": [MIA]}, {"people": [MIA | {"email": "m@x.example"}]}, ("none", "m@x.example")),
        ({"people": [MIA], "jobs": JOBS}, {"people": [MIA | {"job": "support"}], "jobs": JOBS}, None),
        (
            {"people": [MIA | {"job": "support"}], "jobs": JOBS},
            {"people": [MIA], "jobs": JOBS},
            ("support", "owner: deploy"),
        ),
        ({"break_glass": []}, {"break_glass": [GLASS]}, ("not declared", "glass")),
        ({"systems": [SHOP]}, {"systems": []}, ("Shop", "no longer looked at")),
        ({"systems": [SHOP]}, {"systems": [SHOP | {"backup": "leon"}]}, ("none", "leon")),
        ({"sources": [GITLAB]}, {"sources": []}, ("gitlab-access", "no longer read")),
        ({"notify": ["json://a", "json://b"]}, {"notify": ["json://a"]}, ("2 addresses", "1")),
        (
            {"policy": {"release_hours": HOURS}},
            {"policy": {"release_hours": HOURS | {"to": "19:30"}}},
            ("18:00", "19:30"),
        ),
        ({"policy": {}}, {"policy": {"unused_after": "120d"}}, ("90d", "120d")),
    ],
)
def test_what_was_loosened_is_told_as_auditor_yaml_writes_it(
    before: dict[str, Any], after: dict[str, Any], told: tuple[str, str] | None
) -> None:
    found = [one for one in judged(before, after) if isinstance(one, Finding)]
    assert [(one.facts["before"], one.facts["after"]) for one in found] == ([told] if told else [])


def test_a_policy_that_stayed_as_it_was_is_clear() -> None:
    assert [type(one) for one in judged({}, {})] == [Clear]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {"organisation": "Harbour Shop plc"}),
        ({}, {"exceptions": [EXCEPTION | {"until": "2026-10-01"}]}),
        ({"policy": {"freezes": [FREEZE | {"from": "2026-07-01", "to": "2026-07-02"}]}}, {"policy": {}}),
        ({"people": []}, {"people": [PIET]}),
        ({"people": [PIET]}, {"people": [PIET | {"left": "2026-09-29"}]}),
        ({"people": [MIA | {"email": "mia@x.example"}]}, {"people": [MIA | {"email": "MIA@x.example"}]}),
        ({"exceptions": [EXCEPTION | {"rule": "standing/*", "person": None}]}, {"exceptions": [EXCEPTION]}),
        ({"policy": {"freezes": [FREEZE]}}, {"policy": {"freezes": [FREEZE, LATER]}}),
        ({"policy": {"duty_approves": True}}, {"policy": {"duty_approves": True}}),
        ({"decisions": {"check": "os-user"}}, {"decisions": {"check": "os-user"}}),
        ({"anchor": ANCHOR}, {"anchor": ANCHOR}),
        ({}, {"anchor": ANCHOR}),
        ({}, {"keep_raw": True}),
        ({"people": [MIA], "jobs": JOBS}, {"people": [MIA], "jobs": JOBS | {"support": ["read-logs", "shell"]}}),
        ({"sources": [GITLAB]}, {"sources": [GITLAB | {"token_env": "B", "timeout": "10m"}]}),
        ({"systems": [SHOP | {"backup": "leon"}]}, {"systems": [SHOP | {"primary": "leon", "backup": "mia"}]}),
    ],
    ids=[
        "a name",
        "an exception that is over",
        "a freeze that is over",
        "somebody who left",
        "who left still earlier",
        "an address in capitals",
        "an exception within a wider one",
        "one more freeze",
        "who is on duty approves already",
        "decisions are checked as before",
        "the same anchor",
        "an anchor at last",
        "more is kept",
        "a job nobody had",
        "how a source is reached",
        "owners who change places",
    ],
)
def test_what_lets_nothing_more_pass_is_clear(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert [type(one) for one in judged(before, after)] == [Clear]


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        ({}, {"policy": {"ticket_pattern": "PAY-[0-9]+"}}, "policy.ticket_pattern"),
        ({}, {"policy": {"session_gap": "10m"}}, "policy.session_gap"),
        ({}, {"timezone": "UTC"}, "timezone"),
        ({"anchor": ANCHOR}, {"anchor": ANCHOR | {"ssh_key": "other"}}, "anchor"),
        (
            {"systems": [SHOP]},
            {"systems": [SHOP | {"resources": [PLACE | {"project": "x"}]}]},
            "systems: shop.resources",
        ),
        ({"sources": [GITLAB]}, {"sources": [GITLAB | {"url": "https://other.example"}]}, "sources: gitlab.url"),
        (
            {"sources": [GITLAB | {"projects": ["p"]}]},
            {"sources": [GITLAB | {"groups": [], "projects": ["p"]}]},
            "sources: gitlab.groups",
        ),
    ],
)
def test_what_may_be_either_could_not_be_judged(before: dict[str, Any], after: dict[str, Any], what: str) -> None:
    (one,) = judged(before, after)
    assert isinstance(one, NotJudged)
    assert str(one.subject) == what
    assert one.reason.startswith((f"{what} was ", f"{what} is another one: "))
    assert one.reason.endswith(": whether less is found cannot be told")


def test_without_what_was_before_it_could_not_be_judged() -> None:
    blind = case(policy_changes=PolicyChanges(compared=True, unknown=("the run 1 kept no policy",)))
    assert [(type(one), one.reason) for one in evidence.policy_changed(blind) if isinstance(one, NotJudged)] == [
        (NotJudged, "the run 1 kept no policy")
    ]


def test_the_first_run_has_nothing_to_compare_with() -> None:
    assert list(evidence.policy_changed(case())) == []
