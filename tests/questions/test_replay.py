"""What would have failed without rights, from stored evidence: the answer, its words, and what is not known."""

import json
from datetime import timedelta

import pytest

from auditor.case.replayed import replayed, rights_rows
from auditor.cli.terminal.replay import print_replay
from auditor.model.handles import read_handle
from reports.replay import replay_json, replay_view
from tests.nightly import arn
from tests.thursday import NEXT_NIGHT, options

MONTH = timedelta(days=30)


@pytest.fixture
def asked(shop):
    """What a replay without the rights of somebody comes to."""
    told = options(shop)
    with told.store.shared() as store:
        rows = rights_rows(store, told.config, NEXT_NIGHT)

        def of(account, *kinds, days=MONTH):
            handles = [read_handle(grant.handle) for grant in rows.grants if grant.principal == account]
            return replayed(store, told.config, [h for h in handles if h["type"] in kinds], NEXT_NIGHT, days)

        yield of


def said(view, capsys):
    print_replay(view)
    return capsys.readouterr().out


def test_it_is_told_who_would_have_failed_at_what_when_and_under_which_ticket(asked, capsys):
    told = asked(arn("mia"), "inline-user-policy")
    view = replay_view(told)
    text = said(view, capsys)
    assert view.headline.startswith("217 of 219 calls would have failed in the 30 days to 2 October 2026: Mia Berg, ")
    assert not view.harmless
    assert "Remove inline policy checkout from user mia in AWS account 111122223333" in text
    assert "  Mia Berg: ecs:DescribeServices on cluster/checkout-prod, 217 times, on 12 days, last at 1 Oct " in text
    assert "ecs:UpdateService on service/checkout-prod/checkout-worker, 2 times, on 2 days" in text
    assert "because the rights of today do not explain it" in text  # her policy is on another service
    assert "The log of 111122223333 begins at 20 Sep 2026 02:00 CEST: 17 days before it are not known." in text
    assert "The log of 111122223333 has no record from 1 Oct 2026 14:05 CEST to 2 Oct 2026 05:10 CEST, and in " in text


def test_machines_are_told_the_same_act_by_act(asked):
    told = asked(arn("mia"), "inline-user-policy")
    view = replay_view(told)
    content = json.loads(json.dumps(replay_json(told, view)))
    lost = [act for act in content["acts"] if act["fate"] == "would have failed"]
    assert sum(act["act"]["events"] for act in lost) == content["would_have_failed"] > 0
    assert all(act["act"]["sample"]["event_id"] for act in lost)
    assert content["headline"] == view.headline
