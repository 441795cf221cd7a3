"""An hour of an attack: hundreds of changes of rights and of the audit trail with reads between, and none is cut."""

import json
import random
from datetime import UTC, datetime, timedelta

import pytest

from auditor.case.incident import incident as resolve
from auditor.cli.terminal.past import review_json, review_lines
from auditor.evidence.store import Store
from reports.files import Written
from reports.incident import review_view
from reports.incident_pages import render, render_markdown
from tests.activity.acts import act, look
from tests.cases import config
from tests.copies import replace
from tests.stored import store_run

NOON = datetime(2026, 9, 3, 12, tzinfo=UTC)
SETTINGS = config(sources=[{"name": "trail", "kind": "aws-cloudtrail", "path": "logs"}])
STRANGER = {"who": "glass", "account": "arn:aws:iam::111122223333:user/glass"}
RIGHTS, TRAIL, CHANGES, READS = 380, 90, 30, 150
_ACTIONS = ("iam:AttachUserPolicy", "iam:CreateAccessKey", "iam:PutUserPolicy", "iam:CreateUser")


def hour():
    """650 acts within an hour, mixed."""
    rights = [
        act(NOON, on=f"user/given-{n:03}", action=_ACTIONS[n % 4], category="grant", level="admin", **STRANGER)
        for n in range(RIGHTS)
    ]
    trail = [
        act(NOON, on=f"trail/stopped-{n:03}", action="cloudtrail:StopLogging", category="audit-trail", **STRANGER)
        for n in range(TRAIL)
    ]
    changes = [act(NOON, on=f"checkout/changed-{n:03}") for n in range(CHANGES // 2)]
    changes += [act(NOON, on=f"checkout/run-{n:03}", action="ecs:RunTask", **STRANGER) for n in range(CHANGES // 2)]
    reads = [look(NOON, on=f"checkout/read-{n:03}", action=f"s3:GetBucket{n % 75}", **STRANGER) for n in range(READS)]
    mixed = [*rights, *trail, *changes, *reads]
    random.Random(40).shuffle(mixed)
    return [
        replace(row, event_id=f"e-{n}", time=NOON + timedelta(seconds=n * 5.4), record=n) for n, row in enumerate(mixed)
    ]


@pytest.fixture(scope="module")
def view(tmp_path_factory):
    store = Store(str(tmp_path_factory.mktemp("attack") / "evidence"))
    store_run(store, "night", NOON + timedelta(days=1), *hour())
    end = NOON + timedelta(hours=1)
    return review_view(resolve(store, SETTINGS, SETTINGS.systems[0], NOON, end, end), {})


NEVER_CUT = [
    *(f"given-{n:03}" for n in range(RIGHTS)),
    *(f"stopped-{n:03}" for n in range(TRAIL)),
    *(f"{name}-{n:03}" for name in ("changed", "run") for n in range(CHANGES // 2)),
]


def test_every_change_of_rights_and_of_the_trail_is_in_every_output(view):
    outputs = {
        "page": render(view),
        "Markdown": render_markdown(view),
        "JSON": json.dumps(review_json(view, Written({}, ()))),
        "terminal": "\n".join(review_lines(view)),
    }
    missing = {what: [name for name in NEVER_CUT if name not in text] for what, text in outputs.items()}
    assert missing == {what: [] for what in outputs}


def test_what_is_left_out_is_counted_in_the_headline_and_the_changes_are(view):
    listed = sum(line.count for line in view.lines if line.part == "seen")
    assert listed < READS
    assert f"{READS - listed} that changed nothing not listed" in view.headline
    assert f"({RIGHTS} of rights and {TRAIL} of the audit trail)" in view.headline
    assert sum(line.count for line in view.changes) == RIGHTS + TRAIL + CHANGES


def test_what_one_actor_is_asked_about_many_changes_is_one_question(view):
    asked = [one for one in view.questions if one.startswith("What was there before")]
    assert len(asked) <= 2
    assert any(f"{CHANGES // 2} changes (" in one for one in asked)
