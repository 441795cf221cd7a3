"""What taking rights away would have done, each by itself and all together."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from auditor.case.consequences import Log, foretold
from auditor.evidence.snapshots import Snapshots
from auditor.model.tables import Account, Credential, Grant
from tests.activity.acts import used
from tests.cases import config

AT = datetime(2026, 10, 2, 3, tzinfo=UTC)
SPAN = AT - timedelta(days=30), AT
PLACE = {"source": "hosts", "collected_at": AT, "origin": "keys", "provider": "ssh"}


def key(print_="a", login="nina", record=0, host="web-1"):
    """A line of keys."""
    named = {"host": host, "user": login, "fingerprint": f"SHA256:{print_}", "file": str(record)}
    handle = json.dumps({"provider": "ssh", "type": "authorized-key", **named})
    return Credential(
        **PLACE, credential=f"ssh-key:SHA256:{print_}", kind="ssh-key", account=f"ssh:{login}@{host}", resource=host,
        record=record, handle=handle,
    )  # fmt: skip


def login(print_="a", who="nina", host="web-1", **changes):
    told = {"category": "login", "actor_kind": "sshd", "person": who, "last_at": AT - timedelta(days=61), **changes}
    account = f"ssh:{who}@{host}"
    return used(
        provider="ssh", scope=host, account=account, action="ssh:login", credential=f"ssh-key:SHA256:{print_}", **told
    )


@pytest.fixture
def told():
    """What is foretold of some keys, each set of them gone at once."""

    def of(asked, rows, acts, log=None):
        hosts = {row.resource for row in rows}
        accounts = [
            Account(**PLACE, account=row.account, scope=row.resource, kind="unknown") for row in rows if row.resource
        ]
        handles = [tuple(json.loads(row.handle) for row in some) for some in asked]
        found = Snapshots(credentials=rows, accounts=accounts)
        done = lambda accounts: [act for act in acts if act.account in accounts]  # noqa: E731 - a stand-in for a query
        return list(foretold(config(), found, handles, done, log or Log(hosts), SPAN))

    return of


def test_what_a_right_alone_allowed_is_counted_with_what_of_it_is_recent(told):
    (one,) = told([[key()]], [key(), key("b")], [login(events=9, recent=4), login("b", events=7)])
    assert (one.failed, one.recent, one.kept, one.unknown, one.breaks) == (9, 4, 0, 0, 4)
    assert [(act.who, act.action) for act in one.acts] == [("nina", "ssh:login")]
    assert one.last_at == AT - timedelta(days=61)


def test_a_right_that_nothing_used_breaks_nothing(told):
    (one,) = told([[key("b")]], [key(), key("b")], [login(events=9, recent=4)])
    assert (one.failed, one.unknown, one.why, one.breaks, one.last_at) == (0, 0, "", 0, None)


def test_two_lines_with_one_key_keep_each_other_s_work_and_lose_it_together(told):
    rows = [key(), key(record=1)]
    alone, other, both = told([rows[:1], rows[1:], rows], rows, [login(events=3, recent=2)])
    assert [(one.failed, one.kept, one.lost, one.lost_recent) for one in (alone, other)] == [(0, 3, 3, 2)] * 2
    assert (both.failed, both.recent, both.kept) == (3, 2, 0)


def test_each_of_many_holders_is_told_by_itself(told):
    rows = [key(login=name) for name in ("nina", "mia", "leon")]
    found = told([[row] for row in rows], rows, [login(who="mia", events=5)])
    assert [one.failed for one in found] == [0, 5, 0]


def test_without_a_log_nothing_is_said_to_be_safe_and_gaps_are_told(told):
    (unheard,) = told([[key()]], [key()], [], Log(set()))
    assert unheard.why == "no log of web-1 was read"
    (gaps,) = told([[key()]], [key()], [], Log({"web-1"}, {"web-1"}))
    assert (gaps.why, gaps.unseen) == ("", ("the log of web-1 has gaps",))


def test_what_no_log_tells_is_told_of_whom_it_concerns():
    grants = []
    for who, role in (("nina", "developer"), ("leon", "reporter")):
        handle = {"provider": "gitlab", "type": "project-member", "path": "quay/shop", "username": who}
        place = PLACE | {"provider": "gitlab", "resource": "quay/shop", "handle": json.dumps(handle)}
        grants.append(Grant(**place, principal=f"gitlab:{who}", role=role))
    asked = [(json.loads(grant.handle),) for grant in grants]
    told = foretold(config(), Snapshots(grants=grants), asked, lambda _: [], Log({"quay/shop"}), SPAN)
    assert [one.unseen for one in told] == [
        (f"it may have been used for {what} code: GitLab's audit events do not tell of that",)
        for what in ("pushing, merging and reading", "reading")
    ]
    both = [asked[0] + asked[1]]
    (one,) = foretold(config(), Snapshots(grants=grants), both, lambda _: [], Log({"quay/shop"}), SPAN)
    assert [" code (and 1 more): GitLab's" in sentence for sentence in one.unseen] == [True]


def test_a_right_that_is_not_in_the_rows_is_not_known(told):
    (one,) = told([[key("z")]], [key()], [login(events=2)])
    assert one.why.startswith("no act tells that it was used")
    (half,) = told([[key(), key("z")]], [key()], [login(events=2)])
    assert (half.failed, half.why) == (2, one.why)
