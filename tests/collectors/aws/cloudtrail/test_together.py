"""A record becomes the same row beside others as alone: whatever shape one has, it costs the others nothing."""

import json

import pytest

from auditor.model.tables import Activity
from tests.collectors.aws.cloudtrail.test_records import ACCOUNT, ROLE_SESSION, USER, event

ODD = (
    None,
    0,
    1.5,
    10**30,
    "",
    "x",
    "é" * 1500,
    [],
    {},
    ["a", None, 3],
    {"a": {"b": 1}},
    True,
    '{"arn": "arn:aws:s3:::x"}',
)
ANSWER = {
    "credentials": {"accessKeyId": "ASIA1"},
    "assumedRoleUser": {"arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/a/b"},
}
LISTED = [{"ARN": f"arn:aws:s3:::bucket/{n}"} for n in range(2)]
BASES = (
    event("s3", "GetObject", requestParameters={"bucketName": "bucket", "key": "1"}, resources=LISTED),
    event("sts", "AssumeRole", ROLE_SESSION, responseElements=ANSWER, requestParameters={"roleArn": "arn:aws:iam::1:role/a"}),
    event("iam", "AttachRolePolicy", requestParameters={"roleName": "operator", "policyArn": "arn:aws:iam::aws:policy/A"}),
    event("ecs", "RunTask", requestParameters={"cluster": "c"}, responseElements={"tasks": [{"taskArn": "t", "group": "g"}]}),
    event("signin", "SwitchRole", additionalEventData={"SwitchTo": f"arn:aws:iam::{ACCOUNT}:role/operator"}),
    event("ssm", "GetParameters", USER | {"invokedBy": "x.amazonaws.com"}, requestParameters={"names": ["/a"]}),
)  # fmt: skip


def twisted():
    """Each base with each of its fields, one after the other, of each odd shape; and left out."""
    for base in BASES:
        yield base
        for name in base:
            yield {one: value for one, value in base.items() if one != name}
            # A name that is empty is a name, where all beside it is as AWS writes it.
            yield from ({**base, name: odd} for odd in ODD if odd != "" or name not in ("eventSource", "eventName"))
        for name in base["userIdentity"]:
            yield from ({**base, "userIdentity": {**base["userIdentity"], name: odd}} for odd in ODD)


@pytest.mark.parametrize("lines", [False, True])
def test_a_record_is_the_same_row_beside_others_as_alone(trail, lines):
    # An id that is made is made of the record's bytes, and those depend on how it had to be read.
    records = [{**one, "eventID": f"id-{number}"} for number, one in enumerate(twisted()) if one.get("eventID")]
    whole = "\n".join(map(json.dumps, records)) if lines else json.dumps({"Records": records})
    alone = {f"one-{number:04}.json": json.dumps({"Records": [one]}).encode() for number, one in enumerate(records)}
    got = trail({"together.json": whole.encode(), **alone}).rows(Activity)
    rows = {True: {}, False: {}}
    for row in got:
        at = {"origin": "", "record": 0, "sha256": ""}
        columns = {name: getattr(row, name) for name in Activity.__struct_fields__}
        rows[row.origin.endswith("together.json")][row.event_id] = columns | at
    assert rows[True] == rows[False]
    assert len(rows[True]) > len(records) * 0.8
