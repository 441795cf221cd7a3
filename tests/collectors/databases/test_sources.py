"""Sources of databases as `auditor init` makes them, and what the reading login is given."""

import json

import pytest
from click.testing import CliRunner
from pydantic import ValidationError

from auditor.cli.commands import cli
from auditor.config.sources.databases import MysqlAccess
from auditor.discovery.live import live_sources
from collectors.recognise import sources_in


def test_a_host_is_a_source_and_a_word_that_is_none_is_said():
    made, missed = live_sources([("postgres", ["orders.db.example:5433", "x:y"]), ("mysql", ["shop.db.example"])])
    assert [{k: v for k, v in one.items() if k != "name"} for one in made] == [
        {"kind": "postgres-access", "instance": "orders", "host": "orders.db.example", "port": 5433},
        {"kind": "mysql-access", "instance": "shop", "host": "shop.db.example", "password_env": "MYSQL_PWD"},
    ]
    assert missed == ["x:y: x:y is no host of a database. Give it as db.harbour.example or with :5432."]


def test_saved_answers_are_known_and_named_for_their_file(tmp_path):
    for name, version in (("orders", 150004), ("$(shop)", "8.4.3")):
        (tmp_path / f"{name}.jsonl").write_text(json.dumps({"part": "server", "version": version}) + "\n")
    found = sources_in(tmp_path, tmp_path)
    assert found.left == ()
    assert {(one["kind"], one["instance"], one["path"]) for one in found.sources} == {
        ("postgres-access", "orders", "orders.jsonl"),
        ("mysql-access", "shop", "$(shop).jsonl"),
    }


@pytest.mark.parametrize(
    ("family", "needed"), [("postgres", "pg_hba_file_rules"), ("mysql", "GRANT SELECT ON mysql.*")]
)
def test_the_grants_of_the_reading_login_are_printed(family, needed):
    result = CliRunner().invoke(cli, ["permissions", family])
    assert result.exit_code == 0
    assert needed in result.stdout
    assert "SUPERUSER" not in result.stdout


def test_logs_are_known_and_are_those_of_the_one_server_beside_them(tmp_path):
    line = '2026-02-28 10:00:00.000 UTC,,,7,,5c77.7,1,,2026-02-28 09:00:00 UTC,,0,LOG,00000,"starting",,,,,,,,,""\n'
    (tmp_path / "postgres.csv").write_text(line)
    (found,) = sources_in(tmp_path, tmp_path).sources
    assert (found["kind"], found["instance"]) == ("postgres-logs", "database")
    for names, told in ((("orders",), "orders"), (("orders", "shop"), "database")):
        for name in names:
            (tmp_path / f"{name}.jsonl").write_text(json.dumps({"part": "server", "version": 150004}) + "\n")
        logs = [one for one in sources_in(tmp_path, tmp_path).sources if one["kind"] == "postgres-logs"]
        assert [one["instance"] for one in logs] == [told]


def test_one_place_for_the_password():
    with pytest.raises(ValidationError, match="not both"):
        MysqlAccess(name="x", kind="mysql-access", instance="x", host="h", password_env="A", option_file="b")
