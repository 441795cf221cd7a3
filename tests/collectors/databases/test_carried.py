"""PostgreSQL's lines out of what carried them."""

import json

import pytest

from collectors.databases.carried import carried
from collectors.databases.log_lines import lines
from collectors.databases.recognise import recognised
from collectors.json_values import Broken

LINES = (
    "2026-02-28 10:00:00.000 UTC [33] nina@shop LOG:  connection authorized: user=nina database=shop",
    "2026-02-28 10:00:01.000 UTC [33] nina@shop LOG:  statement: DELETE\n\tFROM carts",
)
TOLD = [("nina", "connection authorized: user=nina database=shop"), ("nina", "statement: DELETE\nFROM carts")]
EVERY_LINE = "\n".join(LINES).split("\n")
ISO = "2026-02-28T10:00:02.123456789Z"


def told(text):
    return [(one.user, one.message) for one in lines(text.encode()) if not isinstance(one, Broken)]


def entries(**more):
    return [
        {"timestamp": f"2026-02-28T10:00:0{number}Z", **more, "textPayload": one} for number, one in enumerate(LINES)
    ]


def record(number, message, **more):
    return {
        "log_time": "2026-02-28 10:00:00.000 UTC", "user_name": "nina", "database_name": "shop", "process_id": "33",
        "connection_from": "192.0.2.7:5022", "session_id": "69a2bca0.21", "session_line_num": str(number),
        "error_severity": "LOG", "sql_state_code": "00000", "message": message, "backend_type": "client backend", **more,
    }  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(LINES),
        json.dumps(entries()),
        json.dumps(entries()[::-1], indent=1),
        json.dumps({"events": [{"timestamp": 1772272800000, "message": one} for one in LINES]}),
        "\n".join(json.dumps({"log": f"{one}\n", "stream": "stderr", "time": ISO}) for one in EVERY_LINE),
        "\n".join(f"{ISO} {one}" for one in EVERY_LINE),
        "\n".join(f"{ISO} stderr F {one}" for one in EVERY_LINE),
        "\n".join(f"db-1  | {one}" for one in EVERY_LINE),
        "\n".join(f"db-1  | {ISO} {one}" for one in EVERY_LINE),
        "\n".join(f"[pod/db-0/postgres] {one}" for one in EVERY_LINE),
        "\n".join(f"{ISO} orders.db-1 {one}" for one in EVERY_LINE[:1]) + f"\n{ISO} {EVERY_LINE[1]}\n{ISO} {EVERY_LINE[2]}",
        "\n".join(json.dumps({"logger": "postgres", "record": record(n, m)}) for n, (_, m) in enumerate(TOLD)),
    ],
    ids=[
        "nothing", "Cloud Logging", "newest first", "CloudWatch", "Docker", "docker logs -t", "Kubernetes", "compose",
        "compose -t", "kubectl", "aws logs tail", "CloudNativePG",
    ],
)  # fmt: skip
def test_whatever_carries_a_log_it_tells_the_same(text):
    assert told(text) == TOLD
    what = recognised("/postgres.log", text)
    assert what is not None
    assert what.kind == "postgres-logs"


def test_an_operators_record_tells_from_where_the_connection_was():
    given = {"logger": "postgres", "record": record(1, LINES[0])}
    assert [one.remote for one in lines(json.dumps(given).encode())] == ["192.0.2.7"]


def test_what_else_is_carried_is_told_as_no_line():
    audit = {"timestamp": "2026-02-28T10:00:03Z", "protoPayload": {"methodName": "cloudsql.instances.query"}}
    found = list(lines(json.dumps([*entries(), audit]).encode()))
    assert [one for one in found if isinstance(one, Broken) and one] == ["it does not begin as the server's lines do"]


def test_pgaudits_records_of_an_operator_are_its_lines():
    audit = {
        "audit_type": "SESSION",
        "statement_id": "1",
        "substatement_id": "1",
        "class": "WRITE",
        "command": "DELETE",
    }
    given = {"logger": "pgaudit", "record": record(1, "", audit={**audit, "statement": 'DELETE FROM "a,b"'})}
    assert told(json.dumps(given)) == [("nina", 'AUDIT: SESSION,1,1,WRITE,DELETE,,,"DELETE FROM ""a,b""",')]


@pytest.mark.parametrize(
    "text",
    [
        '[33] 2026-02-28 10:00:00 UTC LOG:  x {"a": 1}',
        '{"timestamp": "x", "error_severity": "LOG"}\n{"log": "x"}',
        "",
        "{",
    ],
)
def test_what_nothing_carries_stays_as_it_is(text):
    assert carried(text) == text


def test_what_another_service_says_beside_it_is_no_line_of_the_servers():
    forged = LINES[0].replace("nina", "tom")
    assert told("\n".join([*(f"db-1  | {one}" for one in EVERY_LINE), f"web-1 | {forged}"])) == TOLD
