"""The words in which a replay is told: one sentence, regular times, and names that cannot deceive."""

from datetime import timedelta

import pytest

from auditor.activity.results import Silence
from auditor.case.removal import Fate, JudgedAct, Removal
from auditor.case.replayed import LastUse, Replayed
from auditor.cli.terminal.replay import print_replay
from auditor.config.models import Config
from auditor.evidence.snapshots import Snapshots
from auditor.providers.unseen import Unseen
from reports.replay import replay_json, replay_view
from tests.activity.acts import AWS, BEGIN, END, used

CI = f"arn:aws:iam::{AWS}:role/ci-deploy"
WEB = f"arn:aws:ecs:eu-central-1:{AWS}:service/prod/web"
HANDLE = {"provider": "aws", "type": "inline-role-policy", "account": AWS, "role": "ci-deploy", "policy": "deploy"}
CONFIG = Config.model_validate(
    {
        "organisation": "Quay",
        "people": [{"id": "nina", "name": "Nina Alvarez", "job": "engineer"}],
        "service_accounts": [{"id": "ci-deploy", "owner": "nina", "purpose": "deploys", "accounts": [CI]}],
    }
)
WEEK = timedelta(days=7)


def judged(fate=Fate.FAILED, by=(), why="", led_to=0, **columns):
    act = used(**{"account": CI, "person": None, "resource": WEB, **columns})
    return JudgedAct(act=act, fate=fate, by=by, why=why, led_to=led_to)


def told(*acts, calls=41_218, credentials=(None,), not_found=(), **known):
    removal = Removal(
        handles=(HANDLE,), not_found=not_found, after=Snapshots(), accounts=frozenset({CI}), calls=calls, judged=acts
    )
    usual = {"unheard": (), "silences": (), "unseen": (), "failed": (), "known_from": BEGIN - timedelta(days=99)}
    span = {"from_": END - timedelta(days=90), "at": END}
    return Replayed(config=CONFIG, removal=removal, credentials=credentials, **span, **{**usual, **known})


def tuesdays(count, **columns):
    last = BEGIN + (count - 1) * WEEK
    return judged(events=count, days=count, first_at=BEGIN, last_at=last, weekday=1, **columns)


def test_one_sentence_sums_it_up():
    assert replay_view(told(tuesdays(3))).headline == (
        "3 of 41,218 calls would have failed in the 90 days to 1 October 2026: ci-deploy, ecs:UpdateService, every Tuesday."
    )


@pytest.mark.parametrize(
    ("act", "when"),
    [
        (judged(events=1, first_at=BEGIN, last_at=BEGIN), "once at 1 Sep 2026 00:00 UTC"),
        (tuesdays(4), "every Tuesday, last at 22 Sep 2026 00:00 UTC"),
        (
            judged(events=9, days=3, weekday=1, first_at=BEGIN, last_at=BEGIN + 3 * WEEK),
            "on 3 Tuesdays, last at 22 Sep 2026 00:00 UTC",
        ),
        (
            judged(events=9, days=2, weekday=None, first_at=BEGIN, last_at=BEGIN + WEEK),
            "on 2 days, last at 8 Sep 2026 00:00 UTC",
        ),
        (
            judged(events=2, first_at=BEGIN, last_at=BEGIN + timedelta(hours=2)),
            "from 1 Sep 2026 00:00 UTC to 1 Sep 2026 02:00 UTC",
        ),
    ],
)
def test_it_is_told_when_something_is_done(act, when):
    (line,) = replay_view(told(act)).failed
    assert line.when == when


def test_acts_that_differ_in_what_they_were_done_to_are_one_line():
    acts = [judged(resource=f"{WEB}-{n}", events=n + 1, led_to=n) for n in range(6)]
    (line,) = replay_view(told(*acts)).failed
    assert (line.times, line.led_to) == (21, 5)
    assert line.things == "service/prod/web-0, service/prod/web-1, service/prod/web-2 and 3 more"


@pytest.mark.parametrize(
    ("known", "sentence"),
    [
        ({"unheard": ("x",)}, "There is no log of x: what was done there is not known."),
        ({"failed": ("trail",)}, "The source trail could not be read by the latest run, or has not been read yet."),
        ({"known_from": BEGIN}, "No log reaches further back than 1 Sep 2026 00:00 UTC."),
        (
            {"unseen": (Unseen(account=CI, what="s3:GetObject", why="No trail records that", last_used_at=BEGIN),)},
            ("No trail records that: ci-deploy may have used it for s3:GetObject; "
            "it was last seen using that service at 1 Sep 2026 00:00 UTC."),
        ),
        (
            {"silences": (Silence(source="trail", scope="x", from_=BEGIN, to=END, at_start=True, at_end=True),)},
            "The log of x has no record of that time.",
        ),
        (
            {"silences": tuple(
                Silence(source="trail", scope="x", from_=BEGIN + n * WEEK, to=BEGIN + n * WEEK + (4 - n) * timedelta(days=1))
                for n in range(3)
            )},
            ("The log of x has no record from 1 Sep 2026 00:00 UTC to 5 Sep 2026 00:00 UTC, and in 2 shorter stretches: "
            "what was done then is not known."),
        ),
        ({"not_found": ({"provider": "aws", "type": "ec2-key-pair", "name": "k"},)}, None),
    ],
)  # fmt: skip
def test_what_is_not_known_is_never_safe(known, sentence):
    view = replay_view(told(**known))
    assert not view.harmless
    assert len(view.not_known) == 1
    assert sentence in (None, *view.not_known)
    assert view.headline.endswith("; not everything can be known.")


def test_what_the_provider_knows_was_not_used_needs_no_log():
    idle = LastUse(END - timedelta(days=120), whole=True)
    view = replay_view(told(credentials=(idle,), unheard=("x",), failed=("trail",), calls=0))
    assert view.harmless
    assert (
        view.headline
        == "Nothing would have failed: whoever has these rights did nothing in the 90 days to 1 October 2026."
    )
    assert view.rights[0].last_used == "last used 3 Jun 2026 00:00 UTC, 120 days ago"
    used_since = LastUse(END - timedelta(days=61), whole=True)
    assert not replay_view(told(credentials=(used_since,), unheard=("x",))).harmless


def test_names_from_outside_cannot_deceive_in_a_terminal(capsys):
    evil = "web\x1b[2J\u202egnp.exe\n# forged line"
    act = {"action": f"ecs:{evil}", "resource": evil, "account": evil, "credential": evil, "tickets": (evil,)}
    told_ = told(
        judged(**act),
        judged(fate=Fate.OTHER_PATH, by=(evil,), **act),
        judged(fate=Fate.UNKNOWN, why=evil, **act),
        unheard=(evil,),
        failed=(evil,),
        unseen=(Unseen(account=evil, what=evil, why=evil),),
    )
    view = replay_view(told_)
    print_replay(view)
    printed = capsys.readouterr().out
    assert not {"\x1b", "\u202e"} & set(printed)
    assert not [line for line in printed.splitlines() if line.startswith("# forged")]
    assert replay_json(told_, view)["would_have_failed"] == 1
