"""Values before and after: from the log, from the snapshot before, and why there are none."""

import json
from datetime import timedelta

import pytest

from auditor import run as line
from auditor.case.incident import incident as resolve
from auditor.case.moment import place
from auditor.options import Silence
from auditor.providers.settings import Setting
from auditor.questions.past import incident
from auditor.questions.review import Told, values
from auditor.questions.scene import named_system
from auditor.questions.times import Times
from reports.incident import review_view
from tests.copies import replace
from tests.nightly import AWS, call
from tests.thursday import NEXT_NIGHT, at, configure, options

FROM, TO = at("10:30:00"), at("12:30:00")
OWN = f"arn:aws:ecs:eu-central-1:{AWS}:service/checkout-prod/checkout"
STOOD = f"Allow ecs:UpdateService, ecs:DescribeServices on {OWN}"


def document(*actions):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]})


@pytest.fixture
def later(own_shop):
    """The review of the Thursday with calls of Tom's that nothing before in the log tells of."""

    def make(*calls):
        own_shop.trail_file("2026/10/01", 1245, calls)
        configure(own_shop)
        night = NEXT_NIGHT + timedelta(hours=1)
        line.collect(options(own_shop, night), Silence())
        return incident(options(own_shop, night), "checkout", Times(at("12:00:00"), TO))

    return make


def put(time, *actions):
    told = {"userName": "nina", "policyName": "checkout", "policyDocument": document(*actions)}
    return call("tom", "iam:PutUserPolicy", time, **told)


def test_a_policy_that_is_written_over_is_compared_with_the_snapshot_before(later):
    review = later(put("2026-10-01T12:05:00Z", "ecs:*"), put("2026-10-01T12:10:00Z", "ecs:StopTask"))
    first, second = (one for one in review.lines if one.what == "iam:PutUserPolicy")
    assert first.values[:2] == (f"policy \N{MINUS SIGN} {STOOD}", "policy + Allow ecs:* on *")
    assert first.reversal.text == ("Set it back to what it said before, as read 1 Oct 2026 05:10 CEST.")
    # The log is newer than the snapshot by then.
    assert second.values[:2] == ("policy \N{MINUS SIGN} Allow ecs:* on *", "policy + Allow ecs:StopTask on *")
    assert "as set 1 Oct 2026 14:05 CEST by Tom Weiss" in second.reversal.text


def test_what_was_deleted_is_told_from_the_snapshot_before(later):
    review = later(call("tom", "iam:DeleteUserPolicy", "2026-10-01T12:05:00Z", userName="nina", policyName="checkout"))
    (gone,) = [one for one in review.lines if one.what == "iam:DeleteUserPolicy"]
    assert gone.values[0] == f"policy \N{MINUS SIGN} {STOOD}"


def test_rules_of_a_security_group_are_told_without_reading_the_record_again(later, own_shop):
    rule = {"ipProtocol": "tcp", "fromPort": 22, "toPort": 22, "ipRanges": {"items": [{"cidrIp": "0.0.0.0/0"}]}}
    asked = {"groupId": "sg-0a1b", "ipPermissions": {"items": [rule]}}
    later(call("tom", "ec2:AuthorizeSecurityGroupIngress", "2026-10-01T12:05:00Z", **asked))
    (trail,) = (own_shop.folder / "logs/cloudtrail").rglob("*20261001T1245Z*")
    trail.unlink()
    told = options(own_shop, NEXT_NIGHT + timedelta(hours=1))
    system = told.config.systems[0]
    place_ = system.resources[0].model_copy(update={"match": ("*sg-0a1b*",), "tags": {}})
    config = told.config.model_copy(update={"systems": (system.model_copy(update={"resources": (place_,)}),)})
    review = incident(replace(told, config=config), "checkout", Times(at("12:00:00"), TO))
    (opened,) = [one for one in review.lines if one.what == "ec2:AuthorizeSecurityGroupIngress"]
    assert opened.values == ("rule + tcp 22 from 0.0.0.0/0",)


def test_where_nothing_is_known_it_is_said_why(shop):
    told = options(shop)
    known = resolve(told.store, told.config, named_system(told.config, "checkout"), FROM, TO, NEXT_NIGHT)
    act = next(one for one in known.acts if one.told.person == "leon" and one.changes)
    pointer = replace(act.told.evidence, origin="s3://trail/AWSLogs/1.json.gz")
    found = values(told, [Told(act.told.provider, act.told.action, None, pointer)])
    assert found == {place(pointer): Setting(unread="the log is read from a bucket without `keep_raw`")}
    bucket = replace(act, told=replace(act.told, evidence=pointer), before=None)
    review = review_view(replace(known, acts=(bucket,)), found)
    assert review.lines[0].values == ()
    assert "its record was not read" in review.lines[0].reversal.text
    assert "What 1 change set is not known: the log is read from a bucket without `keep_raw`." in review.gaps
