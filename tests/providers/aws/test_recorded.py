"""What an account's trails leave out together."""

import pytest

from auditor.model.tables import Trail
from auditor.model.vocabulary import Severity
from auditor.providers.aws.trails.recorded import unrecorded
from tests.cases import AWS, row

READS, WRITES = "calls that only read", "calls that change something"
DATA = "reads and writes of data (data events)"
GLOBAL = "services without a region, such as IAM"


def trail(name="all", **settings):
    whole = {
        "logging": True,
        "multi_region": True,
        "global_events": True,
        "home_region": "eu-west-1",
        "management": ("read", "write"),
        "data": ("s3",),
    }
    arn = f"arn:aws:cloudtrail:eu-west-1:{AWS}:trail/{name}"
    return Trail(**row(trail=arn, account=AWS, name=name), **{**whole, **settings})


@pytest.mark.parametrize(
    ("trails", "lacks", "severity"),
    [
        ([trail()], (), None),
        ([trail(data=())], (DATA,), Severity.LOW),
        ([trail(management=("write",))], (READS,), None),
        ([trail(management=("write",), data=())], (READS, DATA), None),
        ([trail(management=("read",))], (WRITES,), Severity.HIGH),
        ([trail(management=())], (WRITES, READS), Severity.HIGH),
        # What one leaves out another records.
        ([trail(management=("read",)), trail("other", management=("write",), data=())], (), None),
        ([trail(management=("read",)), trail("off", logging=False)], (WRITES,), Severity.HIGH),
        # Trails of single regions count only where none is everywhere.
        ([trail(multi_region=False)], ("every region but eu-west-1",), None),
        ([trail(multi_region=False, global_events=False)], ("every region but eu-west-1", GLOBAL), None),
        (
            [trail(multi_region=False), trail("us", multi_region=False, home_region="us-east-1", global_events=False)],
            ("every region but eu-west-1 and us-east-1",),
            None,
        ),
        ([trail(multi_region=False, home_region=None)], ("every region but one",), None),
        ([trail(management=("write",)), trail("here", multi_region=False)], (READS,), None),
    ],
)
def test_what_all_trails_leave_out_together_is_told(trails, lacks, severity):
    found = unrecorded(AWS, trails)
    assert (found.lacks, found.severity, found.names_lacks) == (lacks, severity, True)


@pytest.mark.parametrize("trails", [[], [trail(logging=False)]])
def test_an_account_without_a_trail_that_is_on_forgets(trails):
    found = unrecorded(AWS, trails)
    assert (found.severity, found.names_lacks) == (Severity.HIGH, False)
    assert found.lacks == (WRITES, READS, DATA)
    assert f"No trail is on in AWS account {AWS}" in found.summary


def test_one_trail_is_named_and_several_are_not():
    assert f"The trail all of AWS account {AWS} leaves out" == unrecorded(AWS, [trail(data=())]).summary
    both = [trail(data=()), trail("other", data=())]
    assert f"The trails of AWS account {AWS} leave out" == unrecorded(AWS, both).summary
