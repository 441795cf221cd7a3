"""One principal, one system, one session, no long pause: that is an episode."""

from datetime import timedelta

import pytest

from auditor.activity.limits import Limits
from auditor.model.vocabulary import ActorClass
from tests.activity.acts import BEGIN, END, HOUR, LIMITS, MINUTE, act, at, digested, look, ssh, window
from tests.copies import replace


def test_a_sitting_is_one_episode_however_many_calls_it_has() -> None:
    rows = [look(at("3 10:00") + timedelta(seconds=5 * n)) for n in range(40)]
    (episode,) = digested(
        [*rows, act("3 10:05"), act("3 10:06", outcome="denied"), act("3 10:07", outcome="failed")]
    ).episodes
    assert (episode.person, episode.actor_class, episode.system) == ("nina", ActorClass.PERSON, "checkout")
    assert (episode.starts_at, episode.ends_at) == (at("3 10:00"), at("3 10:07"))
    assert (episode.events, episode.reads, episode.changes, episode.denied) == (43, 40, 1, 1)
    assert episode.actions == ("ecs:UpdateService", "ecs:DescribeServices")


def test_a_pause_as_long_as_the_session_gap_belongs_to_the_episode_and_a_longer_one_ends_it() -> None:
    rows = [look("3 10:00"), look("3 10:30"), look("3 11:00:01")]
    assert [(e.starts_at, e.events) for e in digested(rows).episodes] == [(at("3 10:00"), 2), (at("3 11:00:01"), 1)]


def test_systems_sessions_and_keys_keep_episodes_apart() -> None:
    rows = [
        look("3 10:00"),
        look("3 10:01", on="catalog/api"),
        look("3 10:02", on=None),
        look("3 10:03", credential="AKIAOTHER"),
        look("3 10:04", session="arn:aws:sts::111122223333:assumed-role/deploy/nina#1"),
        look("3 10:05", who="leon"),
    ]
    assert [(e.person, e.system, e.events) for e in digested(rows).episodes] == [
        ("nina", "checkout", 1),
        ("nina", "catalog", 1),
        ("nina", None, 1),
        ("nina", "checkout", 1),
        ("nina", "checkout", 1),
        ("leon", "checkout", 1),
    ]


def test_console_work_with_a_new_temporary_key_for_each_service_is_one_sitting() -> None:
    rows = [act("3 10:00", credential="ASIA1"), act("3 10:05", credential="ASIA2")]
    (episode,) = digested(rows).episodes
    assert episode.events == 2


def test_of_each_thing_that_was_signed_in_to_it_is_known_when() -> None:
    role = {"category": "login", "action": "sts:AssumeRole", "level": "read", "on": "checkout/role"}
    rows = [look("3 09:55"), act("3 10:00", **role), act("3 10:20", **role), look("3 10:45")]
    (episode,) = digested(rows).episodes
    assert (episode.login_targets, episode.login_times) == (("checkout/role",), ((at("3 10:00"), at("3 10:20")),))


@pytest.mark.parametrize("key", ["AKIANINA", "ASIAOFCLOUDFORMATION"])
def test_what_a_service_called_on_somebodys_behalf_joins_their_episode(key: str) -> None:
    rows = [act("3 10:00"), act("3 10:01", invoked_by="cloudformation.amazonaws.com", credential=key)]
    (episode,) = digested(rows).episodes
    assert episode.changes == 2


def test_an_sshd_session_is_one_episode_however_long_it_stays_silent() -> None:
    rows = [ssh("3 08:00"), ssh("3 17:00", "logout"), ssh("3 09:00", session="web-1/s2")]
    assert [(e.starts_at, e.ends_at, e.logins) for e in digested(rows).episodes] == [
        (at("3 08:00"), at("3 17:00"), 2),
        (at("3 09:00"), at("3 09:00"), 1),
    ]


def test_the_providers_own_services_have_no_episodes() -> None:
    rows = [act("3 10:00", who=who) for who in ("ci", "lambda", "backup", "mallory", "glass", "root")]
    classes = {e.actor_class for e in digested(rows).episodes}
    assert classes == set(ActorClass) - {ActorClass.PERSON, ActorClass.PROVIDER}


def test_of_a_pipeline_only_what_it_changed_or_did_on_hosts_counts() -> None:
    reading, failing = look("3 10:01", who="ci"), act("3 10:02", who="ci", outcome="denied")
    assert digested([reading, failing]).episodes == ()
    (episode,) = digested([act("3 10:00", who="ci"), reading, failing]).episodes
    assert (episode.events, episode.changes, episode.reads, episode.denied) == (1, 1, 0, 0)
    (login,) = digested([act("3 10:00", who="ci", provider="ssh", category="login", level="read")]).episodes
    assert (login.provider, login.logins) == ("ssh", 1)


def test_a_robots_ever_new_sessions_are_one_stream_known_or_not() -> None:
    robots = ("backup", "ci", "mallory")
    rows = [act(at("3 10:00") + n * MINUTE, who=who, session=f"s{n}") for n in range(10) for who in robots]
    assert [episode.events for episode in digested(rows).episodes] == [10, 10, 10]


def test_a_failed_sign_in_and_a_sign_of_life_are_nobodys_act() -> None:
    rows = [ssh("3 10:00", outcome="failed"), ssh("3 10:01", "heartbeat", action="log:heartbeat", actor_kind="log")]
    assert digested(rows).episodes == ()


def test_only_the_period_counts_and_its_end_is_not_in_it() -> None:
    rows = [act(BEGIN - timedelta(microseconds=1)), act(BEGIN), act(END - timedelta(microseconds=1)), act(END)]
    assert [e.starts_at for e in digested(rows).episodes] == [BEGIN, END - timedelta(microseconds=1)]


def test_the_sample_is_the_first_uncovered_change_then_the_first_change_then_the_first_event() -> None:
    first, inside, outside = look("3 09:58"), act("3 10:00"), act("3 10:10")
    claimed = window("3 09:50", "3 10:04")
    assert digested([first]).episodes[0].sample.event_id == first.event_id
    assert digested([first, inside], [claimed]).episodes[0].sample.event_id == inside.event_id
    sample = digested([first, inside, outside], [claimed]).episodes[0].sample
    assert (sample.event_id, sample.record, sample.origin) == (outside.event_id, outside.record, outside.origin)
    assert sample.sha256 == outside.sha256


def test_lists_are_bounded_and_those_of_changes_come_first() -> None:
    rows = [look("3 10:00", on="checkout/logs", source_ip=f"203.0.113.{n}", user_agent=f"agent {n}") for n in range(20)]
    (episode,) = digested([*rows, act("3 10:01", on="checkout/db", source_ip="198.51.100.9")]).episodes
    assert episode.resources == ("checkout/db", "checkout/logs")
    assert len(episode.source_ips) == len(episode.user_agents) == 8
    assert episode.source_ips[0] == "198.51.100.9"


def test_what_was_refused_is_shown_last() -> None:
    refused = [act("3 10:00", action="iam:Refused", outcome="denied", on="checkout/vault") for _ in range(5)]
    (episode,) = digested([*refused, look("3 10:01")]).episodes
    assert episode.actions == ("ecs:DescribeServices", "iam:Refused")
    assert episode.resources == ("checkout/api", "checkout/vault")


def test_what_changed_something_is_told_whole_and_what_did_not_succeed_is_not_in_it() -> None:
    changes = [act("3 10:00", action=f"rds:Modify{n:02}") for n in range(12)]
    others = [
        look("3 10:01"),
        act("3 10:02", action="iam:Refused", outcome="denied"),
        act("3 10:03", action="secretsmanager:GetSecretValue", category="secret", level="read"),
    ]
    outside = act("3 11:00", action="kms:ScheduleKeyDeletion")
    limits = replace(LIMITS, session_gap=HOUR)
    (episode,) = digested([*changes, *others, outside], [window("3 09:50", "3 10:30")], limits).episodes
    assert episode.change_actions == ("kms:ScheduleKeyDeletion", *(row.action for row in changes))
    assert episode.whole
    assert len(episode.actions) == LIMITS.listed


def test_secrets_count_wherever_they_are_and_objects_where_a_system_claims_them() -> None:
    names = [f"checkout/exports/orders {n}.csv" for n in (1, 2, 2)]
    own = [act("3 10:00", action="s3:GetObject", category="read", level="read", on=name) for name in names]
    website = act("3 10:01", action="s3:GetObject", category="read", level="read", on="website")
    refused = act("3 10:01", action="s3:GetObject", category="read", level="read", outcome="denied")
    secrets = act("3 10:02", action="ssm:GetParameters", category="secret", level="read", on="search/a search/b")
    found = digested([*own, website, refused, secrets]).episodes
    assert {one.system: (one.secrets, one.objects) for one in found}["checkout"] == (0, 2)
    assert (sum(one.secrets for one in found), sum(one.objects for one in found)) == (2, 2)


def test_versions_of_one_secret_are_one() -> None:
    read = {"action": "secretmanager:AccessSecretVersion", "category": "secret", "level": "read"}
    versions = [act("3 10:00", on=f"checkout/projects/1/secrets/db/versions/{n}", **read) for n in (1, 2)]
    assert [one.secrets for one in digested(versions).episodes] == [1]


@pytest.mark.parametrize(
    ("provider", "action", "listing", "most"),
    [
        ("aws", "ssm:GetParametersByPath", "checkout/prod", 10),
        ("gcp", "k8s.io:secrets.list", "checkout/secrets", 1_000_000),
        ("gitlab", "gitlab:variable_viewed_api", "checkout/variables", 100),
    ],
)
def test_a_listing_is_one_secret_that_may_be_as_many_as_a_page_holds(
    provider: str, action: str, listing: str, most: int
) -> None:
    read = {"provider": provider, "action": action, "category": "secret", "level": "read"}
    pages = [act("3 10:00", on=listing, **read), act("3 10:01", on=listing, **read)]
    other = act(
        "3 10:02",
        on="checkout/variables/one",
        **read | {"action": action.replace("list", "get").replace("sByPath", "")},
    )
    (episode,) = digested([*pages, other]).episodes
    assert (episode.secrets, episode.secrets_at_most) == (2, 2 * most + 1)


def test_what_a_batch_read_is_logged_one_by_one_and_counts_once() -> None:
    read = {"category": "secret", "level": "read"}
    batch = act("3 10:00", action="secretsmanager:BatchGetSecretValue", on="checkout/a checkout/b", **read)
    told = [act("3 10:00", action="secretsmanager:GetSecretValue", on=f"checkout/{one}-XyZ123", **read) for one in "ab"]
    assert [(one.secrets, one.secrets_at_most) for one in digested([batch, *told]).episodes] == [(2, 2)]
    assert [(one.secrets, one.secrets_at_most) for one in digested([batch]).episodes] == [(2, 2)]
    filtered = act("3 10:00", action="secretsmanager:BatchGetSecretValue", on=None, **read)
    assert [(one.secrets, one.secrets_at_most) for one in digested([filtered]).episodes] == [(0, 20)]


def test_what_robots_fetch_is_not_counted_as_objects() -> None:
    fetched = act("3 10:00", who="backup", action="s3:GetObject", category="read", level="read")
    assert [one.objects for one in digested([fetched]).episodes] == [0]


def test_what_was_signed_in_to_and_from_where_is_told_whole() -> None:
    roles = [f"checkout/role/{n:02}" for n in range(12)]
    assuming = {"action": "sts:AssumeRole", "category": "login", "level": "read"}
    rows = [act("3 10:00", on=role, source_ip=f"203.0.113.{n}", **assuming) for n, role in enumerate(roles)]
    elsewhere = act("3 10:01", on="checkout/api", source_ip="198.51.100.9")
    (episode,) = digested([*rows, elsewhere]).episodes
    assert episode.login_targets == tuple(roles)
    assert set(episode.login_addresses) == {f"203.0.113.{n}" for n in range(12)}
    assert episode.logins == 12


@pytest.mark.parametrize(("different", "whole"), [(9, True), (10, False), (15, False)])
def test_an_episode_that_reaches_the_limit_is_not_whole(different: int, whole: bool) -> None:
    rows = [act("3 10:00", action=f"ecs:Update{n:02}") for n in range(different)]
    (episode,) = digested(rows, limits=replace(LIMITS, kept=10)).episodes
    assert (len(episode.change_actions), episode.whole) == (min(different, 10), whole)


def test_what_is_shown_of_reading_alone_is_whole() -> None:
    (shown,) = digested([look("3 10:00", action=f"ecs:Get{n:02}") for n in range(15)]).episodes
    assert shown.whole


def test_neither_order_nor_repeated_delivery_nor_whether_rows_are_held_changes_anything() -> None:
    rows = [
        *(
            act(at("3 10:00") + n * 7 * MINUTE, who=who)
            for n in range(12)
            for who in ("nina", "leon", "root", "backup")
        ),
        ssh("3 10:00"),
        act("4 10:00", category="grant", level="admin", action="iam:PutUserPolicy"),
    ]
    once = digested(rows, [window("3 10:00", "3 10:30")])
    from_another_copy = [_elsewhere(row) for row in rows[::2]]
    for parts in (1, 3):
        every = [*reversed(rows), *rows, *from_another_copy]
        assert digested(every, [window("3 10:00", "3 10:30")], parts=parts, held=0) == once


def test_a_quarter_of_an_hour_is_as_good_a_gap_as_any() -> None:
    limits = Limits(period_from=BEGIN, period_to=END, session_gap=15 * MINUTE)
    rows = [look(at("3 10:00") + n * 14 * MINUTE) for n in range(10)]
    assert [e.events for e in digested(rows, limits=limits).episodes] == [10]
    assert len(digested([look("3 10:00"), look("3 10:16")], limits=limits).episodes) == 2


def test_no_activity_at_all_is_an_empty_digest() -> None:
    digest = digested([])
    assert (digest.episodes, digest.judged_events, digest.last_used, digest.silences) == ((), (), {}, ())
    assert LIMITS.session_gap < HOUR


def _elsewhere(row):
    return replace(row, source="trail-2", origin="trail/z.json.gz", record=row.record + 1)


def test_what_was_changed_through_a_service_names_it_and_what_was_only_read_does_not():
    told = digested(
        [
            act("3 09:00", "nina", "checkout/web"),
            act("3 09:01", "nina", "checkout/web", invoked_by="cloudformation.amazonaws.com"),
            act(
                "3 09:02",
                "nina",
                "checkout/web",
                invoked_by="athena.amazonaws.com",
                action="s3:GetObject",
                category="read",
                level="read",
            ),
        ]
    )
    (episode,) = told.episodes
    assert (episode.changes, episode.services, episode.through) == (2, ("cloudformation.amazonaws.com",), None)
