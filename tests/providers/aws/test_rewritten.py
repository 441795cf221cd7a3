"""A document in the place of a policy."""

import pytest

from auditor.errors import UsageError
from auditor.evidence.snapshots import Snapshots
from auditor.model.tables import Account, Policy
from auditor.providers.aws.without import aws_rewritten
from tests.cases import row

HOLDER = Account(
    **row(account="arn:aws:iam::111122223333:user/mia", provider="aws", scope="111122223333", kind="person")
)
NEW = '{"Statement": []}'


def policy(name):
    return Policy(
        **row(policy=f"{HOLDER.account}#{name}", kind="identity", attached_to=HOLDER.account, name=name, document="{}")
    )


@pytest.mark.parametrize(
    ("own", "replaces", "documents"),
    [
        ([], None, {"new": NEW}),
        (["a"], None, {"a": NEW}),
        (["a", "b"], "b", {"a": "{}", "b": NEW}),
        ([], "a", "It has none."),
        (["a", "b"], None, "It has a, b."),
        (["a"], "b", "It has a."),
    ],
)
def test_it_is_put_where_it_is_told_or_plain_that_it_belongs(own, replaces, documents):
    rows = Snapshots(policies=list(map(policy, own)))
    if isinstance(documents, str):
        with pytest.raises(UsageError) as raised:
            aws_rewritten(rows, HOLDER, NEW, replaces)
        assert raised.value.means == documents
    else:
        found = aws_rewritten(rows, HOLDER, NEW, replaces).policies
        assert {one.name: one.document for one in found} == documents
