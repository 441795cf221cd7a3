"""Who opened which item of 1Password or Bitwarden, over HTTP and from files, and what becomes of it in a case."""

import gzip
import json
from datetime import UTC, datetime, timedelta

import pytest

from auditor.case.build import build_case
from auditor.case.people import People
from auditor.config.sources.vault import VaultEvents
from auditor.errors import SourceError
from auditor.evidence.manifest import SourceRun
from auditor.evidence.store import Store
from auditor.model.tables import Activity
from auditor.rules.changes.duties import break_glass
from auditor.rules.standing.secrets import known_secret
from collectors.pool import collect as collect_all
from collectors.registry import collector_for
from collectors.vault import bitwarden as of_bitwarden
from collectors.vault import onepassword as of_onepassword
from tests import vault_servers
from tests.cases import config, judged
from tests.stand_ins import running
from tests.vault_servers import BITWARDEN_ITEM, ITEM, OTHER


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    for name, value in {
        "VAULT": vault_servers.TOKEN,
        "ID": "organization.1",
        "KEY": "key",
        "NO_PROXY": "127.0.0.1",
    }.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def one_password():
    with running(vault_servers.one_password()) as server:
        yield server


@pytest.fixture
def bitwarden():
    with running(vault_servers.bitwarden()) as server:
        yield server


@pytest.fixture
def read(context, collect):
    def run(seen=None, **settings):
        source = VaultEvents(name="vault", kind="vault-events", **settings)
        return collect(collector_for(source, context), seen)

    return run


def told(got):
    return [(row.account, row.on_behalf_of, row.action, row.category, row.level) for row in got.rows(Activity)]


def test_uses_of_items_and_changes_are_read_page_by_page(read, one_password):
    got = read(service="1password", url=one_password.url, token_env="VAULT")
    nina, tom = "nina@harbour.example", "tom@harbour.example"
    assert told(got) == [
        (f"vault-item:{ITEM}", nina, "vault:reveal", "read", "read"),
        (f"vault-item:{OTHER}", nina, "vault:fill", "read", "read"),
        (f"vault-item:{OTHER}", tom, "vault:server-update", "secret", "write"),
        (f"vault-item:{OTHER}", tom, "vault:update-item", "secret", "write"),
    ]
    (first, *_) = got.rows(Activity)
    assert (first.event_id, first.source_ip, first.user_agent) == ("vault:U1", "192.0.2.7", "1Password for Mac 80900")
    (line,) = got.coverage
    assert (line.scope, line.status, line.reason, line.rows) == ("1password", "ok", None, 4)
    # The next run asks on from where this one ended.
    seen = {one.origin: one.version for one in got.objects if one.version}
    again = read(seen, service="1password", url=one_password.url, token_env="VAULT")
    assert again.coverage[0].from_ == got.coverage[0].to - timedelta(hours=1)


def test_what_a_token_is_not_made_for_is_told_quietly_and_what_it_must_read_is_missing(read, one_password):
    one_password.features = ("itemusages",)
    (line,) = read(service="1password", url=one_password.url, token_env="VAULT").coverage
    assert (line.status, line.reason) == ("ok", "not for this token: audit events")
    one_password.features = ("auditevents",)
    (line,) = read(service="1password", url=one_password.url, token_env="VAULT").coverage
    assert (line.status, line.reason) == (
        "partial",
        "the token may not read item usage events: make one for this kind of event",
    )


def test_a_page_that_is_not_to_be_had_is_asked_for_again(read, one_password):
    one_password.fails("itemusages", 429, retry_after=0, times=1)
    assert read(service="1password", url=one_password.url, token_env="VAULT").coverage[0].status == "ok"
    one_password.fails("itemusages", 500, after=1)
    got = read(service="1password", url=one_password.url, token_env="VAULT")
    assert (got.coverage[0].status, len(got.rows(Activity))) == ("partial", 3)
    assert [
        one.version for one in got.objects if one.origin.startswith("1password:http") and "/" not in one.origin[20:]
    ] == [""]


def test_a_token_that_ran_out_is_told(read, one_password, monkeypatch):
    monkeypatch.setenv("VAULT", "old")
    with pytest.raises(SourceError, match="does not accept the token, or it has expired"):
        read(service="1password", url=one_password.url, token_env="VAULT")


def test_bitwarden_s_events_name_people_by_its_members(read, bitwarden):
    got = read(service="bitwarden", url=f"{bitwarden.url}/api", token_env="KEY", client_env="ID")
    item = f"vault-item:{BITWARDEN_ITEM}"
    assert told(got) == [
        (item, "nina@harbour.example", "vault:Cipher_ClientToggledPasswordVisible", "read", "read"),
        (item, "nina@harbour.example", "vault:Cipher_Updated", "secret", "write"),
        # Of whom no member is known the id stays, and nobody is guessed.
        (item, "11111111-2222-3333-4444-555555555555", "vault:Cipher_ClientViewed", "read", "read"),
    ]
    assert got.coverage[0].status == "ok"
    bitwarden.fails("/events$", 404)
    (line,) = read(service="bitwarden", url=f"{bitwarden.url}/api", token_env="KEY", client_env="ID").coverage
    assert "it takes a plan that keeps events" in line.reason


@pytest.mark.parametrize(("act", "sort"), [("update", "secret"), ("trash", "change"), ("restore", "change")])
def test_what_changes_the_item_alone_leaves_the_secret_as_it_was(act, sort):
    record = {"object_type": "item", "object_uuid": ITEM, "action": act, "timestamp": "2026-02-20T07:41:10Z"}
    assert of_onepassword.use(record, {})["category"] == sort
    number = {"update": 1101, "trash": 1115, "restore": 1116}[act]
    changed = {"type": number, "itemId": BITWARDEN_ITEM, "date": record["timestamp"]}
    assert of_bitwarden.use(changed, {})["category"] == sort


CSV = """message,appIcon,appName,userId,userName,userEmail,date,ip,type
Viewed item 3767a302.,bwi-globe,Web vault - Chrome,u1,Nina,nina@harbour.example,2026-02-20T07:41:10.123Z,192.0.2.7,Cipher_ClientViewed
Logged in.,bwi-globe,Web vault - Chrome,u1,Nina,nina@harbour.example,2026-02-20T07:40:10.123Z,192.0.2.7,User_LoggedIn
"""


def test_exports_and_saved_answers_tell_the_same(read, context):
    folder = context.base / "vault"
    folder.mkdir()
    (folder / "events.csv").write_text(CSV)
    got = read(service="bitwarden", path="vault")
    assert told(got) == [("vault-item:3767a302", "nina@harbour.example", "vault:Cipher_ClientViewed", "read", "read")]
    (folder / "events.csv").unlink()
    lines = [vault_servers.usage(1, "reveal", "2026-02-20T07:41:10Z"), vault_servers.usage(2, "fill", "later")]
    (folder / "usages.jsonl").write_text("\n".join(map(json.dumps, lines)))
    got = read(service="1password", path="vault")
    assert [row[0] for row in told(got)] == [f"vault-item:{ITEM}"]
    assert (got.coverage[0].status, got.coverage[0].rejected) == ("partial", 1)
    (line,) = read(service="bitwarden", path="vault").coverage
    assert (line.status, line.rejected) == ("failed", 2)
    (folder / "usages.jsonl").rename(folder / "readme.txt")
    assert "it holds no events" in read(service="1password", path="vault").coverage[0].reason


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_an_answer_without_events_is_whole_packed_or_not(read, context, pack):
    for content, status in ((b'{"items": [], "has_more": false}', "ok"), (b'{"no": "answer"}', "failed")):
        (context.base / "answer.json").write_bytes(pack(content))
        assert read(service="1password", path="answer.json").coverage[0].status == status


@pytest.mark.parametrize(
    ("more", "status"), [([False], "ok"), ([True], "partial"), ([True, False], "ok"), ([True, True], "partial")]
)
def test_the_last_of_saved_pages_says_that_none_follows(read, context, more, status):
    (context.base / "vault").mkdir()
    for number, goes_on in enumerate(more):
        events = [vault_servers.usage(number + 1, "reveal", "2026-02-20T07:41:10Z")]
        (context.base / f"vault/{number}.json").write_text(json.dumps({"items": events, "has_more": goes_on}))
    got = read(service="1password", path="vault")
    assert (got.coverage[0].status, len(got.rows(Activity))) == (status, len(more))


def test_what_a_log_shipper_wraps_is_read_and_a_time_without_a_zone_is_utc(read, context):
    event = vault_servers.usage(1, "reveal", "2026-02-20 07:41:10")
    (context.base / "usages.jsonl").write_text(
        json.dumps({"event": {"original": json.dumps(event), "type": ["access"]}})
    )
    got = read(service="1password", path="usages.jsonl")
    assert [row.time.isoformat() for row in got.rows(Activity)] == ["2026-02-20T07:41:10+00:00"]
    assert got.coverage[0].status == "ok"


def test_an_item_is_known_in_capitals_too():
    people = People(config(break_glass=[{"id": "glass", "accounts": [f"vault-item:{ITEM}"], "keeper": "tom"}]))
    assert people.who(f"vault-item:{ITEM.upper()}").owner == "glass"


def test_an_item_is_known_by_the_beginning_of_its_id_where_an_export_has_no_more():
    glass = [{"id": "glass", "accounts": ["vault-item:3767A302-8208-4dc6-b842-030428a1cfad"], "keeper": "tom"}]
    people = People(config(break_glass=glass))
    for item in ("3767a302", "3767a302-8208-4dc6-b842-030428a1cfad"):
        assert people.who(f"vault-item:{item}").owner == "glass"
    assert people.who("vault-item:3767a303").owner is None


def test_opening_a_break_glass_item_is_a_use_of_it_by_whoever_did_and_a_leaver_knows_what_nobody_changed(
    one_password, tmp_path, context
):
    source = {
        "name": "vault",
        "kind": "vault-events",
        "service": "1password",
        "url": one_password.url,
        "token_env": "VAULT",
    }
    leaves = {"id": "nina", "name": "Nina", "email": "nina@harbour.example", "left": "2026-02-25"}
    known = config(
        people=[leaves, {"id": "tom", "name": "Tom"}, *({"id": one, "name": one} for one in ("mia", "leon"))],
        service_accounts=[],
        break_glass=[{"id": "glass", "accounts": [f"vault-item:{ITEM}"], "keeper": "tom"}],
        sources=[source, {"name": "tickets", "kind": "tickets-file", "path": "tickets.csv"}],
    )
    (tmp_path / "tickets.csv").write_text("ticket,kind\nOPS-1,review\n")
    store = Store(str(tmp_path / "evidence"))
    at = datetime(2026, 3, 1, 3, tzinfo=UTC)
    with store.lock():
        staging = store.staging("r1", at)
        runs = [collect_all(collector_for(one, context), staging=staging, seen={}) for one in known.sources]
        sources = {one.source: SourceRun(kind="made-up", status=one.status) for one in runs}
        store.commit(staging, [part for one in runs for part in one.parts], version="1", sources=sources)
    told_ = build_case(store, known, at, timedelta(days=30))
    (found,) = judged(break_glass, told_)
    assert found.summary.startswith("The emergency access glass was used by Nina on 20 Feb 2026")
    assert (found.person, found.facts["actions"], found.facts["from"]) == ("nina", ["vault:reveal"], ["192.0.2.7"])
    (left,) = judged(known_secret, told_)
    assert left.facts["secrets"] == [f"vault-item:{ITEM}"]  # the other was changed since
    assert "knows 1 secret that was not changed since: glass" in left.summary
    other = known.model_copy(update={"sources": (*known.sources, VaultEvents(**source | {"name": "other"}))})
    assert told_.secrets.since < build_case(store, other, at, timedelta(days=30)).secrets.since == at
