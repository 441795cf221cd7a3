"""Who had access at a moment: snapshots, moved there by the changes that the log tells."""

import json
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

from auditor.cli.commands import cli
from auditor.errors import StoreError, UsageError
from auditor.questions.past import who
from reports.who import who_json, who_view
from tests.copies import replace
from tests.thursday import NIGHT, at, options

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def could(shop):
    """The view of who could touch checkout at a moment."""
    return lambda moment: who_view(*who(options(shop, moment), "checkout"))


def changers(view):
    return [holder.name for holder in view.holders if holder.changes]


def ways(view, person):
    """A holder's name, and each way in with since when, in words."""
    (holder,) = [holder for holder in view.holders if holder.person == person]
    return holder.name, *((way.path, way.since.text(BERLIN)) for way in holder.ways)


def test_a_right_granted_since_the_snapshot_is_there_with_who_gave_it_when_and_for_which_ticket(could):
    since = "granted 1 Oct 2026 12:50 CEST by Tom Weiss, PAY-310"
    assert ways(could(at("11:30:00")), "sam") == ("Sam Lind", ("user sam → inline policy jit-PAY-310", since))


def test_before_it_was_granted_it_is_not_there(could):
    assert "Sam Lind" not in changers(could(at("10:49:59")))


def test_a_right_removed_since_the_snapshot_is_gone_and_was_there_until_then(could):
    assert "Leon Roth" in changers(could(at("11:39:59")))
    assert "Leon Roth" not in changers(could(at("11:40:01")))


def test_it_says_which_snapshot_it_rests_on_and_how_old_that_was(could):
    view = could(at("12:00:00"))
    assert view.rests_on == (
        "Snapshot of 1 Oct 2026 05:10 CEST, 8 hours before: iam and keys.",
        "Moved to that moment by the log: 1 right given and 1 taken away in between.",
    )
    assert "keys: as in the snapshot; no log tells what changed there between." in view.not_known


def test_before_every_record_it_is_only_said_what_a_later_snapshot_shows(could):
    view = could(at("12:00:00") - timedelta(days=60))
    assert view.headline.endswith(" CEST, if nothing changed from then until the snapshot.")
    assert any(one.startswith("The logs begin at ") for one in view.not_known)
    assert "if nothing changed" not in could(at("12:00:00")).headline


def test_what_a_later_snapshot_shows_stands_open_only_where_no_log_reaches_back(shop):
    then, _ = who(options(shop, at("12:00:00")), "checkout")
    hour = timedelta(hours=1)
    before, same, later = (replace(then.bases[0], at=then.at + age) for age in (-hour, 0 * hour, hour))
    never = replace(later, at=None)

    def untold(logs_from, *bases):
        return replace(then, bases=bases, logs_from=logs_from).untold

    assert untold(None, before, later)
    assert untold(then.at + hour, later)
    assert not untold(then.at, later)
    assert not untold(None, before, same, never)


def test_the_newest_snapshot_before_the_moment_is_taken(could):
    view = could(at("04:00:00", day=2))
    assert view.rests_on[0] == "Snapshot of 2 Oct 2026 05:10 CEST, 50 minutes before: iam and keys."
    assert ways(view, "nina")[1][1] == "at least 1 Oct 2026 05:10 CEST", "it stood in both snapshots"


def test_a_snapshot_of_that_moment_is_taken(could):
    assert could(at("03:10:00", day=2)).rests_on[0].startswith("Snapshot of 2 Oct 2026 05:10 CEST")


def test_before_the_first_snapshot_the_first_one_is_moved_back(could):
    view = could(at("12:00:00", day=1).replace(month=9))
    assert "afterwards" in view.rests_on[0]
    assert "Leon Roth" in changers(view)
    assert "Sam Lind" not in changers(view)
    assert {way.since.at for holder in view.holders for way in holder.ways} == {None}


def test_a_place_that_was_not_read_makes_the_number_a_least_number(could):
    view = could(at("12:00:00"))
    assert view.headline == "At least 4 people could change Checkout service at 1 Oct 2026 14:00 CEST."
    assert "Not all places that Checkout service lives in were read: there may be others." in view.not_known


def test_after_the_last_record_later_changes_are_not_known(could):
    assert any(sentence.startswith("The logs end at") for sentence in could(at("09:00:00", day=3)).not_known)


def test_machines_get_every_path_with_its_times(shop):
    said = who_json(*who(options(shop, at("11:30:00")), "shop checkout"))
    sam = next(path for path in said["access"] if path["identity"]["person"] == "sam")
    assert (sam["granted_at"], sam["granted_by"]) == ("2026-10-01T10:50:00Z", "arn:aws:iam::111122223333:user/tom")
    assert sam["evidence"][-1]["origin"].endswith(".json.gz"), "it points at the log"
    assert all(path["capabilities"] == sorted(path["capabilities"]) for path in said["access"]), "the same every time"
    assert said["rests_on"][0] == {"source": "iam", "snapshot": NIGHT.isoformat()}


def test_an_unknown_system_is_answered_with_the_nearest_name(shop):
    with pytest.raises(UsageError) as raised:
        who(options(shop), "chekout")
    assert raised.value.diagnostics() == ("There is no system 'chekout'.", "Did you mean checkout?")


def test_without_evidence_nothing_is_said_of_the_past(shop, tmp_path):
    with pytest.raises(StoreError, match="holds no evidence"):
        who(replace(options(shop), evidence=str(tmp_path)), "checkout")


def test_the_command_prints_a_table_or_one_json_object(shop):
    told = [
        "who",
        "--config",
        str(shop.folder / "auditor.yaml"),
        "--system",
        "checkout",
        "--at",
        "2026-10-01T11:30:00Z",
    ]
    table = CliRunner().invoke(cli, told)
    assert table.exit_code == 0
    assert "Could change it" in table.output
    assert "Sam Lind" in table.output
    assert json.loads(CliRunner().invoke(cli, [*told, "--json"]).output)["system"] == "checkout"


def test_who_is_eligible_stands_apart_and_is_no_holder(could, shop):
    then, system = who(options(shop, at("12:00:00")), "checkout")
    path = next(path for path in then.access if path.person == "mia")
    eligible = replace(path, eligible=True)
    then = replace(then, access=tuple(one for one in then.access if one.person != "mia"), eligible=(eligible,))
    view = who_view(then, system)
    assert "mia" not in {holder.person for holder in view.holders}
    assert [holder.person for holder in view.eligible] == ["mia"]
    assert [one["state"] for one in who_json(then, system)["eligible"]] == ["eligible"]
