"""Secrets are taken out of commands and parameters before they become evidence; everything else stays."""

import json
import time
from datetime import UTC, datetime

import pytest

from auditor.model.tables import Ticket
from collectors.detail import LONGEST, REMOVED, detail, quoted
from collectors.redact import MAX_LENGTH, redact, without_secrets


@pytest.mark.parametrize(
    ("command", "kept"),
    [
        ("DB_PASSWORD=hunter2 ./run", "DB_PASSWORD=*** ./run"),
        ("export db_passwd='a b c' x", "export db_passwd=*** x"),
        ('curl -d "{"api_key": "abc", "page": 2}"', 'curl -d "{"api_key": ***, "page": 2}"'),
        ("deploy --admin-token abc --region eu", "deploy --admin-token *** --region eu"),
        ("deploy --token --region eu", "deploy --token --region eu"),
        ("curl -H 'Authorization: Bearer abcdef123'", "curl -H 'Authorization: Bearer ***'"),
        ("curl -H 'Authorization: Basic YWJjZA=='", "curl -H 'Authorization: Basic ***'"),
        ("basic tests", "basic tests"),
        ("git clone https://nina:hunter2@git.example/x", "git clone https://nina:***@git.example/x"),
        ("git clone https://git.example:8080/x", "git clone https://git.example:8080/x"),
        ("curl -u nina:hunter2 https://x", "curl -u nina:*** https://x"),
        ("curl --user=nina:hunter2 https://x", "curl --user=nina:*** https://x"),
        ("sshpass -p hunter2 ssh web-1", "sshpass -p *** ssh web-1"),
        ("mysql -u root -phunter2 shop", "mysql -u root -p*** shop"),
        ("mysqldump --all -phunter2", "mysqldump --all -p***"),
        ("mysql -p shop", "mysql -p shop"),
        ("echo glpat-0123456789abcdef", "echo ***"),
        (f"echo ghp_{'a' * 20}", "echo ***"),
        ("echo xoxb-0123456789", "echo ***"),
        ("docker login -u nina -p hunter2 registry.example", "docker login -u nina -p *** registry.example"),
        ("sudo /usr/bin/docker login --password hunter2 -u x", "sudo /usr/bin/docker login --password *** -u x"),
        ("docker run -p 8080:80 shop", "docker run -p 8080:80 shop"),
        ("helm registry login -u nina -p 'a b' x", "helm registry login -u nina -p *** x"),
        ("redis-cli -h cache -a hunter2 FLUSHALL", "redis-cli -h cache -a *** FLUSHALL"),
        ("redis-cli --pass hunter2 ping", "redis-cli --pass *** ping"),
        (
            "kubectl create secret generic x --from-literal=key=hunter2",
            "kubectl create secret generic x --from-literal=key=***",
        ),
        (
            "kubectl create secret generic x --from-literal a.b='h 2'",
            "kubectl create secret generic x --from-literal a.b=***",
        ),
        ("curl --proxy-user nina:hunter2 https://x", "curl --proxy-user nina:*** https://x"),
        ("curl -unina:hunter2 https://x", "curl -unina:*** https://x"),
        ("curl -U nina:hunter2 https://x", "curl -U nina:*** https://x"),
        ("useradd -m -p '$6$x$y' nina", "useradd -m -p *** nina"),
        ("usermod -p hunter2 nina", "usermod -p *** nina"),
        ("echo nina:hunter2 | chpasswd", "echo *** | chpasswd"),
        ("echo hunter2 | passwd --stdin nina", "echo *** | passwd --stdin nina"),
        ("echo hunter2 | docker login --password-stdin", "echo *** | docker login --password-stdin"),
        ("mongosh -u root -p hunter2 shop", "mongosh -u root -p *** shop"),
        ("ldapsearch -x -w hunter2 -b dc=x", "ldapsearch -x -w *** -b dc=x"),
        ("openssl enc -aes256 -pass pass:hunter2 -in x", "openssl enc -aes256 -pass *** -in x"),
        ("aws configure set aws_secret_access_key hunter2", "aws configure set aws_secret_access_key ***"),
        ("sqlcmd -S db -U sa -P hunter2", "sqlcmd -S db -U sa -P ***"),
        ("vault login hunter2", "vault login ***"),
        ("git clone https://0123456789abcdefghij@git.example/x", "git clone https://***@git.example/x"),
        ("x -----BEGIN RSA PRIVATE KEY-----MIIE", "x -----BEGIN RSA PRIVATE KEY-----***"),
        ("echo eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc", "echo ***"),
        ("systemctl restart checkout", "systemctl restart checkout"),
        ("ls -p; mkdir -p a/b && psql -p 5432", "ls -p; mkdir -p a/b && psql -p 5432"),
        ("compass: north, bypass the queue until 09:30", "compass: north, bypass the queue until 09:30"),
        ("cat /etc/passwd", "cat /etc/passwd"),
    ],
)
def test_a_command_keeps_everything_but_its_secrets(command, kept):
    assert redact(command) == kept


HOSTILE = (
    "token|password |secret=|-token |eyJ-|eyJaaaaaaaaaa.|://a:|echo x |-u a|docker login |'\"|--from-literal |-----BEGIN "
    "|config set x|basic a|ghp_|mysql -p| |\t\n|a|é|\0|pass:"
)


@pytest.mark.parametrize("piece", HOSTILE.split("|"))
def test_hostile_text_is_gone_through_in_little_time(piece):
    began = time.process_time()
    redact(piece * (400_000 // len(piece)), 400_000)
    assert time.process_time() - began < 5


def test_what_people_write_in_tickets_loses_its_secrets_and_nothing_else():
    row = Ticket(
        source="tickets",
        collected_at=datetime(2026, 10, 2, tzinfo=UTC),
        origin="tickets.csv",
        ticket="PAY-1",
        title="Rotate the token of the shop",
        reason="Orders wait; login with password: hunter2 until 09:30",
        approval="Approved PAY-1 for Nina on checkout, until 09:30",
        closeout="redis-cli -a hunter2 ping says PONG, access is gone",
        note="Rollback of code: done in 6m (target 10m)\nglpat-0123456789abcdef",
    )
    got = without_secrets(row)
    assert (got.title, got.approval) == (row.title, row.approval)
    assert got.reason == "Orders wait; login with password: *** until 09:30"
    assert got.closeout == "redis-cli -a *** ping says PONG, access is gone"
    assert got.note == "Rollback of code: done in 6m (target 10m)\n***"


def test_a_long_command_is_cut_after_its_secrets_were_taken_out():
    assert redact("x" * MAX_LENGTH) == "x" * MAX_LENGTH
    assert redact("x" * (MAX_LENGTH + 1)) == "x" * (MAX_LENGTH - 1) + "…"
    assert redact("a" * 15 + " token=hunter2", 20) == "a" * 15 + " tok…"
    assert "hunter" not in redact("a" * 8 + " token=hunter2", 20)


@pytest.mark.parametrize(
    ("name", "hidden"),
    [
        ("password", True),
        ("newPassphrase", True),
        ("SecretString", True),
        ("secretId", False),
        ("secretArn", False),
        ("secretName", False),
        ("clientToken", True),
        ("privateKey", True),
        ("plaintext", True),
        ("ciphertextBlob", True),
        ("SAMLAssertion", True),
        ("credential", True),
        ("credentialReport", False),
        ("authenticationCode1", True),
        ("userName", False),
    ],
)
def test_a_parameter_that_is_called_like_a_secret_is_taken_out(name, hidden):
    assert json.loads(detail({"a": [{name: "hunter2"}]})) == {"a": [{name: REMOVED if hidden else "hunter2"}]}


@pytest.mark.parametrize("value", [None, "", 0, False, [], {}])
def test_a_secret_that_is_empty_is_told_as_it_is(value):
    assert json.loads(detail({"password": value, "x": 1})) == {"password": value, "x": 1}


@pytest.mark.parametrize("nothing", [None, {}, ""])
def test_without_parameters_there_is_no_detail(nothing):
    assert detail(nothing) is None


def test_a_detail_is_cut_where_it_is_long_wide_or_deep():
    assert json.loads(detail({"a": "x" * 6144}))["a"] == "x" * 6144
    assert json.loads(detail({"a": "x" * 6145}))["a"] == "x" * 6144 + "…"
    assert len(json.loads(detail({"a": [0] * 300, **{str(n): n for n in range(300)}}))) == 200
    assert len(json.loads(detail([0] * 300))) == 200
    deep = value = {}
    for _ in range(20):
        value["in"] = value = {}
    told, levels = json.loads(detail(deep)), 0
    while isinstance(told, dict):
        told, levels = told.get("in"), levels + 1
    assert (told, levels) == ("[too deep]", 13)


def test_what_is_too_long_altogether_is_shortened_until_it_fits_or_given_up():
    several = detail({str(number): "x" * 5000 for number in range(8)})
    assert len(several) <= LONGEST
    assert set(json.loads(several).values()) == {"x" * 1536 + "…"}
    assert set(json.loads(detail([{f"{a}-{b}": a for b in range(150)} for a in range(150)]))) == {"too long to keep"}


def test_a_record_is_quoted_without_its_secrets():
    assert quoted({"user": "Zoë", "token": "hunter2"}) == f'{{\n  "user": "Zoë",\n  "token": "{REMOVED}"\n}}'
    assert quoted("\ud800") == '"\\ud800"'
