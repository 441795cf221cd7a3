"""Whether a credential is known not to have been used since a moment."""

import pytest

from auditor.case.replayed import LastUse
from tests.cases import AT, hour

BEFORE, AFTER = AT - hour(1), AT + hour(1)


@pytest.mark.parametrize(
    ("use", "idle"),
    [
        (LastUse(BEFORE, BEFORE), True),
        (LastUse(None, AT), True),
        (LastUse(AT, BEFORE), False),
        (LastUse(AFTER, BEFORE), False),
        (LastUse(BEFORE, AFTER), False),
        (LastUse(None, AFTER), False),
        (LastUse(BEFORE, AFTER, whole=True), True),
        (LastUse(None, None, whole=True), True),
        (LastUse(AFTER, None, whole=True), False),
        (LastUse(), False),
    ],
)
def test_it_is_idle_where_its_uses_were_watched_and_there_was_none_since(use, idle):
    assert use.idle_since(AT) is idle
