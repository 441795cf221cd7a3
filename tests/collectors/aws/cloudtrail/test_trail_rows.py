"""What CloudTrail says of its trails, as rows."""

import json

import pytest

from auditor.config.sources.aws import AwsCloudTrail
from auditor.model.tables import Activity, Trail
from collectors.aws.cloudtrail.collector import CloudTrail

ACCOUNT = "111122223333"
ARN = f"arn:aws:cloudtrail:eu-central-1:{ACCOUNT}:trail/main"
WHOLE = {"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": []}


def answered(call, reply=None, error=None, **asked):
    outcome = {"error": error} if error else {"reply": reply}
    return {"call": f"cloudtrail:{call}", "asked": {"account": ACCOUNT, **asked}, **outcome}


def described(**changes):
    trail = {"Name": "main", "TrailARN": ARN, "HomeRegion": "eu-central-1", "IsMultiRegionTrail": True, **changes}
    return answered("DescribeTrails", {"trailList": [trail]})


def chosen(*basic, advanced=()):
    reply = {"TrailARN": ARN, "EventSelectors": list(basic), "AdvancedEventSelectors": list(advanced)}
    return answered("GetEventSelectors", reply, TrailName=ARN)


def advanced(**conditions):
    fields = [{"Field": name.replace("_", "."), **how} for name, how in conditions.items()]
    return {"FieldSelectors": fields}


ON = answered("GetTrailStatus", {"IsLogging": True}, Name=ARN)


@pytest.fixture
def read(context, collect, tmp_path):
    def run(*told):
        (tmp_path / "logs").mkdir(exist_ok=True)
        text = "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in told)
        (tmp_path / "trails.jsonl").write_text(text)
        source = AwsCloudTrail(name="trail", kind="aws-cloudtrail", path="logs", trails="trails.jsonl")
        return collect(CloudTrail(source, context))

    return run


def coverage(got):
    (line,) = [line for line in got.coverage if line.scope.endswith(" trails")]
    return line.scope, line.status, line.rows, line.reason


def test_a_trail_says_where_it_records_and_what(read):
    extra = {"LogFileValidationEnabled": True, "IncludeGlobalServiceEvents": True}
    got = read(described(**extra), chosen(WHOLE), ON)
    (row,) = got.rows(Trail)
    assert (row.trail, row.account, row.name, row.home_region) == (ARN, ACCOUNT, "main", "eu-central-1")
    assert (row.multi_region, row.organisation, row.global_events, row.validated) == (True, False, True, True)
    assert (row.logging, row.asked, row.management, row.data) == (True, True, ("read", "write"), ())
    assert coverage(got) == (f"{ACCOUNT} trails", "ok", 1, None)
    assert got.rows(Activity) == []
    assert json.loads(CloudTrail.quote(got.batches[-1][0].load(), row.record))["call"] == "cloudtrail:DescribeTrails"


@pytest.mark.parametrize(
    ("told", "management", "data"),
    [
        (chosen({"ReadWriteType": "WriteOnly"}), ("write",), ()),
        (chosen({"ReadWriteType": "WriteOnly"}, {"ReadWriteType": "ReadOnly"}), ("read", "write"), ()),
        (chosen({"IncludeManagementEvents": False}), (), ()),
        (
            chosen({**WHOLE, "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}]}),
            ("read", "write"),
            ("AWS::S3::Object",),
        ),
        (chosen(advanced=[advanced(eventCategory={"Equals": ["Management"]})]), ("read", "write"), ()),
        (
            chosen(advanced=[advanced(eventCategory={"Equals": ["Management"]}, readOnly={"Equals": ["true"]})]),
            ("read",),
            (),
        ),
        (chosen(advanced=[advanced(eventCategory={"NotEquals": ["Data"]})]), (), ()),
        (
            chosen(advanced=[advanced(eventCategory={"Equals": ["Management"]}, readOnly={"Equals": ["false"]})]),
            ("write",),
            (),
        ),
        (
            chosen(
                advanced=[
                    advanced(eventCategory={"Equals": ["Management"]}, eventSource={"NotEquals": ["kms.amazonaws.com"]})
                ]
            ),
            ("read", "write"),
            (),
        ),
        (
            chosen(advanced=[advanced(eventCategory={"Equals": ["Management"]}, eventName={"StartsWith": ["Delete"]})]),
            (),
            (),
        ),
        (
            chosen(
                advanced=[
                    advanced(eventCategory={"Equals": ["Data"]}, resources_type={"Equals": ["AWS::DynamoDB::Table"]})
                ]
            ),
            (),
            ("AWS::DynamoDB::Table",),
        ),
    ],
    ids=[
        "writes",
        "two selectors",
        "data only",
        "S3",
        "all",
        "reads, advanced",
        "no category",
        "writes, advanced",
        "but KMS",
        "deletions",
        "a table",
    ],
)
def test_what_is_recorded_is_told_by_its_selectors(read, told, management, data):
    (row,) = read(described(), told, ON).rows(Trail)
    assert (row.management, row.data) == (management, data)


def test_what_was_refused_is_not_known(read):
    refused = answered("GetEventSelectors", error="AWS denied access", TrailName=ARN)
    got = read(described(IsOrganizationTrail=True), refused)
    (row,) = got.rows(Trail)
    assert (row.organisation, row.logging, row.asked, row.management) == (True, None, False, ())
    assert coverage(got) == (f"{ACCOUNT} trails", "partial", 1, "AWS denied access")


def test_an_answer_that_names_no_selectors_says_nothing(read):
    got = read(described(), chosen(), ON)
    assert [row.asked for row in got.rows(Trail)] == [False]
    assert coverage(got)[1:] == ("partial", 1, f"CloudTrail does not say what a trail records ({ARN})")


def test_an_account_without_trails_was_looked_at(read):
    got = read(answered("DescribeTrails", {"trailList": []}), answered("ListTrails", {"Trails": []}))
    assert got.rows(Trail) == []
    assert coverage(got) == (f"{ACCOUNT} trails", "ok", 0, None)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("{", "it is not an answer written as a line of JSON"),
        (answered("DescribeTrails", {"trailList": [{"Name": 7}]}), "is not as CloudTrail writes it"),
        (answered("GetTrail", {}), "is not as CloudTrail writes it"),
        (answered("GetTrailStatus", {"IsLogging": "yes"}, Name=ARN), "is not as CloudTrail writes it"),
        (answered("DeleteTrail", {}), "a line is of another call"),
    ],
)
def test_odd_answers_are_counted_and_explained(read, line, sentence):
    got = read(described(), chosen(WHOLE), ON, line)
    assert len(got.rows(Trail)) == 1
    assert sentence in coverage(got)[3]
    assert max(entry.rejected for entry in got.objects) == 1
