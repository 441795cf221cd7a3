"""Whose many resources are, asked at once: the same as asked one by one."""

import pyarrow as pa
import pytest

from auditor.config.systems import System
from auditor.providers.systems import Systems
from tests.cases import AWS, config

NAMES = [
    None,
    "",
    "arn:aws:ecs:eu-west-1:111122223333:service/checkout/web",
    "arn:aws:ecs:eu-west-1:111122223333:service/Checkout/web",
    "arn:aws:ec2:eu-west-1:111122223333:instance/i-0123456789abcdef0",
    "i-0123456789abcdef0",
    "arn:aws:s3:::search.index/a b.c",
    "arn:aws:s3:::searchXindex",
    "arn:aws:s3:::other arn:aws:s3:::search.index",
    "other search.index other",
    "literal",
    "literal other",
    "liter\nal search.index\n",
    "search.index\n",
    "ünïcode-checkout-é",
]
PLACES = {
    "patterns": [("checkout", ["*checkout*"]), ("search", ["*search.index*", "literal"])],
    "one that has all but what others claim": [("all", ["*"]), ("search", ["*search?index*"])],
    "exact names": [("checkout", ["i-0123456789abcdef0", "literal"]), ("search", ["*"])],
    "one alone": [("all", ["*"])],
    "nothing": [],
}


@pytest.mark.parametrize("places", PLACES)
def test_many_are_told_as_each_of_them_is(places) -> None:
    entries = [
        {"id": name, "name": name, "resources": [{"provider": "aws", "account": AWS, "match": match}]}
        for name, match in PLACES[places]
    ]
    systems = Systems(config(systems=[System.model_validate(one).model_dump(exclude_unset=True) for one in entries]))
    whole = systems.whole_of("aws", AWS)
    found = systems.owners("aws", AWS, pa.array(NAMES, pa.string())).to_pylist()
    assert [one or whole for one in found] == [systems.of("aws", AWS, name) for name in NAMES]
    assert systems.claims_things("aws", AWS) is (len(entries) > 1)
    assert not systems.claims_things("aws", "999988887777")
