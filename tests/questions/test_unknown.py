"""What nothing is called is refused: it must not read as nothing found."""

import pytest

from auditor.errors import UsageError
from auditor.questions.unknown import refuse_unknown
from tests import subjects
from tests.cases import config
from tests.copies import replace
from tests.test_named import AUDIT, HIGH

FOUND = replace(AUDIT, findings=(subjects.about(HIGH, account="arn:aws:iam::111122223333:user/ghost"),))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"system": "chekout"}, ("There is no system 'chekout'.", "Did you mean checkout?")),
        ({"rule": "standing/unusd"}, ("There is no rule 'standing/unusd'.", "Did you mean standing/unused?")),
        ({"rule": "zzz"}, ("There is no rule 'zzz'.", "`auditor rules` lists them.")),
        ({"person": "zzz"}, ("No finding is about 'zzz', and nobody on the roster has that id.",)),
    ],
)
def test_an_unknown_name_is_refused_with_what_was_meant(asked, said):
    with pytest.raises(UsageError) as raised:
        refuse_unknown(config(), FOUND, **{"person": None, "system": None, "rule": None, **asked})
    assert tuple(raised.value.diagnostics()) == said


@pytest.mark.parametrize(
    "asked",
    [
        {"system": "checkout"},
        {"system": "jobs"},
        {"rule": "standing"},
        {"rule": "changes/*-window"},
        {"person": "nina"},
        {"person": "arn:aws:iam::111122223333:user/ghost"},
    ],
)
def test_what_is_known_may_have_nothing(asked):
    refuse_unknown(config(), FOUND, **{"person": None, "system": None, "rule": None, **asked})
