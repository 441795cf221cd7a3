"""The team's rule in plain words, and the templates for requests."""

import pytest

from auditor.cli.terminal.starting import REQUESTS, request_template
from auditor.config.models import Config, System
from auditor.config.roster import BreakGlass, Person
from collectors.tickets.request_template import fields, without_comments
from reports.policy import policy

CONFIG = Config(
    organisation="Harbour Shop",
    people=(Person(id="mia", name="Mia Brandt"), Person(id="tom", name="Tom Okafor", email="tom@harbour.example")),
    systems=(System(id="checkout", name="Checkout", primary="mia", backup="tom"), System(id="jobs", name="Jobs")),
    break_glass=(BreakGlass(id="seal", accounts=("ssh:root",), keeper="tom"),),
    policy={"approvers": ["tom@harbour.example"], "windows": {"risky": "90m"}, "max_writers": 1},
)


def test_the_rule_names_people_times_and_numbers_of_the_configuration() -> None:
    text = policy(CONFIG)
    for said in (
        "# Production access at Harbour Shop",
        "**Approve:** Tom Okafor, before it begins",
        "routine 1h, read-only 30m, risky 90m and incident 2h; extended at most 1 time.",
        "**Checkout** belongs to Mia Brandt and Tom Okafor;",
        "**Jobs** belongs to nobody yet;",
        "at most 1 person on one system; unused for 90d it goes",
        "**Emergency access** (seal) is kept sealed by Tom Okafor",
    ):
        assert said in text
    assert max(map(len, text.splitlines())) < 200


@pytest.mark.parametrize("tracker", list(REQUESTS))
def test_a_template_asks_for_what_is_read_of_a_request_and_says_nothing_by_itself(tracker: str) -> None:
    text = request_template(tracker)
    assert fields(without_comments(text)) == {}
    values = {"Person": "nina", "System": "checkout", "Level": "write", "Reason": "cannot pay", "Ends at": "09:35"}
    for name, value in values.items():
        text = text.replace(f"**{name}:**", f"**{name}:** {value}").replace(f"\n{name}:", f"\n{name}: {value}")
    read = fields(without_comments(text))
    assert {read[name] for name in ("person", "systems", "level", "ends_at")} == {"nina", "checkout", "write", "09:35"}
    assert read["reason"].startswith("cannot pay")
