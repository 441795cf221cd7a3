"""IAM policies as Google's tools write them, members, and keys in metadata."""

import json
from datetime import UTC, datetime

import pytest

from auditor.model.handles import read_handle
from auditor.model.vocabulary import AccountKind
from collectors.google.bindings import Binding, Condition, MalformedError, bound, entries, known, named
from collectors.google.members import email_of, kind_of, member, of_email
from collectors.google.metadata_keys import key_of, lines, switched_on, values

MANAGER = "//cloudresourcemanager.googleapis.com/"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOM5XnShGtBbGGpl6KqdOZ/pzwn0kMq95E57X09yLUxn"


def policy(resource=f"{MANAGER}projects/shop", **entry):
    return {"resource": resource, "policy": {"bindings": [{"role": "roles/viewer", "members": ["user:a@x"]}]}, **entry}


@pytest.mark.parametrize(
    ("resource", "name", "project", "is_project", "kind"),
    [
        (f"{MANAGER}projects/shop", "shop", "shop", True, "project-binding"),
        (f"{MANAGER}folders/7", "folders/7", "", False, "folder-binding"),
        (f"{MANAGER}organizations/9", "organizations/9", "", False, "organization-binding"),
        ("//run.googleapis.com/projects/shop/locations/x/services/y", None, "shop", False, "resource-binding"),
        ("//storage.googleapis.com/bucket", None, "", False, "resource-binding"),
    ],
)
def test_a_resource_is_named_as_rows_name_it(resource, name, project, is_project, kind):
    found = bound(policy(resource))
    assert (found.name, found.project, found.is_project) == (name or resource, project, is_project)
    handle = read_handle(found.handle("user:a@x", "roles/viewer", Condition("a", "b", "c"), "shop"))
    assert handle["type"] == kind
    assert (handle["member"], handle["role"], handle["title"], handle["description"]) == (
        "user:a@x",
        "roles/viewer",
        "b",
        "c",
    )


@pytest.mark.parametrize("key", ["policy", "iamPolicy", "iam_policy"])
def test_every_tool_calls_the_policy_in_its_own_way(key):
    entry = policy()
    assert bound({"name": entry["resource"], key: entry["policy"]}).bindings == (
        Binding("roles/viewer", ("user:a@x",)),
    )


def test_what_a_resource_lies_in_is_told_from_near_to_far():
    found = bound(
        policy(project="projects/42", folders=["folders/7", 8], organization="organizations/9", ancestors="x")
    )
    assert (found.ancestors, found.number) == (("projects/42", "folders/7", "organizations/9"), "42")
    found = bound(policy(ancestors=["projects/42", "odd", "folders/7"]))
    assert (found.ancestors, found.number) == (("projects/42", "folders/7"), "42")
    assert bound(policy()).number == ""


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ({}, "it names no resource"),
        ({"resource": "shop"}, "it names no resource"),
        ({"resource": "//x/y"}, "it holds no policy"),
        ({"resource": "//x/y", "policy": []}, "it holds no policy"),
        ({"resource": "//x/y", "policy": {"bindings": {}}}, "its bindings are no list"),
        ({"resource": "//x/y", "policy": {"bindings": ["odd"]}}, "a binding names no role"),
        ({"resource": "//x/y", "policy": {"bindings": [{"members": []}]}}, "a binding names no role"),
        ({"resource": "//x/y", "policy": {"bindings": [{"role": "r", "members": "a"}]}}, "no list of names"),
        ({"resource": "//x/y", "policy": {"bindings": [{"role": "r", "members": [7]}]}}, "no list of names"),
        ({"resource": "//x/y", "policy": {"bindings": [{"role": "r", "condition": "x"}]}}, "condition of a binding"),
        (
            {"resource": "//x/y", "policy": {"bindings": [{"role": "r", "condition": {"title": "x"}}]}},
            "condition of a binding",
        ),
    ],
)
def test_a_record_that_is_not_as_google_writes_it_says_why(entry, why):
    with pytest.raises(MalformedError, match=why):
        bound(entry)


def test_a_binding_has_each_member_once_and_its_condition_in_parts():
    binding = {
        "role": "r",
        "members": ["a", "b", "a"],
        "condition": {"expression": "e", "title": "t", "description": 7},
    }
    (found,) = bound({"resource": "//x/y", "policy": {"bindings": [binding]}}).bindings
    assert found == Binding("r", ("a", "b"), Condition("e", "t", ""))
    assert json.loads(found.condition.text()) == {"expression": "e", "title": "t", "description": ""}
    assert bound({"resource": "//x/y", "policy": {"bindings": [{"role": "r", "condition": {}}]}}).bindings == (
        Binding("r", ()),
    )
    assert bound({"resource": "//x/y", "policy": {}}).bindings == ()


@pytest.mark.parametrize(
    ("description", "by"),
    [
        ("Approved by tom@x, justification: PAY-1", "tom@x"),
        ("approved by tom@x justification: PAY-1", "tom@x"),
        ("Approved by tom@x", None),
        ("Self-approved, justification: PAY-1", "nina@x"),
        ("Not Self-approved", None),
        ("", None),
    ],
)
def test_who_approved_stands_in_the_description(description, by):
    assert Condition("e", "t", description).approver("user:nina@x") == by


@pytest.mark.parametrize(
    ("data", "found"),
    [
        ('[{"a": 1}]', [{"a": 1}]),
        ('{"a": 1}\n{"a": 2}', [{"a": 1}, {"a": 2}]),
        ('{"results": [{"a": 1}, 7], "nextPageToken": "x"}', [{"a": 1}, "it is no JSON object"]),
        ('{"results": null}', []),
        ('{"resource": "//x", "bindings": []}', [{"resource": "//x", "bindings": []}]),
    ],
)
def test_records_come_in_lists_lines_and_pages(data, found):
    assert entries(b"\xef\xbb\xbf" + data.encode()) == found
    assert entries(data.encode("utf-16")) == found


def test_lists_behind_each_other_must_be_whole_too():
    assert entries(b'[{"a": 1}]\n[{"a": 2}, {"a": 3}]') == [{"a": 1}, {"a": 2}, {"a": 3}]
    with pytest.raises(ValueError, match="Extra data"):
        entries(b'[{"a": 1}]\n[{"a": 2}')


@pytest.mark.parametrize(("data", "why"), [(b" ", "it is empty"), (b'{"bindings": []}', "the policy of one resource")])
def test_an_answer_that_does_not_say_of_what_is_refused(data, why):
    with pytest.raises(ValueError, match=why):
        known(data, None)


def test_the_policies_of_a_project_and_of_all_above_it_say_where_it_lies():
    chain = [{"id": "shop", "type": "project"}, {"id": "7", "type": "folder"}, {"id": "9", "type": "organization"}]
    found = [bound(one) for one in entries(json.dumps([{**one, "policy": {}} for one in chain]).encode())]
    assert [(one.name, one.ancestors) for one in found] == [
        ("shop", ("folders/7", "organizations/9")),
        ("folders/7", ("folders/7", "organizations/9")),
        ("organizations/9", ("organizations/9",)),
    ]


GAM = "group,type,role,id,status,email\nops@x,USER,MEMBER,1,ACTIVE,a@x\nops@x,CUSTOMER,MEMBER,C01,,\n"
CONSOLE = (
    "Group Email [Required],Member Email,Member Type,Member Role\nops@x,a@x,user,MEMBER\n,b@x,USER,MEMBER\nbroken\n"
)


def test_members_of_groups_are_read_from_tables():
    (told,) = entries(GAM.encode())
    keys = [(one["type"], one["preferredMemberKey"]["id"]) for one in told["memberships"]]
    assert (told["group"], keys) == ("group:ops@x", [("USER", "a@x"), ("CUSTOMER", "C01")])
    unnamed, broken, told = entries(CONSOLE.encode())
    assert (unnamed, "number of columns" in broken) == ("it names no group", True)
    assert [one["type"] for one in told["memberships"]] == ["USER"]


def test_a_table_of_members_may_say_until_when_they_are_in_it():
    (told,) = entries(b"group,email,type,expireTime\nops@x,a@x,USER,2026-10-10T00:00:00Z\nops@x,b@x,USER,\n")
    first, second = told["memberships"]
    assert first["roles"] == [{"expiryDetail": {"expireTime": "2026-10-10T00:00:00Z"}}]
    assert "roles" not in second


def test_a_table_of_members_may_say_who_is_suspended():
    (told,) = entries(b"group,type,role,id,status,email\nops@x,USER,MEMBER,1,SUSPENDED,a@x\nops@x,USER,MEMBER,2,,b@x\n")
    assert [one.get("shut") for one in told["memberships"]] == [True, None]


def test_a_text_that_a_record_must_have():
    assert named({"name": "x"}, "name", "a role") == "x"
    with pytest.raises(MalformedError, match="a role has no name"):
        named({"name": 7}, "name", "a role")


@pytest.mark.parametrize(
    ("text", "kind", "email"),
    [
        ("user:nina@x", AccountKind.PERSON, "nina@x"),
        ("serviceAccount:ci@x", AccountKind.SERVICE, "ci@x"),
        ("group:devs@x", AccountKind.GROUP, "devs@x"),
        ("domain:x", AccountKind.GROUP, None),
        ("principal://iam/x", AccountKind.UNKNOWN, None),
        ("principalSet://iam/x@y", AccountKind.UNKNOWN, None),
        ("something:else@x", AccountKind.UNKNOWN, None),
        ("user:nobody", AccountKind.PERSON, None),
        ("allUsers", None, None),
        ("allAuthenticatedUsers", None, None),
        ("deleted:user:nina@x?uid=1", None, None),
        ("projectOwner:shop", None, None),
        ("projectViewer:shop", None, None),
    ],
)
def test_what_a_member_is(text, kind, email):
    assert (kind_of(text), email_of(text)) == (kind, email)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("user:Nina@X.example", "user:nina@x.example"),
        ("domain:X.example", "domain:x.example"),
        ("principal://iam/Subject", "principal://iam/Subject"),
        ("allUsers", "allUsers"),
    ],
)
def test_google_does_not_tell_cases_of_addresses_apart(text, same):
    assert member(text) == same


def test_an_address_is_a_service_accounts_by_its_domain():
    assert of_email("CI@shop.iam.gserviceaccount.com") == "serviceAccount:ci@shop.iam.gserviceaccount.com"
    assert of_email("Nina@x.example") == "user:nina@x.example"


def test_metadata_is_names_and_values_and_switches():
    found = values(
        {"items": [{"key": "a", "value": " TRUE "}, {"key": "b", "value": None}, "odd", {"key": "c", "value": "no"}]}
    )
    assert found == {"a": " TRUE ", "b": "", "c": "no"}
    assert [switched_on(found, name) for name in "abcd"] == [True, False, False, None]
    assert [switched_on({"x": word}, "x") for word in ("y", "yes", "1", "0", "on")] == [True, True, True, False, False]
    assert values(None) == values({}) == {}
    keys = {"ssh-keys": "a:1\n\nb:2\n", "sshKeys": "c:3", "other": "d:4"}
    assert list(lines(keys)) == [("ssh-keys", "a:1"), ("ssh-keys", "b:2"), ("sshKeys", "c:3")]


@pytest.mark.parametrize(
    ("after", "comment", "email", "expires_at"),
    [
        ("nina@laptop", "nina@laptop", None, None),
        ("", "", None, None),
        (
            'google-ssh {"userName":"nina@x","expireOn":"2026-03-01T12:00:00+0000"}',
            "nina@x",
            "nina@x",
            datetime(2026, 3, 1, 12, tzinfo=UTC),
        ),
        ('google-ssh {"userName":"nina"}', "nina", None, None),
        ("google-ssh {}", "", None, None),
    ],
)
def test_a_key_in_metadata_says_whose_it_is_and_until_when(after, comment, email, expires_at):
    found = key_of(f" nina:{KEY} {after}\n")
    assert (found.login, found.comment, found.email, found.expires_at) == ("nina", comment, email, expires_at)
    assert found.fingerprint.startswith("SHA256:")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("no key here", "a line names no login"),
        ("nina:", "there is no key for nina"),
        ("nina:ssh-ed25519 nonsense", ".+"),
        (f"nina:{KEY} google-ssh {{oops}}", "what Google says of a key for nina cannot be read"),
        (f'nina:{KEY} google-ssh {{"expireOn":"soon"}}', "the end of a key for nina cannot be read"),
    ],
)
def test_a_line_of_metadata_that_is_no_key_says_why(line, why):
    with pytest.raises(ValueError, match=why):
        key_of(line)


def test_a_first_page_alone_is_not_the_whole_of_an_export():
    page = b'{"results": [{"a": 1}], "nextPageToken": "x"}'
    with pytest.raises(ValueError, match="it is the first page of several"):
        entries(page, whole=True)
    assert entries(b'{"results": [{"a": 1}]}', whole=True) == [{"a": 1}]
