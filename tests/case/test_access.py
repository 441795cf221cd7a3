"""Rights with what the log and the tickets tell of them."""

import pytest

from auditor.case.access import dated, ticket_ids
from auditor.evidence.snapshots import Snapshots
from auditor.model.entitlements import Entitlement
from tests.cases import AT, AWS, access, config, grant, hour, ticket

POLICY = f"arn:aws:iam::{AWS}:policy/team/deploy"
PATH = access("nina", path=("user nina", "policy deploy"))
GIVEN, AGAIN, LATER = AT - hour(9), AT - hour(5), AT - hour(1)


@pytest.mark.parametrize(
    ("path", "dates"),
    [
        (PATH, AGAIN),
        (access("nina", path=("user nina", "policy deployments")), None),
        (access("leon", path=PATH.path), None),
        (access("nina", path=PATH.path, granted_at=LATER), LATER),
    ],
    ids=["given twice", "another policy", "somebody else's", "its evidence tells"],
)
def test_a_right_dates_from_when_the_log_says_that_it_was_last_given(path: Entitlement, dates: object) -> None:
    given = [grant(time=time, recipient=PATH.account, what=POLICY) for time in (GIVEN, AGAIN)]
    given.append(grant(time=LATER, recipient=PATH.account, what="arn:aws:iam::aws:policy/ReadOnlyAccess"))
    assert [one.granted_at for one in dated([path], given)] == [dates]


SET = "arn:aws:sso:::permissionSet/ssoins-1/ps-1"


@pytest.mark.parametrize(
    ("what", "steps", "handles", "rests"),
    [
        ("roles/run.admin", ("user:nina@harbour.example", "roles/run.admin on shop"), (), True),
        ("roles/run.admin", ("user:nina@harbour.example", "roles/run.viewer on shop"), (), False),
        ("membership of ops@harbour.example", ("group ops@harbour.example", "roles/run.admin on shop"), (), True),
        ("write of harbour/checkout", ("write of harbour/checkout",), (), True),
        (SET, ("permission set Operator",), (f'{{"permission_set": "{SET}"}}',), True),
        (SET, ("permission set Operator",), (f'{{"permission_set": "{SET}2"}}',), False),
    ],
)
def test_what_a_right_rests_on_is_known_by_every_providers_words(
    what: str, steps: tuple[str, ...], handles: tuple[str, ...], rests: bool
) -> None:
    path = access("nina", path=steps, handles=handles)
    (told,) = dated([path], [grant(time=GIVEN, recipient=path.account, what=what)])
    assert told.granted_at == (GIVEN if rests else None)


def test_ids_of_tickets_are_those_that_were_read_and_one_for_each_prefix() -> None:
    board = {"name": "board", "kind": "tickets-file", "path": "board.csv"}
    issues = {"kind": "gitlab-tickets", "url": "https://gitlab.example", "token_env": "TOKEN"}
    trail = {"name": "trail", "kind": "aws-cloudtrail", "bucket": "logs", "prefix": "AWSLogs/"}
    settings = config(
        sources=[board, trail, {**issues, "name": "issues", "projects": ["harbour/ops"], "prefix": "OPS"}]
    )
    assert ticket_ids(settings, Snapshots(tickets=[ticket("PAY-184")])) == {"PAY-184", "OPS-0"}
    assert ticket_ids(config(sources=[board]), Snapshots()) is None
