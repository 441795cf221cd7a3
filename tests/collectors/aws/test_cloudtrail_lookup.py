"""CloudTrail's event history as boto3 sees it, on moto's server, to which the call is added."""

import json
import time
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from auditor.config.sources.aws import AwsCloudTrail
from auditor.errors import SourceError
from auditor.model.tables import Activity
from collectors.aws.cloudtrail.collector import CloudTrail
from collectors.aws.cloudtrail.lookup import pages, unwrapped
from collectors.aws.permissions import aws_policy
from tests.aws_calls import EVENTS

NOW = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)


def record(name, when, account="111122223333", **fields):
    return {
        "eventVersion": "1.10",
        "userIdentity": {"type": "IAMUser", "arn": f"arn:aws:iam::{account}:user/nina", "accountId": account},
        "eventTime": f"{when:%Y-%m-%dT%H:%M:%SZ}",
        "eventSource": "ecs.amazonaws.com",
        "eventName": "UpdateService",
        "awsRegion": "eu-central-1",
        "requestParameters": {"cluster": "checkout-prod", "service": "api"},
        "eventID": name,
        "readOnly": False,
        "recipientAccountId": account,
    } | fields


@pytest.fixture
def happen(aws):
    """Something happens so long before the audit."""

    def run(name, ago, region="eu-central-1", **fields):
        EVENTS[aws.account, region].append(record(name, NOW - ago, aws.account, **fields))

    return run


@pytest.fixture
def collect(collect):
    """The log files alone; the trails themselves are in tests of their own."""
    return partial(collect, but="trails")


@pytest.fixture
def read(aws, context, collect):
    def run(seen=None, endpoint=aws.endpoint, **known):
        source = AwsCloudTrail(
            name="history", kind="aws-cloudtrail", lookup=True, region="eu-central-1", endpoint_url=endpoint, **known
        )
        return collect(CloudTrail(source=source, context=context), seen)

    return run


def ids(got):
    return sorted(row.event_id for row in got.rows(Activity))


def seen_by(got):
    return {one.origin: one.version for one in got.objects}


def test_the_history_of_the_region_and_of_global_services_is_read(aws, happen, read):
    happen("deploy", timedelta(days=3))
    happen("new-user", timedelta(days=80), region="us-east-1", eventSource="iam.amazonaws.com", eventName="CreateUser")
    happen("too-old", timedelta(days=95))
    happen("elsewhere", timedelta(days=1), region="ap-south-1")
    got = read()
    assert ids(got) == ["deploy", "new-user"]
    (told,) = {(row.scope, row.status, row.from_, row.to) for row in got.coverage}
    assert told == (aws.account, "ok", NOW - timedelta(days=90), NOW)
    assert "management events only" in got.coverage[0].reason


def test_the_regions_can_be_named(happen, read):
    happen("deploy", timedelta(days=3))
    happen("elsewhere", timedelta(days=1), region="ap-south-1")
    assert ids(read(regions=("ap-south-1",))) == ["elsewhere"]


def test_an_account_where_nothing_happened_is_read_whole(aws, read):
    got = read()
    assert [(row.scope, row.rows, row.status) for row in got.coverage] == [(aws.account, 0, "ok")] * len(got.coverage)
    assert [one.status for one in got.objects] == ["ok", "ok"]


def test_pages_are_kept_and_rows_point_at_their_records(aws, happen, read):
    happen("first", timedelta(days=3))
    happen("second", timedelta(days=2), userAgent="Łódź/1.0")
    got = read(regions=("eu-central-1",))
    ((raw,),) = got.batches
    assert raw.original
    row = next(row for row in got.rows(Activity) if row.event_id == "first")
    assert row.origin == raw.origin
    assert row.origin.startswith(f"cloudtrail:LookupEvents/{aws.account}/eu-central-1/")
    assert json.loads(CloudTrail.quote(raw.load(), row.record))["eventID"] == "first"
    assert {row.user_agent for row in got.rows(Activity)} == {None, "Łódź/1.0"}


def test_the_next_run_asks_from_shortly_before_the_end_of_the_last(happen, read):
    happen("before", timedelta(hours=30))
    seen = seen_by(read())
    later = {origin: version.replace("2026-03-01T03", "2026-02-28T20") for origin, version in seen.items()}
    happen("late", timedelta(hours=8))
    happen("new", timedelta(hours=1))
    got = read(seen=later)
    assert ids(got) == ["late", "new"]
    assert {row.from_ for row in got.coverage} == {NOW - timedelta(hours=9)}


def test_two_calls_a_second_are_not_exceeded(aws, happen, read):
    for number in range(120):
        happen(f"event-{number}", timedelta(hours=1, seconds=number))
    seen = {f"cloudtrail:LookupEvents/{aws.account}/eu-central-1/x": f"{NOW - timedelta(hours=3):%Y-%m-%dT%H:%M:%SZ}"}
    started = time.perf_counter()
    got = read(seen, regions=("eu-central-1",))
    calls = len(got.batches[0])
    assert len(ids(got)) == 120
    assert calls >= 3
    assert time.perf_counter() - started >= (calls - 1) / 2


class History:
    """Answers as CloudTrail does, without a server: newest first, so many a page."""

    def __init__(self, *times, most=3):
        self.times, self.most, self.asked = sorted(times, reverse=True), most, []

    def __call__(self, first, last, token):
        self.asked.append((first, last, token))
        found = [when for when in self.times if first <= when <= last]
        start = int(token or 0)
        more = {"NextToken": str(start + self.most)} if start + self.most < len(found) else {}
        return {"Events": found[start : start + self.most], **more}


def test_a_quiet_stretch_is_one_call_and_a_busy_one_is_read_oldest_first():
    busy = [NOW - timedelta(days=2, minutes=minute) for minute in range(10)]
    history = History(*busy, NOW - timedelta(days=60))
    read = list(pages(history, NOW - timedelta(days=90), NOW))
    assert {when for page in read for when in page.answer["Events"]} == {*busy, NOW - timedelta(days=60)}
    ends = [page.last for page in read if page.final]
    assert ends == sorted(ends)
    assert ends[-1] == NOW
    assert len(history.asked) < 30
    quiet = History(NOW - timedelta(days=5))
    assert len(list(pages(quiet, NOW - timedelta(days=90), NOW))) == len(quiet.asked) == 1


def test_the_same_page_for_ever_is_an_error():
    with pytest.raises(SourceError, match="the same page"):
        list(pages(lambda *_: {"Events": [], "NextToken": "7"}, NOW - timedelta(hours=5), NOW))


def test_throttling_is_waited_for_and_a_cut_line_is_tried_again(happen, read, failing, cutting):
    from moto.cloudtrail.responses import CloudTrailResponse

    happen("deploy", timedelta(days=3))
    failing(CloudTrailResponse, "lookup_events", "ThrottlingException", times=1)
    endpoint = cutting("LookupEvents", times=1)
    assert ids(read(endpoint=endpoint, regions=("eu-central-1",))) == ["deploy"]


def test_a_line_that_stays_cut_costs_its_region_and_says_so(aws, happen, context, cutting, monkeypatch):
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    happen("deploy", timedelta(days=3))
    source = AwsCloudTrail(
        name="history",
        kind="aws-cloudtrail",
        lookup=True,
        region="eu-central-1",
        endpoint_url=cutting("LookupEvents", times=1),
    )
    batches = []
    with pytest.raises(SourceError, match=r"event history in eu-central-1 .* total bytes expected") as caught:
        batches.extend(CloudTrail(source=source, context=context).fetch({}))
    assert caught.value.transient
    assert [raw.origin.split("/")[2] for batch in batches for raw in batch] == ["us-east-1"]


def test_a_denied_region_leaves_the_others(aws, happen, context, failing):
    from moto.cloudtrail.responses import CloudTrailResponse

    happen("deploy", timedelta(days=3), region="us-east-1")
    failing(CloudTrailResponse, "lookup_events", "AccessDeniedException", times=1)
    source = AwsCloudTrail(
        name="history", kind="aws-cloudtrail", lookup=True, region="eu-central-1", endpoint_url=aws.endpoint
    )
    fetching = CloudTrail(source=source, context=context).fetch({})
    (raw,) = next(fetching)
    assert "/us-east-1/" in raw.origin
    with pytest.raises(SourceError, match=r"AWS denied access while asking .* in eu-central-1") as caught:
        next(fetching)
    assert "the next run asks again" in caught.value.means


def test_a_stretch_that_was_not_read_to_its_end_is_asked_for_again(happen, read, aws):
    unfinished = {
        f"cloudtrail:LookupEvents/{aws.account}/eu-central-1/20260301T000000Z--20260301T030000Z/page-00001": "page"
    }
    happen("deploy", timedelta(days=3))
    assert ids(read(seen=unfinished, regions=("eu-central-1",))) == ["deploy"]


def test_what_the_command_line_saved_is_read_the_same_way(context, collect, tmp_path):
    events = [{"EventId": name, "CloudTrailEvent": json.dumps(record(name, NOW))} for name in ("a", "b")]
    events.insert(1, {"EventId": "broken", "CloudTrailEvent": "{not json"})
    events.append({"EventId": "empty"})
    (tmp_path / "events.json").write_text(json.dumps({"Events": events, "NextToken": "more"}, indent=4))
    source = AwsCloudTrail(name="saved", kind="aws-cloudtrail", path="events.json")
    got = collect(CloudTrail(source=source, context=context))
    assert ids(got) == ["a", "b"]
    assert (got.objects[0].status, got.objects[0].rejected) == ("partial", 3)


def test_other_content_is_left_alone():
    for content in (b'{"Records": []}', b"", b'{"Events": 7}', b'{"Events": [', b"\x1f\x8b"):
        assert unwrapped(content) == content


def test_expired_credentials_fail_the_source(read, failing):
    from moto.cloudtrail.responses import CloudTrailResponse

    failing(CloudTrailResponse, "lookup_events", "ExpiredTokenException")
    with pytest.raises(SourceError, match="have expired"):
        read()


def test_the_generated_policy_is_enough(happen, read, sign_in_with):
    happen("deploy", timedelta(days=3))
    sign_in_with(aws_policy(["aws-cloudtrail"]))
    assert ids(read()) == ["deploy"]
