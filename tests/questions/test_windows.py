"""How long work took, against what was asked and what policy gives; and a request for what comes every week."""

import json
import stat
from datetime import UTC, datetime, timedelta

import pytest
import yaml
from click.testing import CliRunner

from auditor import run as line
from auditor.cli.commands import cli
from auditor.model.vocabulary import Work
from auditor.options import Silence
from auditor.questions.windows import rounded, windows, write
from reports.windows import lines, request, rows
from tests import thursday
from tests.copies import replace
from tests.nightly import DRILL, deploys, harbour_shop, made_once, ticket
from tests.nightly import Company as Shop

TUESDAY = datetime(2026, 8, 18, 9, tzinfo=UTC)
NIGHT = datetime(2026, 10, 2, 3, 10, tzinfo=UTC)
WEEKS = 6
HOSTILE = "Weekly import](http://x) @everyone <script>\n# Heading"


def make(folder):
    """Every Tuesday morning Nina deploys after the import: she has an hour, and needs half of it, once all and more."""
    company = harbour_shop(folder)
    requests = [DRILL]
    for week in range(WEEKS):
        starts = TUESDAY + timedelta(weeks=week)
        length = 75 if week == 0 else 30
        requests.append(
            ticket(
                f"PAY-{20 + week}", "nina", starts.isoformat(), (starts + timedelta(hours=1)).isoformat(), title=HOSTILE
            )
        )
        times = [starts + timedelta(minutes=minute) for minute in range(10, length + 1, 5)]
        company.trail_file(
            f"{starts:%Y/%m/%d}", 1200, [deploys("nina", f"{time:%Y-%m-%dT%H:%M:%SZ}") for time in times]
        )
    more = [
        ticket(f"PAY-{40 + n}", "leon", f"2026-09-2{n}T12:00:00+00:00", f"2026-09-2{n}T12:30:00+00:00")
        for n in range(3)
    ]
    company.trail_file("2026/09/22", 1300, [deploys("leon", f"2026-09-2{n}T12:0{n + 1}:00Z") for n in range(3)])
    company.tickets(*requests, *more)
    line.collect(thursday.options(company, NIGHT), Silence())


@pytest.fixture(scope="session")
def weekly(tmp_path_factory):
    return Shop(made_once(tmp_path_factory, "weekly", make))


@pytest.fixture(scope="session")
def told(weekly):
    return windows(options(weekly))


def options(company):
    given = thursday.options(company, NIGHT)
    return replace(given, period=timedelta(days=90))


def test_how_long_routine_work_took_and_what_to_give(told):
    (routine,) = [one for one in told.windows if one.work is Work.ROUTINE]
    assert routine.pieces == WEEKS + 3
    assert (routine.gives, routine.beyond) == (timedelta(hours=1), 1)
    assert routine.took == timedelta(minutes=20)
    assert routine.needed == timedelta(minutes=75)
    assert routine.proposal == timedelta(minutes=75)
    assert rows(told)[0][:2] == ("routine", "9")


def test_too_few_pieces_of_work_propose_nothing(weekly):
    short = windows(replace(options(weekly), period=timedelta(days=12)))
    assert [(one.proposal, one.why) for one in short.windows] == [(None, "too few: 8 pieces of work or more tell")]


def test_what_comes_every_week_has_a_request_with_its_grant(told, weekly, tmp_path):
    (one,) = told.recurring
    assert (one.person, one.systems, one.weeks, one.of_weeks, one.weekday) == ("nina", ("checkout",), WEEKS, WEEKS, 1)
    assert "on Tuesdays" in "\n".join(lines(told))
    text = request(one, "01-nina-checkout")
    assert text.startswith("**Person:** nina\n**System:** checkout\n**Level:** write\n**Work:** routine\n**Reason:** ")
    assert "<script>" not in text
    assert "\n# Heading" not in text
    assert "@everyone" not in text
    company = weekly.copy(tmp_path / "own")
    found = write(options(company), told)
    grant = next(found.folder.glob("01-nina-checkout/*/policy.json"))
    (statement,) = json.loads(grant.read_text())["Statement"]
    assert statement["Condition"]["DateLessThan"]["aws:CurrentTime"] == f"{NIGHT + one.length:%Y-%m-%dT%H:%M:%SZ}"
    assert {stat.S_IMODE(path.stat().st_mode) for path in found.folder.rglob("*") if path.is_file()} == {0o600}
    assert yaml.safe_load((found.folder / "windows.yaml").read_text())["policy"]["windows"] == {"routine": "75m"}


def test_the_command_tells_it_without_a_name(weekly, tmp_path):
    company = weekly.copy(tmp_path / "own")
    place = ("--config", str(company.folder / "auditor.yaml"), "--at", NIGHT.isoformat())
    shown = CliRunner().invoke(cli, ["fit", *place])
    assert shown.exit_code == 0, shown.output
    assert "How long work took since 2026-07-04 (90 days)" in shown.output
    as_json = json.loads(CliRunner().invoke(cli, ["fit", *place, "--json"]).output)
    assert as_json["windows"][0]["proposal"] == 75
    assert as_json["recurring"][0]["grants"]


@pytest.mark.parametrize(
    ("minutes", "proposed"), [(0, 5), (1, 5), (5, 5), (38, 40), (60, 60), (61, 75), (240, 240), (241, 300), (610, 660)]
)
def test_a_proposal_is_a_length_that_people_agree_on(minutes, proposed):
    assert rounded(timedelta(minutes=minutes)) == timedelta(minutes=proposed)
