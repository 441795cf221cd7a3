"""Who acted, as the events name them, and whose session is whose."""

from contextlib import closing

import duckdb
import pytest

from auditor.activity.digest import Digester
from auditor.activity.limits import Asked
from auditor.activity.results import Caller, Issue
from auditor.model.tables import Activity
from auditor.providers.registry import log_traits
from tests.activity.acts import AWS, BEGIN, END, LIMITS, MINUTE, act, at, begun, digested, look, ssh
from tests.copies import replace

ROLE = f"arn:aws:iam::{AWS}:role/deploy"
SESSION = f"arn:aws:sts::{AWS}:assumed-role/deploy/work"


@pytest.fixture
def over(tmp_path):
    """Makes a digester over rows."""
    with closing(duckdb.connect()) as connection:
        yield lambda *rows, **asked: begun(rows, LIMITS, str(tmp_path), connection, **asked)


def assume(time: str, key: str, who: str = "nina", **columns) -> Activity:
    issued = {"action": "sts:AssumeRole", "category": "login", "issued": SESSION, "issued_credential": key}
    return act(time, who, ROLE, **{**issued, **columns})


def in_role(time: str, key: str) -> Activity:
    return act(time, account=ROLE, actor=SESSION, actor_kind="AssumedRole", credential=key, session=f"{SESSION}#{key}")


def test_a_caller_is_named_once_with_how_often_and_when_it_acted(over) -> None:
    callers = over(
        act("3 10:00"), look("3 12:00"), act("3 11:00", outcome="denied"), act("3 10:00", who="leon")
    ).callers()
    assert [(c.caller, c.account, c.events, c.first_at, c.last_at) for c in callers] == [
        (1, f"arn:aws:iam::{AWS}:user/leon", 1, at("3 10:00"), at("3 10:00")),
        (2, f"arn:aws:iam::{AWS}:user/nina", 3, at("3 10:00"), at("3 12:00")),
    ]


def test_a_session_is_told_by_the_key_that_was_handed_out_for_it(over) -> None:
    digester = over(
        assume("3 10:00", "ASIA1"),
        assume("3 11:00", "ASIA2", who="leon"),
        in_role("3 10:01", "ASIA1"),
        in_role("3 11:01", "ASIA2"),
        in_role("3 12:01", "ASIA2"),
    )
    callers = {c.caller: c for c in digester.callers()}
    opened = {(callers[i.caller].account.rsplit("/", 1)[1], i.issued, i.issued_credential) for i in issues(digester)}
    assert opened == {("nina", SESSION, "ASIA1"), ("leon", SESSION, "ASIA2")}
    assert {(c.actor, c.credential, c.events) for c in callers.values() if c.account == ROLE} == {
        (SESSION, "ASIA1", 1),
        (SESSION, "ASIA2", 2),
    }


def test_the_same_session_opened_again_and_again_is_one_issue_of_its_first_and_last_time(over) -> None:
    digester = over(
        assume("3 11:00", "ASIA1"),
        assume("3 10:00", "ASIA1"),
        assume("3 12:00", "ASIA1", outcome="denied"),
        in_role("3 11:01", "ASIA1"),
    )
    assert issues(digester) == [
        Issue(caller=2, issued=SESSION, issued_credential="ASIA1", time=at("3 10:00"), last_at=at("3 11:00"))
    ]


def test_keys_that_services_fetch_for_themselves_do_not_multiply_the_callers(over) -> None:
    service = {"account": "lambda.amazonaws.com", "actor": "lambda.amazonaws.com", "actor_kind": "AWSService"}
    rows = []
    for number in range(5):
        rows.append(assume("3 10:00", f"ASIA{number}", **service, credential=None))
        rows.append(in_role("3 10:01", f"ASIA{number}"))
    digester = over(*rows)
    assert [(c.actor, c.credential, c.events) for c in digester.callers()] == [
        (SESSION, None, 5),
        ("lambda.amazonaws.com", None, 5),
    ]
    assert [(i.issued, i.issued_credential) for i in issues(digester)] == [(SESSION, None)]


def test_a_session_opened_before_the_period_is_still_known_in_it(over) -> None:
    before = replace(assume("1 00:00", "ASIA1"), time=LIMITS.period_from - MINUTE)
    assert len(issues(over(before, in_role("1 00:10", "ASIA1")))) == 1


def test_sessions_that_nobody_used_are_not_told(over) -> None:
    digester = over(assume("3 10:00", "ASIA1"), assume("3 10:00", "ASIA2"), look("3 10:01", actor=SESSION + "-2"))
    assert issues(digester) == []


def test_failed_sign_ins_signs_of_life_and_what_came_later_have_no_caller(over) -> None:
    rows = [
        ssh("3 10:00", outcome="failed"),
        ssh("3 10:01", "heartbeat", action="log:heartbeat", category="read", actor_kind="log"),
        act(END),
    ]
    assert over(*rows).callers() == []


def test_nulls_and_odd_names_are_callers_like_any_other(over) -> None:
    nothing = {"account": None, "actor": None, "actor_kind": None, "credential": None}
    odd = "'; drop table callers; --\n\u202eü"
    callers = over(act("3 10:00", **nothing), act("3 10:01", **nothing), act("3 10:02", actor=odd)).callers()
    assert [(c.actor, c.events) for c in callers] == [(None, 2), (odd, 1)]


def test_systems_are_asked_for_what_judged_callers_touched_once_each(over) -> None:
    reading = look("3 10:03", who="ci", on="other/x")
    digester = over(act("3 10:00"), look("3 10:01"), look("3 10:02", on=None), reading)
    digester.know(_actors(digester.callers()))
    asked = []

    def owner(provider, scope, resource):
        asked.append((provider, scope, resource))

    def owners(*_):
        raise AssertionError("so few are asked for one by one")

    digester.place([("aws", AWS)], owner, owners)
    assert asked == [("aws", AWS, None), ("aws", AWS, "checkout/api")]


def test_many_things_are_placed_as_few_are() -> None:
    few = digested([act(at("3 10:00") + n * MINUTE / 100, on=f"checkout/{n}") for n in range(3)])
    many = digested([act(at("3 10:00") + n * MINUTE / 100, on=f"checkout/{n}") for n in range(5_003)])
    for digest in (few, many):
        assert {(one.person, one.system) for one in digest.episodes} == {("nina", "checkout")}
    assert sum(one.events for one in many.episodes) == 5_003


def test_a_caller_given_twice_is_refused(over) -> None:
    digester = over(act("3 10:00"))
    actors = _actors(digester.callers())
    with pytest.raises(ValueError, match="actors holds a row twice"):
        digester.know([*actors, *actors])


def test_parts_written_before_a_column_existed_can_be_read(tmp_path) -> None:
    import pyarrow.parquet as pq

    with closing(duckdb.connect()) as connection:
        begun([act("3 10:00")], LIMITS, str(tmp_path), connection)
        path = tmp_path / "0.parquet"
        pq.write_table(pq.read_table(path).drop_columns(["invoked_by", "detail"]), path)
        from auditor.activity.engine import DuckDB

        (caller,) = Digester(DuckDB(connection), [str(path)], LIMITS, log_traits()).callers()
        assert caller.invoked_by is None


@pytest.mark.parametrize(
    "asked", [Asked(category="grant"), Asked(place=lambda provider, scope: (provider, scope) == ("aws", "other"))]
)
def test_where_little_is_asked_for_whoever_opened_its_sessions_is_told_too(over, asked) -> None:
    digester = over(
        assume("3 10:00", "ASIA1"),
        assume("3 10:00", "ASIA2", who="leon", outcome="denied"),
        act("3 10:01", who="mia"),
        replace(in_role("3 10:01", "ASIA1"), category="grant", scope="other"),
        replace(in_role("3 10:02", "ASIA1"), scope="third"),
        replace(in_role("1 00:00", "ASIA1"), category="grant", scope="other", time=BEGIN - MINUTE),
        asked=asked,
    )
    callers = digester.callers()
    assert [(c.account.rsplit("/", 1)[1], c.scope, c.events, c.asked) for c in callers] == [
        ("nina", AWS, 1, 0),
        ("deploy", "other", 2, 1),
    ]
    assert [(issue.caller, issue.issued_credential) for issue in issues(digester)] == [(callers[0].caller, "ASIA1")]


def _actors(callers: list[Caller]) -> list[dict[str, object]]:
    return [
        {
            "caller": c.caller,
            "actor_class": "pipeline" if c.account.endswith("/ci") else "unknown",
            "account": c.account,
            "everywhere": False,
        }
        for c in callers
    ]


def issues(digester: Digester) -> list[Issue]:
    return digester.issues({caller.actor for caller in digester.callers()})
