"""Of which day a CloudTrail object is."""

import pytest

from collectors.aws.cloudtrail.listing import day_of
from collectors.base import Raw

A = "111122223333"


@pytest.mark.parametrize(
    ("origin", "day"),
    [
        (
            f"s3://b/AWSLogs/{A}/CloudTrail/eu-west-1/2026/03/09/{A}_CloudTrail_eu-west-1_20260310T0000Z_x.json.gz",
            "20260309",
        ),
        (f"logs/{A}_CloudTrail_eu-west-1_20260310T0000Z_x.json.gz", "20260310"),
        ("logs/events.json", ""),
    ],
)
def test_the_day_of_an_object(origin, day):
    assert day_of(Raw(origin, bytes)) == day
