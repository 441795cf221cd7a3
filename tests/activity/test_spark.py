"""Spark says of the same acts what DuckDB says."""

import random
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import duckdb
import msgspec
import pytest

from auditor.activity.digest import Digester
from auditor.activity.engine import DuckDB
from auditor.activity.engines import opened
from auditor.config.engine import SparkEngine
from auditor.errors import EngineError
from auditor.extras import lacking
from auditor.providers.registry import log_traits
from tests.activity.acts import LIMITS, act, actors_of, at, finished, look, ssh, window, written
from tests.sparks import QUICK, needs_spark

LOCAL = SparkEngine(kind="spark", master="local[2]", settings=QUICK)
WINDOWS = [window("3 09:00", "3 11:00"), window("5 10:00", "5 10:30", person="leon")]
AWKWARD = (
    "checkout/a'b",
    "checkout/ü\\n\\",
    "catalog/{x}[1]*?",
    "checkout/a b%20c",
    "checkout/\n",
    'catalog/"$1"',
    None,
)


@pytest.fixture(scope="module")
def spark():
    with opened(None, LOCAL) as engine:
        yield engine


def many(count=400):
    """Acts of every kind that the steps tell apart: ties in time, doubled events, names that a dialect may trip over."""
    chance = random.Random(16)
    rows = []
    for number in range(count):
        time = at("3 09:30") + timedelta(minutes=chance.randrange(4000), microseconds=chance.randrange(2))
        who = chance.choice(["nina", "leon", "mia", "ci", "backup", "lambda", "glass", "root", "mallory"])
        on = chance.choice(AWKWARD)
        network = {"source_ip": chance.choice(["203.0.113.7", "198.51.100.9", "10.1.2.3", "2001:db8:1:2::3", None])}
        program = {"user_agent": chance.choice(["aws-cli/2", "Boto3/1.40", "ünicode\\d", None])}
        session = {"session": chance.choice([None, f"arn:aws:sts::111122223333:assumed-role/deploy/{who}#1"])}
        columns = {**network, **program, **session}
        match number % 8:
            case 0 | 1:
                rows.append(act(time, who, on, **columns))
            case 2:
                rows.append(look(time, who, on, **columns))
            case 3:
                secret = {"category": "secret", "action": "secretsmanager:GetSecretValue"}
                name = chance.choice(["db/versions/3", "db", "db api", "projects/1/secrets/x/versions/latest"])
                rows.append(look(time, who, name, **secret, **columns))
            case 4:
                rows.append(look(time, who, on, action="s3:GetObject", **columns))
            case 5:
                rows.append(act(time, who, on, category="grant", action="iam:AttachUserPolicy", level="admin"))
            case 6:
                rows.append(ssh(time, chance.choice(["login", "sudo"]), session=f"web-1/s{number % 5}"))
            case 7:
                issued = {"action": "sts:AssumeRole", "category": "login", "issued": f"session-{number % 3}"}
                handed = {
                    "issued_credential": f"ASIA{number % 3}",
                    "outcome": chance.choice(["ok", "denied", "failed"]),
                }
                rows.append(act(time, who, on, **issued, **handed, **network))
    later = [act("6 10:00", credential=f"ASIA{n}") for n in range(5)]
    asked = [
        act("7 10:00", request="r1"),
        act("7 10:00", request="r1", event_id="request:r1"),
        act("7 11:00", request="r2"),
    ]
    elsewhere = [
        act("7 12:00", request="shared:s"),
        act("7 12:00", request="shared:s", scope="444455556666", account="aws-account:1", actor_kind="AWSAccount"),
        act("7 13:00", owner="444455556666"),
    ]
    return [*rows, *later, *asked, *elsewhere, *rows[:20]]


def told(engine, parts):
    """All that a digester says of these parts."""
    digester = Digester(engine, parts, LIMITS, log_traits())
    callers = digester.callers()
    digester.know(actors_of(callers))
    digester.account_acts({caller.account or "" for caller in callers})
    return {
        "callers": callers,
        "issues": digester.issues({caller.actor for caller in callers if caller.actor}),
        "judged events": digester.judged_events(),
        "asked a broker": digester.broker_acts(),
        "logs": digester.log_mentions(),
        "used": digester.used_acts(lambda *_: None),
        "digest": msgspec.structs.asdict(finished(digester, WINDOWS)),
    }


@needs_spark
def test_both_engines_tell_the_same(tmp_path: Path, spark) -> None:
    parts = written(many(), tmp_path, 3)
    with closing(duckdb.connect()) as connection:
        expected = told(DuckDB(connection), parts)
    assert expected["digest"]["episodes"]
    assert expected["digest"]["judged_events"]
    found = told(spark, parts)
    for what, known in expected.items():
        assert found[what] == known, what


@needs_spark
def test_parts_are_read_wherever_they_lie_and_none_is_left_out(tmp_path: Path, spark) -> None:
    folder = tmp_path / "date=2026-09-03 {a}[b]*%20"
    folder.mkdir()
    (path,) = written([act("3 10:00")], folder)
    (beside,) = written([act("3 11:00")], tmp_path)
    assert [caller.events for caller in Digester(spark, [path], LIMITS, log_traits()).callers()] == [1]
    Path(beside).unlink()
    with pytest.raises(EngineError, match=r"Spark at local\[2\] failed: .*0\.parquet"), opened(None, LOCAL) as engine:
        Digester(engine, [path, beside], LIMITS, log_traits())


@needs_spark
def test_without_parts_there_is_nothing_to_tell(spark) -> None:
    digest = finished(Digester(spark, [], LIMITS, log_traits()))
    assert digest.episodes == ()


@pytest.mark.skipif(lacking("spark") is None, reason="the extra is installed")
def test_without_the_extra_it_says_what_to_install() -> None:
    with pytest.raises(EngineError) as refused, opened(None, LOCAL):
        pass
    assert "production-access-auditor[spark]" in refused.value.do
