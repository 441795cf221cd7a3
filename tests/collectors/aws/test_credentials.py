"""A line of the credential report, and IAM's own lists, as whole credentials; and what they say of their user."""

import json
from datetime import UTC, datetime

import pytest

from collectors.aws.iam.credentials import Credentials, Use
from collectors.base import Raw
from collectors.problems import Problems
from collectors.reading import Origin
from tests.collectors.rows import columns
from tests.collectors.ssh.test_keys import NINA as KEY

A = "111122223333"
NINA, ROOT = f"arn:aws:iam::{A}:user/nina", f"arn:aws:iam::{A}:root"
LINE = {
    "user": "nina", "arn": NINA, "password_enabled": "false", "password_last_used": "N/A", "password_last_changed": "N/A",
    "mfa_active": "false", "access_key_1_active": "false", "access_key_1_last_rotated": "N/A",
    "access_key_1_last_used_date": "N/A", "access_key_2_active": "false", "access_key_2_last_rotated": "N/A",
    "access_key_2_last_used_date": "N/A",
}  # fmt: skip
JAN, FEB = datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 2, 5, tzinfo=UTC)


def report(*lines):
    return "\n".join([",".join(LINE), *(",".join({**LINE, **line}.values()) for line in lines)])


def credentials(**parts):
    found = Credentials(A, Problems())
    for part, text in parts.items():
        data = text if isinstance(text, str) else "\n".join(map(json.dumps, text))
        raw = Raw(part, bytes, part=part.replace("_", "-"))
        found.take(Origin("iam", FEB, raw, "", data=data.encode()))
    return found


def handle(kind, **what):
    return {"provider": "aws", "type": kind, "account": A, **what}


def told(rows):
    return [{**columns(row), "handle": json.loads(row.handle)} for row in rows]


PASSWORD = {"credential": f"password:{NINA}", "kind": "password", "account": NINA, "provider": "aws", "enabled": True}
SLOT = {"credential": f"access-key:{NINA}:1", "kind": "access-key", "account": NINA, "provider": "aws"}


@pytest.mark.parametrize(
    ("line", "rows", "use"),
    [
        ({}, [], Use(False, False, False, None)),
        (
            {"password_enabled": "true", "password_last_used": "2026-02-05T00:00:00Z",
                "password_last_changed": "2026-01-05T00:00:00Z", "mfa_active": "true"},
            [{**PASSWORD, "created_at": JAN, "last_used_at": FEB,
                "handle": handle("login-profile", user="nina", created_at="2026-01-05T00:00:00+00:00")}],
            Use(True, True, True, FEB),
        ),
        (
            {"password_enabled": "true", "password_last_used": "no_information"},
            [{**PASSWORD, "never_used": True, "handle": handle("login-profile", user="nina")}],
            Use(True, True, False, None),
        ),
        (
            {"access_key_1_active": "true", "access_key_1_last_rotated": "2026-01-05T00:00:00Z",
                "access_key_1_last_used_date": "2026-02-05T00:00:00Z"},
            [{**SLOT, "enabled": True, "created_at": JAN, "last_used_at": FEB,
                "handle": handle("access-key", user="nina", created_at="2026-01-05T00:00:00+00:00")}],
            Use(False, True, False, FEB),
        ),
        (
            {"access_key_2_last_rotated": "2026-01-05T00:00:00Z"},
            [{**SLOT, "credential": f"access-key:{NINA}:2", "created_at": JAN, "never_used": True,
                "handle": handle("access-key", user="nina", created_at="2026-01-05T00:00:00+00:00")}],
            Use(False, False, False, None),
        ),
        (
            {"access_key_1_active": "true"},
            [{**SLOT, "enabled": True, "never_used": True, "handle": handle("access-key", user="nina")}],
            Use(False, True, False, None),
        ),
    ],
)  # fmt: skip
def test_a_line_of_the_report_is_a_users_credentials(line, rows, use):
    found = credentials(credential_report=report(line))
    mine = found.of_user(NINA, "nina")
    assert (told(mine), found.use(NINA, mine), bool(found.problems)) == (rows, use, False)


def test_the_roots_line_is_its_password_and_its_keys():
    line = {"user": "<root_account>", "arn": ROOT, "password_enabled": "not_supported", "access_key_1_active": "true"}
    found = credentials(credential_report=report({}, line))
    root = {"account": ROOT, "provider": "aws", "enabled": True, "never_used": True}
    assert found.root.at["record"] == 1
    assert told(found.of_root(found.root, ROOT)) == [
        {**root, "credential": f"password:{ROOT}", "kind": "password", "handle": handle("root-password")},
        {**root, "credential": f"access-key:{ROOT}:1", "kind": "access-key", "handle": handle("root-access-key")},
    ]
    assert credentials(credential_report=report({})).root is None
    assert credentials().root is None


def test_what_iam_lists_itself_counts_more_than_the_report():
    made = {"CreateDate": "2026-01-05T00:00:00Z"}
    keys = [{"AccessKeyId": f"AKIA{number}", "Status": "Active", **made} for number in (1, 2, 3)]
    used = {"AKIA1": {"LastUsedDate": "2026-02-05T00:00:00Z"}, "AKIA2": {}}
    ssh = {"SSHPublicKeyId": "K1", "SSHPublicKeyBody": KEY, "Status": "Active", "UploadDate": "2026-01-05T00:00:00Z"}
    found = credentials(
        credential_report=report({"access_key_2_active": "true"}),
        access_keys=[{"Arn": NINA, "AccessKeyMetadata": [*keys[:2], {**keys[2], "Status": "Inactive"}], "AccessKeyLastUsed": used}],
        ssh_public_keys=[{"Arn": NINA, "SSHPublicKeys": [
            ssh, {**ssh, "SSHPublicKeyBody": KEY.rpartition(" ")[0], "Status": "Inactive"}, {**ssh, "SSHPublicKeyBody": "odd"}]}],
        mfa_devices=[{"Arn": NINA, "MFADevices": [{}]}, {"Arn": "arn:x", "MFADevices": []}],
    )  # fmt: skip
    mine = found.of_user(NINA, "nina")
    key = {"kind": "access-key", "account": NINA, "provider": "aws", "created_at": JAN}
    pub = {"kind": "ssh-key", "account": NINA, "provider": "aws", "resource": A, "created_at": JAN}
    of_ssh = {**pub, "credential": mine[3].credential, "handle": handle("ssh-public-key", user="nina", key="K1")}

    def access(number, **more):
        name = f"AKIA{number}"
        return {**key, "credential": name, "handle": handle("access-key", user="nina", key=name), **more}

    assert told(mine) == [
        access(1, enabled=True, last_used_at=FEB),
        access(2, enabled=True, never_used=True),
        access(3),
        {**of_ssh, "enabled": True, "comment": "nina@laptop"},
        of_ssh,
    ]
    assert mine[3].credential.startswith("ssh-key:SHA256:")
    assert (found.problems.rejected, found.problems.sentence()) == (
        1,
        "an SSH public key cannot be read: there is no key (K1)",
    )
    assert found.use(NINA, mine) == Use(False, True, False, FEB)
    assert found.use("arn:x", []).mfa is False
    assert credentials(mfa_devices=[{"Arn": NINA, "MFADevices": [{}]}]).use(NINA, []) == Use(None, None, True, None)


def test_a_report_that_a_spreadsheet_saved_again_says_the_same():
    plain = report({"password_enabled": "false", "access_key_1_active": "true", "mfa_active": "false"})
    again = plain.replace("true", "TRUE").replace("false", "FALSE")
    assert credentials(credential_report=again).report == credentials(credential_report=plain).report


def test_a_part_that_is_none_of_iams_is_refused():
    with pytest.raises(ValueError, match="other is no part of IAM"):
        credentials(other=[])


def test_a_report_that_cannot_be_read_in_part_says_where():
    found = credentials(credential_report=report({"password_enabled": "true", "password_last_changed": "soon"}))
    assert len(found.of_user(NINA, "nina")) == 1
    assert found.problems.sentence() == "password_last_changed of the credential report cannot be read (line 2)"
    found = credentials(credential_report=report({}))
    assert found.of_user("arn:x", "x") == []
    assert found.problems.sentence() == "the credential report does not know a user (arn:x)"
    assert found.use("arn:x", []) == Use(None, None, None, None)
    for line, known, sentence in (
        (
            {"access_key_1_active": "true"},
            [],
            f"the credential report tells of a user whom the dump does not know ({NINA})",
        ),
        ({"access_key_1_active": "true"}, [NINA], None),
        ({"password_enabled": "false", "access_key_1_active": "false"}, [], None),
    ):
        found = credentials(credential_report=report(line))
        found.left_over(known)
        assert found.problems.sentence() == sentence
    longer = credentials(credential_report=f"{report({})},more,values")
    assert [*longer.report[NINA].value] == [*LINE]
