"""Which findings name a right."""

import pytest

from auditor.case.named_rights import NamedRights
from auditor.model.entitlements import Identity
from auditor.model.handles import read_handle
from auditor.model.vocabulary import ActorClass, Severity
from tests.cases import AWS, access
from tests.subjects import finding

NINA, GLASS = (f"arn:aws:iam::{AWS}:user/{name}" for name in ("nina", "glass"))
HANDLE = '{"provider": "aws", "type": "inline-user-policy", "account": "1"}'
TURNED = '{"account": "1", "type": "inline-user-policy", "provider": "aws"}'
PATH = access("nina", handles=(HANDLE,), credential="AKIA1")
WORDS = PATH.words


def told(thing="a", facts=None, handles=(), **subject):
    return finding(
        rule="standing/write-access", severity=Severity.MEDIUM, summary="-", why="-", next_step="-", thing=thing,
        facts=facts or {}, handles=tuple(map(read_handle, handles)), evidence=(), **subject,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("one", "named"),
    [
        (told(handles=[HANDLE]), True),
        (told(handles=[TURNED]), True),
        (told(handles=[HANDLE.replace('"1"', '"2"')]), False),
        (told(facts={"undeclared": NINA}), True),
        (told(facts={"undeclared": "AKIA1"}), True),
        (told(facts={"undeclared": NINA}, person="nina"), False),
        (told(facts={"undeclared": "AKIA2"}), False),
        (told(facts={"paths": [WORDS]}, person="nina", system="checkout"), True),
        (told(facts={"paths": ["another", WORDS]}, person="nina"), True),
        (told(facts={"paths": [WORDS]}, account=NINA, system="checkout"), True),
        (told(facts={"paths": [WORDS]}, account=NINA), True),
        (told(facts={"paths": [WORDS]}, person="nina", system="search"), False),
        (told(facts={"paths": [WORDS]}, person="leon", system="checkout"), False),
        (told(facts={"paths": [WORDS]}, account=GLASS, system="checkout"), False),
        (told(facts={"paths": [WORDS]}), False),
        (told(person="nina", system="checkout"), False),
    ],
)
def test_a_finding_names_the_right_that_it_states_would_take_away_or_asks_about(one, named):
    assert NamedRights([one]).of(PATH) == [one] * named


def test_each_is_named_once_in_the_order_in_which_they_were_given():
    last, first = told("z", {"paths": [WORDS]}, [HANDLE], person="nina"), told("a", {"paths": [WORDS]}, account=NINA)
    assert NamedRights([last, told("m"), first]).of(PATH) == [last, first]


def test_a_right_of_which_little_is_known_is_named_by_what_is():
    unknown = Identity(account=NINA, actor_class=ActorClass.UNKNOWN, how="-")
    bare = access("nina", system=None, handles=("",), identity=unknown)
    assert NamedRights([told(facts={"paths": [bare.words]}, account=NINA)]).of(bare)
    assert not NamedRights([told(facts={"paths": [bare.words]}, person="nina")]).of(bare)
