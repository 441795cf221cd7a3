"""What may have been done with rights that are gone, and no log would tell."""

from auditor.evidence.snapshots import Snapshots
from auditor.model.tables import Account, Grant, Membership
from auditor.providers.unseen import lost_grants, unlogged
from tests.cases import AT, hour, row
from tests.copies import replace


def grant(principal, role="r", provider="quux"):
    return Grant(**row(principal=principal, role=role, resource="x", provider=provider))


def joins(member, group):
    return Membership(**row(member=member, group=group))


ROWS = Snapshots(
    grants=[grant("nina"), grant("inner"), grant("outer"), grant("nina", provider="other"), grant("else")],
    memberships=[joins("nina", "inner"), joins("inner", "outer"), joins("outer", "inner"), joins("sam", "inner")],
)


def lost(**left):
    return [(account, one.principal) for account, one in lost_grants("quux", ROWS, replace(ROWS, **left))]


def test_a_right_is_lost_by_its_holder_and_with_a_group_what_all_around_it_have():
    assert lost() == []
    assert lost(grants=ROWS.grants[1:]) == [("nina", "nina")]
    assert lost(memberships=ROWS.memberships[1:]) == [("nina", "inner"), ("nina", "outer")]
    assert lost(memberships=ROWS.memberships[:3]) == [("sam", "inner"), ("sam", "outer")]


def test_of_whom_the_provider_has_seen_nothing_since_nothing_is_told():
    def account(name, last):
        return Account(**row(account=name, provider="quux", scope="x", kind="person", last_used_at=last))

    rows = Snapshots(accounts=[account("idle", AT - hour(1)), account("busy", AT), account("new", None)])
    some = [(name, grant(name)) for name in ("idle", "busy", "busy", "new", "unread")] + [("busy", grant("x", "other"))]
    told = list(unlogged(rows, some, AT, lambda one: "reading" if one.role == "r" else "", "no log tells"))
    assert [(one.account, one.last_used_at) for one in told] == [("busy", AT), ("new", None), ("unread", None)]
    assert {(one.what, one.why) for one in told} == {("reading", "no log tells")}
