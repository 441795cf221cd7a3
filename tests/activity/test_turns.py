"""Keys used in turns from two networks."""

import random

import pytest

from auditor.model.tables import Activity
from tests.activity.acts import at, digested, look, ssh

HOME = {"source_ip": "203.0.113.7", "user_agent": "aws-cli/2"}
CLOUD_SHELL = "google-cloud-sdk gcloud/489.0.0 command/gcloud.run.deploy environment/devshell interactive/True"
CONSOLE = "[S3Console/0.4, aws-internal/3 aws-sdk-java/1.12.750 Linux/5.10.216 OpenJDK_64-Bit_Server_VM/25]"
AWAY = {"source_ip": "198.51.100.9", "user_agent": "Boto3/1"}


def in_turns(*minutes: int, **columns: object) -> list[Activity]:
    """Nina's key, now from home, now from elsewhere, at these minutes after ten."""
    return [look(f"3 10:{minute:02}", **{**(AWAY if n % 2 else HOME), **columns}) for n, minute in enumerate(minutes)]


def test_there_and_back_and_there_again_is_counted_with_where_and_when() -> None:
    (turns,) = digested(in_turns(0, 5, 9, 20)).alternating_uses
    assert (turns.person, turns.credential, turns.turns) == ("nina", "AKIANINA", 3)
    assert (turns.first_at, turns.last_at) == (at("3 10:00"), at("3 10:20"))
    assert set(turns.addresses) == {"203.0.113.7", "198.51.100.9"}
    assert set(turns.programs) == {"aws-cli/2", "Boto3/1"}
    assert turns.sample.origin == "trail/a.json.gz"


@pytest.mark.parametrize(
    "rows",
    [
        in_turns(0, 5),
        [look("3 09:00", **HOME), look("3 12:00", **AWAY), look("3 15:00", **HOME)],
        in_turns(0, 5, 9, user_agent="aws-cli/2"),
        in_turns(0, 5, 9, source_ip="203.0.113.7"),
        [look("3 10:00", **HOME), look("3 10:05", **AWAY | {"source_ip": "203.0.200.1"}), look("3 10:09", **HOME)],
        [look("3 10:00", **HOME), look("3 10:05", **AWAY | {"source_ip": "s3.amazonaws.com"}), look("3 10:09", **HOME)],
        in_turns(0, 5, 9, invoked_by="cloudformation.amazonaws.com"),
        [row for minute in (0, 5, 9) for row in (look(f"3 10:0{minute}", who="backup", **AWAY),)],
        [ssh("3 10:00", **HOME), ssh("3 10:05", **AWAY), ssh("3 10:09", **HOME)],
        in_turns(0, 5, 9, source_ip=None),
        [*in_turns(0, 5, 9)[:1], look("3 10:05", **(AWAY | {"source_ip": "10.2.3.4"})), look("3 10:09", **HOME)],
        [*in_turns(0, 5, 9)[:1], look("3 10:05", **(AWAY | {"source_ip": "100.64.3.4"})), look("3 10:09", **HOME)],
        [look("3 10:00", **HOME), look("3 10:05", **AWAY | {"source_ip": "2001:db8:7::1"}), look("3 10:09", **HOME)],
        [look("3 10:00", **HOME), look("3 10:05", **AWAY | {"user_agent": CONSOLE}), look("3 10:09", **HOME)],
        [look("3 10:00", **HOME), look("3 10:05", **AWAY | {"user_agent": CLOUD_SHELL}), look("3 10:09", **HOME)],
        [*in_turns(0, 5, 9), look("3 11:00", who="mia", **AWAY), look("3 12:00", who="leon", **AWAY)],
    ],
    ids=[
        "once there",
        "office, train, office",
        "one program",
        "one address",
        "one network",
        "a service's host name",
        "on somebody's behalf",
        "a robot",
        "ssh is judged by its sessions",
        "no address at all",
        "a private address",
        "a carrier's own address",
        "one desk's other kind of address",
        "the console's own program",
        "a shell in the provider's browser",
        "the office's address",
    ],
)
def test_what_one_person_can_do_is_not_counted(rows: list[Activity]) -> None:
    assert digested(rows).alternating_uses == ()


def test_an_address_that_two_people_share_is_no_offices() -> None:
    (turns,) = digested([*in_turns(0, 5, 9), look("3 11:00", who="mia", **AWAY)]).alternating_uses
    assert turns.person == "nina"


def test_the_order_of_the_rows_does_not_matter() -> None:
    rows = in_turns(0, 5, 9, 20, 21)
    shuffled = random.Random(3).sample(rows, len(rows))
    assert digested(shuffled).alternating_uses == digested(rows).alternating_uses


def test_a_robots_key_is_told_by_network_and_program() -> None:
    home = [look(f"{day} 10:00", who="backup", **HOME) for day in (2, 3, 4)]
    away = look("4 11:00", who="backup", **AWAY)
    named = look("4 12:00", who="backup", **HOME | {"source_ip": "s3.amazonaws.com"})
    uses = digested([*home, away, named, look("4 10:00", **HOME)]).key_uses
    assert [(use.credential, use.network, use.program, use.events, use.days) for use in uses] == [
        ("AKIABACKUP", "203.0", "aws-cli", 3, 3),
        ("AKIABACKUP", "198.51", "Boto3", 1, 1),
    ]
    assert uses[1].sample.event_id == away.event_id
