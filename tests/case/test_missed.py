"""What was refused for want of rights that are gone."""

from datetime import timedelta

import pytest

from auditor.case.missed import TakenAway, missed
from auditor.evidence.store import Store
from auditor.model.handles import read_handle, write_handle
from auditor.model.tables import Activity, Credential
from tests.cases import AT, config, hour, row
from tests.stored import store_run

NIGHT, GONE = AT - timedelta(days=2), AT - timedelta(days=1)
SETTINGS = config(
    sources=[
        {"name": "keys", "kind": "ssh-keys", "path": "keys"},
        {"name": "logins", "kind": "ssh-logins", "path": "logs"},
    ]
)
ACCOUNT = "ssh:nina@web-1.harbour.example"


def key(name, record=0):
    host = ACCOUNT.rpartition("@")[2]
    handle = write_handle("ssh", "authorized-key", host, user="nina", fingerprint=f"SHA256:{name}", file=f"/{record}")
    told = {"credential": f"ssh-key:SHA256:{name}", "kind": "ssh-key", "account": ACCOUNT, "provider": "ssh"}
    return Credential(**row(source="keys", collected_at=NIGHT, record=record, resource=host, handle=handle, **told))


def login(number, name, hours, outcome="failed"):
    told = {"scope": ACCOUNT.rpartition("@")[2], "account": ACCOUNT, "actor_kind": "sshd", "action": "ssh:login"}
    place = row(source="logins", collected_at=AT, record=number)
    return Activity(
        **place, event_id=f"e{number}", time=GONE + hour(hours), provider="ssh", credential=f"ssh-key:SHA256:{name}",
        category="login", level="read", outcome=outcome, **told,
    )  # fmt: skip


@pytest.fixture
def found(tmp_path):
    """What was missed of the key `a`, which was taken away between two nights."""
    store = Store(str(tmp_path / "evidence"))

    def told(keys, logins):
        for at, source, rows in ((NIGHT, "keys", keys), (AT, "logins", logins)):
            store_run(store, f"night-{at:%d}", at, *rows, read=[source])
        gone = TakenAway(read_handle(keys[0].handle), GONE)
        return [(one, acts) for one, acts in missed(store, SETTINGS, [gone], NIGHT, AT)]

    return told


def test_what_only_that_right_allowed_and_was_refused_since_is_missed(found):
    ((gone, acts),) = found([key("a"), key("b", 1)], [login(1, "a", 1), login(2, "a", 3), login(3, "b", 2)])
    assert gone.since == GONE
    assert [(act.action, act.events, act.person) for act in acts] == [("ssh:login", 2, "nina")]
    assert (acts[0].first_at, acts[0].last_at) == (GONE + hour(1), GONE + hour(3))


def test_what_was_refused_before_or_succeeded_and_what_another_path_allows_is_not(found):
    assert found([key("a")], [login(1, "a", -1), login(2, "a", 1, outcome="ok")]) == []


def test_the_same_key_in_another_place_lets_in_still(found):
    assert found([key("a"), key("a", 1)], [login(1, "a", 1)]) == []
