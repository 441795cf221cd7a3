"""A provider that nobody has described: what its rows state counts, and what they leave open could not be judged."""

from auditor.case.access import rights, undescribed
from auditor.case.people import People
from auditor.evidence.snapshots import Snapshots
from auditor.model.tables import Account, Grant, Membership
from auditor.model.vocabulary import Capability, Level
from auditor.providers.registry import provider
from auditor.rules.standing.paths import beyond_job
from tests.cases import AT, case, config, event, hour, judged, row

PLAYGROUND = {"provider": "other", "name": "toy", "account": "playground", "match": ["shop-*"]}
SETTINGS = config(systems=[{"id": "checkout", "name": "Checkout", "primary": "mia", "resources": [PLAYGROUND]}])
SAM = Account(**row(account="toy:sam", provider="toy", scope="playground", kind="person", email="sam@harbour.example"))


def grant(**columns):
    stated = {"principal": "toy:sam", "role": "builder", "resource": "shop-1", "provider": "toy"}
    return Grant(**row(**{**stated, "capabilities": ("deploy",), **columns}))


def held(*grants, accounts=(SAM,), memberships=()):
    rows = Snapshots(accounts=accounts, grants=grants, memberships=memberships)
    return rights(SETTINGS, rows, People(SETTINGS, accounts).who, AT)


def test_a_stated_right_is_an_entitlement_of_whoever_holds_it():
    (path,) = held(grant(expires_at=AT + hour(1), handle="{}")).access
    assert (path.person, path.system, path.scope, path.level) == ("sam", "checkout", "playground", Level.WRITE)
    assert (path.capabilities, path.path) == ({Capability.DEPLOY}, ("builder on shop-1",))
    assert (path.expires_at, path.handles) == (AT + hour(1), ("{}",))


def test_a_stated_level_counts_before_what_the_capabilities_come_to():
    (path,) = held(grant(level="admin")).access
    assert path.level is Level.ADMIN


def test_its_condition_is_told():
    plain, under = held(grant(), grant(condition="on weekdays")).access
    assert (plain.conditions, under.conditions) == ((), ("on weekdays",))


def test_a_right_that_is_over_or_whose_account_is_off_is_none():
    off = Account(**row(account="toy:sam", provider="toy", scope="playground", kind="person", enabled=False))
    assert held(grant(expires_at=AT)).access == ()
    assert held(grant(), accounts=[off]).access == ()


def test_members_of_a_group_hold_what_it_holds():
    group = Account(**row(account="toy:builders", provider="toy", scope="playground", kind="group"))
    inside = Membership(**row(group="toy:builders", member="toy:sam", expires_at=AT + hour(2)))
    found = held(grant(principal="toy:builders"), accounts=[SAM, group], memberships=[inside])
    (path,) = found.access
    assert (path.account, path.path) == ("toy:sam", ("member of toy:builders", "builder on shop-1"))
    assert path.expires_at == AT + hour(2)
    alone = held(grant(principal="toy:builders"), accounts=[group])
    assert [one.reason for one in alone.unresolved] == ["The members of toy:builders are not known."]


def test_groups_that_are_in_each_other_end():
    inside = [Membership(**row(group=f"toy:{a}", member=f"toy:{b}")) for a, b in (("a", "b"), ("b", "a"), ("b", "sam"))]
    group = Account(**row(account="toy:a", provider="toy", scope="playground", kind="group"))
    (path,) = held(grant(principal="toy:a"), accounts=[SAM, group], memberships=inside).access
    assert path.path == ("member of toy:b", "member of toy:a", "builder on shop-1")


def test_what_nobody_claims_could_not_be_judged():
    found = held(grant(capabilities=()), grant(resource="garden"), grant(capabilities=("juggle",)))
    assert found.access == ()
    assert {one.subject.account for one in found.unresolved} == {"toy:sam"}
    assert [one.reason for one in found.unresolved] == [
        "builder on shop-1 does not say what it allows.",
        "builder on garden belongs to no system.",
        "builder on shop-1 states juggle, which is no known capability or level.",
    ]


def test_what_its_acts_take_is_not_known():
    assert provider("toy").capabilities("toy:Build") == frozenset()


def test_rules_judge_stated_rights_as_any_other():
    (finding,) = judged(beyond_job, case(config=SETTINGS, access=held(grant()).access))
    assert (finding.person, finding.system) == ("sam", "checkout")


def test_what_its_log_tells_of_rights_could_not_be_judged():
    given, denied = event(provider="toy", category="grant"), event(provider="box", category="grant", outcome="denied")
    (lost,) = undescribed([given, denied, event(category="grant")])
    assert (lost.subject.thing, lost.tables) == ("toy", ("activity",))
