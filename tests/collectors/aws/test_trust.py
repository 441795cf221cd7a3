"""Whom a role's trust policy lets in, and IAM's answers as bytes."""

import base64
import json

import pytest

from collectors.aws.iam.dump import (
    UNKNOWN,
    accounts,
    canonical,
    check_whole,
    documents,
    items,
    pages,
    policy_text,
    records,
    report_rows,
    report_time,
)
from collectors.aws.iam.trust import trusted

A = "111122223333"
MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
ALLOW = {"Effect": "Allow", "Action": "sts:AssumeRole"}


@pytest.mark.parametrize(
    ("statement", "members"),
    [
        ({"Principal": {"AWS": A}}, [(f"arn:aws-cn:iam::{A}:root", None)]),
        ({"Principal": {"AWS": int(A)}}, [(f"arn:aws-cn:iam::{A}:root", None)]),
        ({"Principal": {"AWS": [A, "arn:x"]}}, [(f"arn:aws-cn:iam::{A}:root", None), ("arn:x", None)]),
        ({"Principal": {"AWS": "1234"}}, [("1234", None)]),
        ({"Principal": {"Service": A}}, [(A, None)]),
        ({"Principal": "*"}, [("*", None)]),
        ({"Principal": {"Service": "ec2.amazonaws.com", "Federated": "x"}}, [("ec2.amazonaws.com", None), ("x", None)]),
        ({"Principal": {"AWS": "arn:x"}, "Condition": MFA}, [("arn:x", MFA)]),
        ({"Principal": {"AWS": "arn:x"}, "Condition": {}}, [("arn:x", None)]),
        ({"NotPrincipal": {"AWS": "arn:x"}}, [("*", {"NotPrincipal": {"AWS": "arn:x"}})]),
        ({"NotPrincipal": {"AWS": "arn:x"}, "Condition": MFA}, [("*", {"NotPrincipal": {"AWS": "arn:x"}, **MFA})]),
        ({"Principal": "*", "Effect": "Deny"}, []),
        ({"Principal": "*", "Action": "sts:TagSession"}, []),
        ({"Principal": "*", "Action": ["sts:TagSession", "STS:Assume*"]}, [("*", None)]),
        ({"Principal": "*", "Action": "sts:AssumeRoleWithSAML"}, [("*", None)]),
        ({"Principal": "*", "Action": "sts:AssumeRoleWithWebIdentity"}, [("*", None)]),
        ({}, []),
    ],
)
def test_whom_a_statement_lets_in(statement, members):
    assert list(trusted({"Statement": {**ALLOW, **statement}}, "aws-cn")) == members


@pytest.mark.parametrize(
    ("excluded", "assumes"),
    [("sts:*", False), ("sts:AssumeRole", True), (["sts:TagSession"], True), ("sts:AssumeRole*", False)],
)
def test_what_is_allowed_but_for_some_actions(excluded, assumes):
    statement = {"Effect": "Allow", "NotAction": excluded, "Principal": "*"}
    assert bool(list(trusted({"Statement": [statement]}, "aws"))) is assumes


@pytest.mark.parametrize("statement", ["odd", {**ALLOW, "Principal": ["a"]}])
def test_what_is_no_statement_is_refused(statement):
    with pytest.raises(ValueError, match="is not an object"):
        list(trusted({"Statement": [statement]}, "aws"))


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b'{"a": 1}', [{"a": 1}]),
        (b'\n{"a": 1}\r\n\t{"a": 2} ', [{"a": 1}, {"a": 2}]),
        (b'[{"a": 1}, {"a": 2}]', [{"a": 1}, {"a": 2}]),
        ('\ufeff{"a": "ö"}'.encode("utf-16"), [{"a": "ö"}]),
        ('{"a": "ö"}'.encode("utf-8-sig"), [{"a": "ö"}]),
    ],
)
def test_documents_of_a_dump_in_any_form(data, found):
    assert list(documents(data)) == found


@pytest.mark.parametrize("data", [b"", b"  \n", b"{", b'{"a": 1} x', b"[" * 100_000])
def test_what_is_cut_short_or_empty_is_refused(data):
    with pytest.raises(ValueError, match=r".+"):
        list(documents(data))


def dump(*found):
    return "\n".join(map(json.dumps, found)).encode()


USERS = {"UserDetailList": [{"Arn": f"arn:aws:iam::{A}:user/nina"}], "GroupDetailList": [], "RoleDetailList": []}


def test_entries_are_numbered_over_all_pages():
    more = {"UserDetailList": [{"n": 1}], "Policies": [{"Arn": "arn:aws:iam::aws:policy/X"}, "odd"]}
    found = list(items(dump(USERS, more)))
    assert [(one.list, one.record) for one in found] == [
        ("UserDetailList", 0),
        ("UserDetailList", 1),
        ("Policies", 2),
        ("Policies", 3),
    ]
    assert accounts(dump(USERS, more)) == {A}
    assert records(dump(USERS)) == USERS["UserDetailList"]
    assert records(b'[{"Arn": "x"}]') == [{"Arn": "x"}]


@pytest.mark.parametrize(
    ("found", "why"),
    [
        ([{"Users": []}], "it holds none of UserDetailList"),
        ([[1]], "it holds none of"),
        ([{"UserDetailList": {}}], "UserDetailList is not a list"),
    ],
)
def test_what_is_no_authorization_details_is_refused(found, why):
    with pytest.raises(ValueError, match=why):
        pages(dump(*found))


@pytest.mark.parametrize(
    ("found", "why"),
    [
        ([{**USERS, "Policies": []}], None),
        ([USERS, {"Policies": []}], None),
        ([{**USERS, "Policies": [], "IsTruncated": True}, {"Policies": [], "IsTruncated": False}], None),
        ([{**USERS, "Policies": [], "IsTruncated": True}], "more pages follow"),
        ([USERS], "it has no Policies; it was made with a filter"),
    ],
)
def test_a_dump_must_hold_everything(found, why):
    if why is None:
        check_whole(dump(*found))
        return
    with pytest.raises(ValueError, match=why):
        check_whole(dump(*found))


HEADER = "user,arn,password_enabled,mfa_active,access_key_1_active,access_key_2_active"


def test_a_credential_report_is_its_lines():
    data = f"\ufeff{HEADER}\nnina,arn:x,true,true,false,\n".encode()
    (line,) = report_rows(data)
    assert (line["user"], line["access_key_1_active"], line["access_key_2_active"]) == ("nina", "false", "")
    packed = base64.b64encode(data.lstrip(b"\xef\xbb\xbf"))
    answer = b'{\n    "Content": "' + packed + b'",\n    "ReportFormat": "text/csv"\n}\n'
    assert [report_rows(one) for one in (packed + b"\n", answer, answer.decode().encode("utf-16"))] == [[line]] * 3
    with pytest.raises(ValueError, match="it has no column arn, mfa_active"):
        report_rows(HEADER.replace("arn,", "").replace("mfa_active,", "").encode())
    with pytest.raises(ValueError, match="no column"):
        report_rows(b"")
    with pytest.raises(ValueError, match="it is no CSV"):
        report_rows(f'{HEADER}\n"nina"x,'.encode())


@pytest.mark.parametrize("text", [None, "", "N/A", "no_information", "not_supported"])
def test_a_time_that_is_not_there_is_none(text):
    assert report_time(text) is None
    assert report_time("2026-02-20T14:00:00+00:00").hour == 14


@pytest.mark.parametrize(
    "value", [{"b": 1, "a": [2]}, '{"b": 1, "a": [2]}', ' {"b":1,"a":[2]}', "%7B%22b%22%3A1%2C%22a%22%3A%5B2%5D%7D"]
)
def test_a_policy_is_kept_in_its_own_order_however_it_came(value):
    assert policy_text(value) == '{"b":1,"a":[2]}'
    assert canonical(json.loads(policy_text(value))) == '{"a":[2],"b":1}'


@pytest.mark.parametrize("value", ["7", "", None, '"x"'])
def test_what_is_no_policy_is_refused(value):
    with pytest.raises(ValueError, match=r".+"):
        policy_text(value)
    assert json.loads(UNKNOWN) is None
