"""What two findings say that ask whose the same account is."""

import pytest

from auditor.model.strangers import DECLARE
from auditor.model.vocabulary import Severity
from auditor.rules import shared, standing
from auditor.rules.strangers import folded, naming, naming_vendor
from tests.cases import AT, PIXEL, hour
from tests.copies import replace

BOT = "arn:aws:iam::111122223333:role/bot"


def test_what_an_account_did_goes_with_what_it_can_do():
    can = standing.unknown_person.finding(
        account=BOT,
        summary="It can",
        next_step="Declare it",
        severity=Severity.LOW,
        facts={"systems": ["a"], **naming(BOT, robot=True)},
        handles=("1", "2"),
    )
    did = shared.unattributable.finding(
        account=BOT,
        thing="e-1",
        summary="It did",
        next_step="Find out",
        severity=Severity.HIGH,
        resource="db",
        credential="key",
        starts_at=AT - hour(2),
        ends_at=AT,
        facts={"systems": ["a", "b"], "changes": 3, **naming(BOT)},
        evidence=(PIXEL,),
        handles=("2", "3"),
    )
    again = replace(did, starts_at=AT - hour(3), ends_at=AT - hour(1), resource="app", credential=None)
    other = replace(did, facts={}, summary="Another")
    first, one = folded([other, did, again, can])
    assert first == other
    assert one == replace(
        can,
        severity=Severity.HIGH,
        summary="It can; It did; It did",
        resource="db",
        credential="key",
        starts_at=AT - hour(3),
        ends_at=AT,
        facts={"systems": ["a", "b"], "changes": 6, **naming(BOT, robot=True)},
        evidence=(PIXEL,),
        handles=("1", "2", "3"),
    )


def test_a_name_to_declare_is_written_as_yaml():
    assert naming('ssh:"x"')["declare"] == 'accounts: ["ssh:\\"x\\""]'


@pytest.mark.parametrize(
    ("facts", "declare"),
    [
        (naming("ssh:é"), 'accounts: ["ssh:é"]'),
        (naming("ssh:x", robot=True), '{id: …, owner: …, purpose: …, accounts: ["ssh:x"]}'),
        (naming_vendor("999900001111"), '{id: …, account: "999900001111", owner: …, purpose: …}'),
        (naming_vendor(None), None),
    ],
)
def test_a_finding_says_what_auditor_yaml_has_to_say_of_an_account(facts: dict[str, str], declare: str | None) -> None:
    assert facts.get(DECLARE) == declare
