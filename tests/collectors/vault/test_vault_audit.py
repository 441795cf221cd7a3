"""What HashiCorp Vault's audit devices wrote: who asked for what, each request once."""

import gzip
import hashlib
import json

import pytest

from auditor.config.sources.vault import VaultAudit
from auditor.model.tables import Activity
from collectors.registry import collector_for
from collectors.vault.audit import VaultAuditCollector
from collectors.vault.audit_records import told

SECRET = "hmac-sha256:6b1f"


def record(operation="read", path="secret/data/shop/db", name="oidc-7", *, type_="response", **more):
    """A request or its answer, of Nina if nobody else is named."""
    auth = {"display_name": name, "policies": ["default"], "metadata": {"email": "nina@harbour.example"}}
    request = {"id": "r-1", "operation": operation, "path": path, "remote_address": "192.0.2.7", "client_token": SECRET}
    engine = {"mount_type": more.pop("engine")} if "engine" in more else {}
    return {
        "time": "2026-10-14T07:00:01.123456789Z",
        "type": type_,
        "auth": {**auth, **more.pop("auth", {})},
        "request": {**request, **engine, **more.pop("request", {})},
        **more,
    }


def columns(*given, **more):
    return told(record(*given, **more), "main").columns


@pytest.fixture
def read(context, collect):
    def run(content):
        (context.base / "vault").mkdir(exist_ok=True)
        (context.base / "vault/audit.log").write_text(content)
        source = VaultAudit(name="vault", kind="vault-audit", instance="main", path="vault")
        return collect(collector_for(source, context))

    return run


def lines(*records):
    return "".join(f"{json.dumps(one)}\n" for one in records)


@pytest.mark.parametrize(
    ("operation", "path", "engine", "action", "category", "level"),
    [
        ("read", "secret/data/shop/db", "kv", "read-secret", "secret", "read"),
        ("read", "kv1/creds/db", "kv", "read-secret", "secret", "read"),
        ("list", "secret/metadata/shop", "kv", "list-secret", "read", "read"),
        ("list", "kv1/shop", "kv", "list-secret", "read", "read"),
        ("update", "secret/data/shop/db", "kv", "update-secret", "secret", "write"),
        ("update", "secret/destroy/shop/db", "kv", "update-secret", "change", "write"),
        ("read", "database/creds/shop", "database", "read-credentials", "secret", "read"),
        ("update", "pki/issue/web", "pki", "update-credentials", "secret", "read"),
        ("update", "ssh/sign/admins", "ssh", "update-credentials", "secret", "read"),
        ("update", "database/roles/shop", "database", "update-settings", "change", "write"),
        ("update", "transit/decrypt/orders", "transit", "update-key", "read", "read"),
        ("update", "sys/policies/acl/shop", "system", "update-policy", "grant", "admin"),
        ("read", "sys/policy/shop", "system", "read-policy", "read", "read"),
        ("create", "auth/userpass/users/eve", "userpass", "create-login-role", "grant", "admin"),
        ("update", "auth/approle/role/shop/secret-id", "approle", "update-secret-id", "secret", "read"),
        ("update", "auth/userpass/login/nina", "userpass", "update-sign-in", "login", "read"),
        ("delete", "sys/audit/file", "system", "delete-audit-device", "audit-trail", "admin"),
        ("update", "sys/seal", "system", "update-server", "change", "write"),
    ],
)
def test_a_path_says_what_a_request_is_about(operation, path, engine, action, category, level):
    got = columns(operation, path, engine=engine)
    assert (got["action"], got["category"], got["level"]) == (f"vault:{action}", category, level)


@pytest.mark.parametrize(
    "path",
    ["auth/token/lookup-self", "auth/token/renew-self", "sys/capabilities-self", "sys/audit/test", "cubbyhole/x"],
)
def test_a_callers_own_token_and_the_servers_health_are_no_acts(path):
    assert columns("update", path) == {}


@pytest.mark.parametrize(
    ("name", "auth", "account", "vouched"),
    [
        ("oidc-7", {}, "oidc-7", "nina@harbour.example"),
        ("ldap-nina", {"metadata": {"username": "nina"}}, "ldap-nina", "nina"),
        ("oidc-nina@harbour.example", {"metadata": None}, "oidc-nina@harbour.example", "nina@harbour.example"),
        ("approle", {"metadata": {"role_name": "shop"}}, "approle-shop", "approle:shop"),
        (
            "kubernetes-shop-api",
            {"metadata": {"service_account_namespace": "shop", "service_account_name": "api"}},
            "kubernetes-shop-api",
            "kubernetes:shop/api",
        ),
        # Whoever makes a token writes on it what they like.
        ("token-oidc-tom", {"metadata": {"email": "tom@harbour.example"}}, "token-oidc-tom", None),
        ("token", {"policies": ["root"]}, "root", None),
    ],
)
def test_a_way_of_signing_in_vouches_for_people_and_a_tokens_maker_for_nobody(name, auth, account, vouched):
    got = columns(name=name, auth={**auth, "accessor": "hmac-sha256:9c"})
    assert (got["session"] is None) == (account == "root")
    assert (got["account"], got["on_behalf_of"]) == (f"vault:{account}@main", vouched)


def test_who_signed_in_is_in_the_answer_and_who_failed_to_in_the_path():
    path, nobody = "auth/userpass/login/nina", {"display_name": None, "metadata": None, "policies": None}
    answer = {"auth": {"display_name": "userpass-nina", "metadata": {"username": "nina"}}}
    assert columns("update", path, auth=nobody, response=answer)["on_behalf_of"] == "nina"
    failed = columns("update", path, auth=nobody, error="invalid username or password")
    assert (failed["account"], failed["outcome"]) == ("vault:userpass-nina@main", "failed")


def test_a_request_and_its_answer_count_once_and_a_refusal_is_one(read):
    asked = record(type_="request")
    refused = record("update", "sys/policies/acl/shop", request={"id": "r-2"}, error="1 error: * permission denied\n")
    alone = record(type_="request", request={"id": "r-3", "namespace": {"id": "x", "path": "team/"}})
    got = read(lines(asked, record(), refused, alone))
    assert [(row.event_id, row.record, row.outcome, row.resource) for row in got.rows(Activity)] == [
        ("vault:r-1", 1, "ok", "secret/data/shop/db"),
        ("vault:r-2", 2, "denied", "sys/policies/acl/shop"),
        ("vault:r-3", 3, "ok", "team/secret/data/shop/db"),
    ]
    (line,) = got.coverage
    assert (line.scope, line.status, line.rows) == ("main", "ok", 3)


def test_a_token_is_whose_entity_it_is(read):
    own = record(auth={"entity_id": "e-1"})
    program = record(name="token-terraform", auth={"entity_id": "e-1"}, request={"id": "r-2"})
    other = record(name="token-terraform", auth={"entity_id": "e-2"}, request={"id": "r-3"})
    got = read(lines(program, own, other))
    assert [row.on_behalf_of for row in got.rows(Activity)] == ["nina@harbour.example", "nina@harbour.example", None]


def test_what_is_passed_over_tells_whose_an_entity_is(read):
    made = record("update", "auth/token/create", auth={"entity_id": "e-1"})
    program = record(name="token-terraform", auth={"entity_id": "e-1"}, request={"id": "r-2"})
    (row,) = read(lines(made, program)).rows(Activity)
    assert (row.actor, row.on_behalf_of) == ("token-terraform", "nina@harbour.example")


@pytest.mark.parametrize(
    "wrap",
    [
        lambda text: f"Oct 14 09:00:01 vault-1 vault[812]: {text}",
        lambda text: f"@cee: {text}",
        lambda text: json.dumps({"log": f"{text}\n", "stream": "stdout"}),
        lambda text: json.dumps({"@timestamp": "2026-10-14T07:00:01Z", "message": text}),
    ],
    ids=["syslog", "a prefix", "a container", "a shipper"],
)
def test_what_carries_a_record_does_not_hide_it(wrap, read):
    got = read(wrap(json.dumps(record())) + "\n")
    assert [row.on_behalf_of for row in got.rows(Activity)] == ["nina@harbour.example"]
    assert got.coverage[0].status == "ok"


def test_what_is_no_record_is_told(read):
    got = read(lines(record(), {"time": "x", "type": "kmip-request", "request": {"data": {}}}, {"level": "info"}))
    (line,) = got.coverage
    assert (line.status, line.rows, line.rejected) == ("partial", 1, 1)
    assert "records of other kinds than requests and answers were passed over" in line.reason
    assert read(lines({"level": "info"})).coverage[0].status == "failed"
    assert "no record of an audit device" in read("").coverage[0].reason


def test_no_secret_is_quoted_even_where_the_log_has_it_in_clear():
    raw = record(response={"data": {"password": "hunter2"}}, request={"data": {"password": "hunter3"}})
    raw["request"]["client_token"] = "hvs.CAESIJT2"
    quoted = VaultAuditCollector.quote(lines(raw).encode(), 0)
    assert "secret/data/shop/db" in quoted
    assert not any(word in quoted for word in ("hunter", "hvs.", SECRET))


def test_a_packed_log_that_is_cut_short_gives_what_it_has_and_says_so(context, collect):
    (context.base / "vault").mkdir()
    text = lines(*(record(request={"id": hashlib.sha256(bytes([n])).hexdigest()}) for n in range(200)))
    (context.base / "vault/audit.log.1.gz").write_bytes(gzip.compress(text.encode())[:-2000])
    source = VaultAudit(name="vault", kind="vault-audit", instance="main", path="vault")
    got = collect(collector_for(source, context))
    assert 0 < len(got.rows(Activity)) < 200
    assert got.coverage[0].status == "partial"
    assert "cut short" in got.coverage[0].reason
