"""Changes of rights put into snapshot rows, and taken out again."""

import json

import pytest

from auditor.case.replay import moved
from auditor.evidence.snapshots import Snapshots
from auditor.model.tables import Account, Credential, Grant, Membership, Policy
from tests.cases import AT, AWS, event, hour, row
from tests.copies import replace

NINA = f"arn:aws:iam::{AWS}:user/nina"
READERS = f"arn:aws:iam::{AWS}:group/readers"
BEFORE, AFTER = AT - hour(12), AT + hour(12)


def rows(when=BEFORE, **tables):
    """Nina's account and her group, read at a time."""
    at = row(collected_at=when)
    accounts = [
        Account(**at, account=name, provider="aws", scope=AWS, kind=kind, name=name.rsplit("/", 1)[-1])
        for name, kind in ((NINA, "person"), (READERS, "group"))
    ]
    return Snapshots(**{"accounts": accounts, **tables})


def policy(name, holder=NINA):
    return Policy(**row(), policy=name, kind="identity", attached_to=holder, document='{"Statement": []}')


def change(action, **said):
    return event(category="grant", action=f"iam:{action}", time=AT, detail=json.dumps(said))


def google(action, resource="projects/harbour-prod", **more):
    delta = {"action": action, "role": "roles/run.developer", "member": "user:nina@harbour.example", **more}
    return event(
        category="grant",
        provider="gcp",
        scope="harbour-prod",
        action="cloudresourcemanager:SetIamPolicy",
        time=AT,
        resource=resource,
        detail=json.dumps({"bindingDeltas": [delta]}),
    )


def binding(condition=None, when=BEFORE):
    return Grant(
        **row(collected_at=when),
        principal="user:nina@harbour.example",
        role="roles/run.developer",
        resource="harbour-prod",
        provider="gcp",
        condition=condition,
    )


def test_a_policy_put_on_a_user_stands_there_afterwards_and_points_at_the_log():
    put = change("PutUserPolicy", userName="nina", policyName="jit", policyDocument="{}")
    then, _ = moved(rows(), [put], AFTER)
    assert [(p.policy, p.attached_to, p.document) for p in then.policies] == [(f"{NINA}#jit", NINA, "{}")]
    assert [(g.principal, g.role, g.granted_at, g.origin) for g in then.grants] == [(NINA, "jit", AT, "a.json.gz")]
    by = put.account
    for event_, who in ((put, by), (replace(put, account=None), put.actor)):
        assert [g.granted_by for g in moved(rows(), [event_], AFTER)[0].grants] == [who]


def test_it_replaces_what_stood_under_that_name():
    put = change("PutUserPolicy", userName="nina", policyName="jit", policyDocument="{}")
    then, _ = moved(rows(policies=[policy(f"{NINA}#jit")]), [put], AFTER)
    assert [p.document for p in then.policies] == ["{}"]


def test_taken_out_again_only_what_was_put_may_have_replaced_something():
    put = change("PutUserPolicy", userName="nina", policyName="jit", policyDocument="{}")
    attached = change("AttachUserPolicy", userName="nina", policyArn="arn:aws:iam::aws:policy/PowerUserAccess")
    stood = [policy(f"{NINA}#jit"), policy("arn:aws:iam::aws:policy/PowerUserAccess")]
    then, move = moved(rows(AFTER, policies=stood), [put, attached], BEFORE)
    assert then.policies == ()
    assert move.passed_over == [(put, "whether it replaced something is not in the log")]


@pytest.mark.parametrize(
    ("action", "text", "stood"), [("PutUserPolicy", '{"a": 1}', ['{"a": 1}']), ("DeleteUserPolicy", None, [])]
)
def test_taken_out_again_what_the_log_tells_that_was_there_before_stands_there(action, text, stood):
    name = {"userName": "nina", "policyName": "jit"}
    before = replace(change(action, **name, policyDocument=text), time=AT - hour(2))
    put = change("PutUserPolicy", **name, policyDocument="{}")
    then, move = moved(rows(AFTER, policies=[policy(f"{NINA}#jit")]), [before, put], AT - hour(1))
    assert ([p.document for p in then.policies], move.passed_over) == (stood, [])


def test_a_policy_deleted_or_detached_is_gone_and_nothing_else():
    other = policy("arn:aws:iam::aws:policy/ReadOnlyAccess")
    stood = [policy(f"{NINA}#jit"), policy("arn:aws:iam::aws:policy/PowerUserAccess"), other]
    changes = [
        change("DeleteUserPolicy", userName="nina", policyName="jit"),
        change("DetachUserPolicy", userName="nina", policyArn="arn:aws:iam::aws:policy/PowerUserAccess"),
    ]
    then, move = moved(rows(policies=stood), changes, AFTER)
    assert list(then.policies) == [other]
    assert len(move.taken) == 2


def test_an_attached_policy_allows_what_it_allows_elsewhere_and_is_told_where_nobody_knows():
    known = policy("arn:aws:iam::aws:policy/PowerUserAccess", holder=READERS)
    attached = [
        change("AttachUserPolicy", userName="nina", policyArn=f"arn:aws:iam::aws:policy/{name}")
        for name in ("PowerUserAccess", "Unknown")
    ]
    then, move = moved(rows(policies=[known]), attached, AFTER)
    assert [(p.policy, p.document) for p in then.policies if p.attached_to == NINA] == [(known.policy, known.document)]
    assert [(d.detail, why) for d, why in move.passed_over] == [
        (attached[1].detail, "what it allowed is not in the evidence")
    ]


def test_somebody_joins_a_group_and_leaves_it():
    join = change("AddUserToGroup", userName="nina", groupName="readers")
    then, _ = moved(rows(), [join], AFTER)
    assert [(m.group, m.member) for m in then.memberships] == [(READERS, NINA)]
    member = Membership(**row(), group=READERS, member=NINA)
    leave = change("RemoveUserFromGroup", userName="nina", groupName="readers")
    assert moved(rows(memberships=[member]), [leave], AFTER)[0].memberships == ()


def test_a_user_made_since_the_snapshot_holds_what_was_given_to_them():
    put = change("PutUserPolicy", userName="new", policyName="jit", policyDocument="{}")
    then, _ = moved(rows(), [put], AFTER)
    assert f"arn:aws:iam::{AWS}:user/new" in [row.account for row in then.accounts]


def test_a_google_binding_comes_and_goes_with_its_condition():
    added, _ = moved(rows(grants=[binding()]), [google("ADD", condition={"expression": "x", "title": "PAY-1"})], AFTER)
    assert [json.loads(g.condition or "{}").get("title") for g in added.grants] == [None, "PAY-1"]
    removed, _ = moved(added, [google("REMOVE", condition={"title": "PAY-1", "expression": "x"})], AFTER)
    assert list(removed.grants) == [binding()]


def test_a_binding_on_a_secret_is_told_where_rows_name_it_by_its_projects_number():
    full = "//secretmanager.googleapis.com/projects/42/secrets/key"
    held = {"principal": "user:tom@harbour.example", "role": "r", "provider": "gcp", "resource": full}
    secret = Grant(**row(collected_at=BEFORE), **held)
    put = replace(google("ADD", "projects/harbour-prod/secrets/key"), action="secretmanager:SetIamPolicy")
    known = {"kind": "ancestry", "policy": "harbour-prod", "attached_to": "harbour-prod"}
    place = Policy(**row(), **known, document=json.dumps({"number": "42"}))
    then, move = moved(rows(grants=[secret], policies=[place]), [put], AFTER)
    assert ([g.resource for g in then.grants], move.passed_over) == ([full] * 2, [])
    _, move = moved(rows(grants=[secret]), [put], AFTER)
    assert [why for _, why in move.passed_over] == ["such a change cannot be worked in"]


DEPLOY, OWN = f"arn:aws:iam::{AWS}:role/deploy", f"arn:aws:iam::{AWS}:policy/own"
OLD, NEW = '{"Statement": []}', '{"Statement": [{}]}'


def trust(text):
    return Policy(**row(), policy=f"{DEPLOY}#trust", kind="trust", attached_to=DEPLOY, document=text)


def test_a_role_trusts_whom_the_log_says_and_an_inline_policy_of_that_name_stays():
    inline = policy(f"{DEPLOY}#trust", holder=DEPLOY)
    put = change("UpdateAssumeRolePolicy", roleName="deploy", policyDocument=NEW)
    then, move = moved(rows(policies=[trust(OLD), inline]), [put], AFTER)
    assert [(p.kind, p.document) for p in then.policies] == [("identity", inline.document), ("trust", NEW)]
    assert move.given == [put]


@pytest.mark.parametrize("text", [None, '{"Statement": […'])
def test_a_trust_policy_whose_text_is_not_whole_leaves_the_one_that_stood(text):
    put = change("UpdateAssumeRolePolicy", roleName="deploy", policyDocument=text)
    then, move = moved(rows(policies=[trust(OLD)]), [put], AFTER)
    assert (list(then.policies), len(move.passed_over)) == ([trust(OLD)], 1)


def test_back_in_time_a_trust_policy_is_what_the_log_tells_before_and_else_stays_and_is_told():
    put = change("UpdateAssumeRolePolicy", roleName="deploy", policyDocument=NEW)
    then, move = moved(rows(AFTER, policies=[trust(NEW)]), [put], BEFORE)
    assert (list(then.policies), move.passed_over) == ([trust(NEW)], [(put, "what it replaced is not in the log")])
    made = change("CreateRole", roleName="deploy", assumeRolePolicyDocument=OLD)
    made = replace(made, time=AT - hour(1))
    then, move = moved(rows(AFTER, policies=[trust(NEW)]), [made, put], AT - hour(0.5))
    assert ([p.document for p in then.policies], move.passed_over) == ([OLD], [])


def test_a_role_made_since_trusts_from_then_on_and_nobody_before():
    made = change("CreateRole", roleName="deploy", assumeRolePolicyDocument=OLD)
    then, _ = moved(rows(), [made], AFTER)
    assert [(p.policy, p.document) for p in then.policies] == [(f"{DEPLOY}#trust", OLD)]
    assert then.accounts[-1].account == DEPLOY
    assert moved(rows(AFTER, policies=[trust(OLD)]), [made], BEFORE)[0].policies == ()


@pytest.mark.parametrize("more", [{"path": "/ops/"}, {"permissionsBoundary": OWN}])
def test_a_role_made_since_under_a_path_or_a_boundary_is_told(more):
    made = change("CreateRole", roleName="deploy", assumeRolePolicyDocument=OLD, **more)
    then, move = moved(rows(), [made], AFTER)
    assert (then.policies, [why for _, why in move.passed_over]) == ((), ["such a change cannot be worked in"])


def test_a_version_put_in_force_counts_wherever_the_policy_is_attached_also_as_a_boundary():
    boundary = Policy(**row(), policy=OWN, kind="boundary", attached_to=NINA, document=OLD)
    put = change("CreatePolicyVersion", policyArn=OWN, policyDocument=NEW, setAsDefault=True)
    stood = [policy(OWN), policy(OWN, READERS), boundary]
    first = replace(put, time=AT - hour(0.1))
    then, move = moved(rows(policies=stood), [first, put], AFTER)
    assert move.given == [first, put]
    told = [(p.kind, p.attached_to, p.document) for p in then.policies]
    assert told == [("identity", NINA, NEW), ("identity", READERS, NEW), ("boundary", NINA, NEW)]


def test_an_older_version_put_in_force_has_the_text_that_was_read_of_it():
    older = Policy(**row(), policy=f"{OWN}#v1", kind="version", attached_to=OWN, document=NEW)
    back = change("SetDefaultPolicyVersion", policyArn=OWN, versionId="v1")
    then, _ = moved(rows(policies=[policy(OWN), older]), [back], AFTER)
    assert [p.document for p in then.policies if p.policy == OWN] == [NEW]
    then, move = moved(rows(policies=[policy(OWN)]), [back], AFTER)
    assert [p.document for p in then.policies] == [OLD]
    assert [why for _, why in move.passed_over] == ["what it allowed is not in the evidence"]


def test_a_version_that_is_not_put_in_force_changes_nothing_and_is_told():
    made = change("CreatePolicyVersion", policyArn=OWN, policyDocument=NEW)
    then, move = moved(rows(policies=[policy(OWN)]), [made], AFTER)
    assert (list(then.policies), len(move.passed_over)) == ([policy(OWN)], 1)


def key(name="AKIANINA", *, enabled=True, holder=NINA, kind="access-key"):
    return Credential(**row(), credential=name, kind=kind, account=holder, provider="aws", enabled=enabled)


def key_rows(when, *keys, enabled):
    """Nina's keys, where the credential report was read."""
    read = rows(when)
    accounts = [replace(one, enabled=enabled) if one.account == NINA else one for one in read.accounts]
    root = key("password:root", holder=f"arn:aws:iam::{AWS}:root", kind="password")
    return replace(read, accounts=accounts, credentials=[root, *keys])


def ways(then):
    """Nina's keys, and whether she has a way in."""
    return {c.credential: c.enabled for c in then.credentials[1:]}, then.accounts[0].enabled


@pytest.mark.parametrize(
    ("action", "said", "before", "after"),
    [
        ("CreateAccessKey", {}, [], [key()]),
        ("UpdateAccessKey", {"status": "Inactive"}, [key()], [key(enabled=False)]),
        ("UpdateAccessKey", {"status": "Active"}, [key(enabled=False)], [key()]),
        ("DeleteAccessKey", {}, [key()], []),
    ],
)
def test_a_key_is_made_turned_off_and_on_and_deleted_in_both_ways(action, said, before, after):
    call = change(action, userName="nina", accessKeyId="AKIANINA", **said)
    was, then = (({c.credential: c.enabled for c in one}, any(c.enabled for c in one)) for one in (before, after))
    forward, move = moved(key_rows(BEFORE, *before, enabled=was[1]), [call], AFTER)
    assert (ways(forward), move.passed_over) == (then, [])
    back, move = moved(key_rows(AFTER, *after, enabled=then[1]), [call], BEFORE)
    assert ways(back) == was
    told = [] if action == "CreateAccessKey" else [(call, "whether the key was active before is not in the log")]
    assert move.passed_over == told


def test_a_key_that_was_turned_off_before_it_was_deleted_was_off():
    off = replace(change("UpdateAccessKey", userName="nina", accessKeyId="AKIANINA", status="Inactive"), event_id="e-1")
    gone = replace(change("DeleteAccessKey", userName="nina", accessKeyId="AKIANINA"), time=AT + hour(2))
    then, move = moved(key_rows(AFTER, enabled=False), [off, gone], AT + hour(1))
    assert (ways(then), move.passed_over) == (({"AKIANINA": False}, False), [])


def test_who_makes_a_key_and_names_nobody_makes_their_own():
    own = replace(change("CreateAccessKey", accessKeyId="AKIANINA"), account=NINA)
    assert ways(moved(key_rows(BEFORE, enabled=False), [own], AFTER)[0]) == ({"AKIANINA": True}, True)


def test_a_key_by_its_place_in_the_credential_report_is_told():
    gone = change("DeleteAccessKey", userName="nina", accessKeyId="AKIANINA")
    stood = key_rows(BEFORE, key(f"access-key:{NINA}:1"), enabled=True)
    then, move = moved(stood, [gone], AFTER)
    assert ways(then) == ({f"access-key:{NINA}:1": True}, True)
    assert [why for _, why in move.passed_over] == ["which key it was is not in the evidence"]


def test_without_passwords_read_nobody_is_without_a_way_in_for_want_of_a_key():
    stood = key_rows(BEFORE, key(), enabled=True)
    gone = change("DeleteAccessKey", userName="nina", accessKeyId="AKIANINA")
    assert moved(replace(stood, credentials=[key()]), [gone], AFTER)[0].accounts[0].enabled is None


@pytest.mark.parametrize("enabled", [None, True])
def test_a_key_of_an_unknown_id_or_of_whom_no_keys_were_read_is_told(enabled):
    made = change("CreateAccessKey", userName="nina", **({} if enabled else {"accessKeyId": "AKIANINA"}))
    _, move = moved(key_rows(BEFORE, enabled=enabled), [made], AFTER)
    assert [why for _, why in move.passed_over] == ["such a change cannot be worked in"]


def assignment(word, **more):
    """In the log of an account whose IAM was not read."""
    asked = {"principalType": "USER", "principalId": "n1", "permissionSetArn": "arn:set", "targetId": AWS, **more}
    made = {"category": "grant", "time": AT, "action": f"sso:{word}AccountAssignment", "scope": "9" * 12}
    return event(**made, detail=json.dumps(asked))


def test_an_assignment_comes_and_goes_in_the_account_it_is_for():
    held = {"principal": "identity-center:n1", "role": "arn:set", "provider": "aws"}
    other = Grant(**row(collected_at=BEFORE), **held, resource="888888888888")
    added, _ = moved(rows(grants=[other]), [assignment("Create")], AFTER)
    assert [(g.principal, g.role, g.resource) for g in added.grants[1:]] == [("identity-center:n1", "arn:set", AWS)]
    assert list(moved(added, [assignment("Delete")], AFTER)[0].grants) == [other]


@pytest.mark.parametrize("odd", [{"principalType": "APP"}, {"principalId": None}, {"targetId": ["x"]}])
def test_an_assignment_that_does_not_say_whose_or_where_is_told(odd):
    standing = Grant(**row(collected_at=BEFORE), principal="identity-center:x", role="r", resource=AWS, provider="aws")
    _, move = moved(rows(grants=[standing]), [assignment("Create", **odd)], AFTER)
    assert [why for _, why in move.passed_over] == ["such a change cannot be worked in"]


def test_an_assignment_is_told_where_identity_center_was_not_read():
    assert [why for _, why in moved(rows(), [assignment("Create")], AFTER)[1].passed_over] == [
        "the rights there were not read"
    ]


def test_back_in_time_what_was_given_is_not_there_yet_and_what_was_taken_still_is():
    later = [binding(when=AFTER)]
    back, _ = moved(rows(AFTER, grants=later), [google("ADD")], BEFORE)
    assert back.grants == ()
    other = Grant(**row(collected_at=AFTER), principal="user:x", role="r", resource="harbour-prod", provider="gcp")
    back, _ = moved(rows(AFTER, grants=[other]), [google("REMOVE")], BEFORE)
    assert [g.principal for g in back.grants] == ["user:x", "user:nina@harbour.example"]


def test_back_in_time_a_deleted_policy_cannot_be_known():
    gone = change("DeleteUserPolicy", userName="nina", policyName="jit")
    back, move = moved(rows(AFTER), [gone], BEFORE)
    assert back.policies == ()
    assert [why for _, why in move.passed_over] == ["what it allowed is not in the evidence"]


def test_changes_that_the_snapshot_holds_already_or_that_come_later_do_nothing():
    put = change("PutUserPolicy", userName="nina", policyName="jit", policyDocument="{}")
    assert moved(rows(AT), [put], AFTER)[0].policies == ()
    assert moved(rows(), [put], AT - hour(1))[0].policies == ()


@pytest.mark.parametrize(
    ("unfit", "why"),
    [
        (change("UpdateAssumeRolePolicy", roleName="deploy"), "what it allowed is not in the evidence"),
        (change("PutUserPolicy", userName=["nina"]), "such a change cannot be worked in"),
        (google("ADD"), "the rights there were not read"),
    ],
)
def test_what_cannot_be_worked_in_is_told(unfit, why):
    assert [reason for _, reason in moved(rows(), [unfit], AFTER)[1].passed_over] == [why]


def test_changes_that_failed_changed_nothing():
    refused = event(category="grant", action="iam:PutUserPolicy", outcome="denied", time=AT, detail="{}")
    assert moved(rows(), [refused], AFTER)[1].passed_over == []


FENCE = "arn:aws:iam::aws:policy/fence"


def boundary(arn=FENCE, holder=NINA, text=OLD):
    return Policy(**row(), policy=arn, kind="boundary", attached_to=holder, document=text)


def test_a_boundary_put_on_somebody_takes_the_place_of_the_one_before():
    put = change("PutUserPermissionsBoundary", userName="nina", permissionsBoundary=OWN)
    stood = [boundary(), policy(OWN, READERS)]
    then, move = moved(rows(policies=stood), [put], AFTER)
    assert [(p.policy, p.document) for p in then.policies if p.kind == "boundary"] == [(OWN, OLD)]
    assert (move.taken, move.passed_over) == ([put], [])


@pytest.mark.parametrize(
    ("call", "when"),
    [
        (change("PutUserPermissionsBoundary", userName="nina", permissionsBoundary=FENCE), AFTER),
        (change("DeleteUserPermissionsBoundary", userName="nina"), BEFORE),
    ],
)
def test_a_boundary_whose_text_is_not_known_leaves_what_its_holder_may_do_unknown_and_is_told(call, when):
    then, move = moved(rows(BEFORE if when is AFTER else AFTER), [call], when)
    assert [(p.kind, p.document) for p in then.policies] == [("boundary", "null")]
    assert [why for _, why in move.passed_over] == ["what it allowed is not in the evidence"]


def test_between_two_times_a_boundary_that_was_put_is_not_there_yet_and_one_that_was_taken_off_is_gone():
    put = change("PutUserPermissionsBoundary", userName="nina", permissionsBoundary=OWN)
    off = change("DeleteUserPermissionsBoundary", userName="nina")
    stood = rows(policies=[policy(OWN, READERS)])
    assert "boundary" not in {p.kind for p in moved(stood, [put], BEFORE, AFTER)[0].policies}
    assert moved(rows(policies=[boundary()]), [off], BEFORE, AFTER)[0].policies == ()


@pytest.mark.parametrize("last", [OWN, FENCE])
def test_a_boundary_that_was_taken_off_before_another_was_put_on_did_not_stand_meanwhile(last):
    calls = [
        replace(change("PutUserPermissionsBoundary", userName="nina", permissionsBoundary=FENCE), time=AT - hour(2)),
        replace(change("DeleteUserPermissionsBoundary", userName="nina"), time=AT - hour(1)),
        replace(change("PutUserPermissionsBoundary", userName="nina", permissionsBoundary=last), time=AT + hour(1)),
    ]
    then, move = moved(rows(AFTER, policies=[boundary(last)]), calls, AT)
    assert ([p for p in then.policies if p.kind == "boundary"], move.passed_over) == ([], [])


@pytest.mark.parametrize(("word", "before", "after"), [("Create", False, True), ("Delete", True, False)])
def test_a_password_is_set_and_deleted_in_both_ways(word, before, after):
    call = change(f"{word}LoginProfile", userName="nina")
    password = key(f"password:{NINA}", kind="password")

    def stood(when, *, there):
        return key_rows(when, *([password] if there else []), enabled=there)

    there = {password.credential: True}
    forward, move = moved(stood(BEFORE, there=before), [call], AFTER)
    assert (ways(forward), move.passed_over) == ((there if after else {}, after), [])
    back, move = moved(stood(AFTER, there=after), [call], BEFORE)
    assert (ways(back), move.passed_over) == ((there if before else {}, before), [])


def test_what_aws_own_widest_policies_allow_is_known_without_their_text():
    attached = change("AttachUserPolicy", userName="nina", policyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    then, move = moved(rows(), [attached], AFTER)
    assert [p.policy for p in then.policies] == ["arn:aws:iam::aws:policy/AdministratorAccess"]
    assert (move.given, move.passed_over) == ([attached], [])


def center(action, **said):
    """In the log of the account that Identity Center is in."""
    return event(category="grant", time=AT, action=action, scope="9" * 12, detail=json.dumps(said))


USER, GROUP = "identity-center:u1", "identity-center-group:g1"
STORE = {"identityStoreId": "d-1"}


def joined(when=BEFORE):
    held = {"principal": USER, "role": GROUP, "resource": "d-1", "provider": "aws"}
    grant = Grant(**row(collected_at=when), **held, handle=json.dumps({"membership": "m-1"}))
    return {"grants": [grant], "memberships": [Membership(**row(collected_at=when), group=GROUP, member=USER)]}


def directory(when, **tables):
    """Somebody is assigned something, so that Identity Center was read."""
    other = Grant(**row(collected_at=when), principal="identity-center:x", role="s", resource=AWS, provider="aws")
    return rows(when, **{**tables, "grants": [*tables.get("grants", ()), other]})


def test_whoever_leaves_a_group_of_identity_center_is_told_by_the_membership_that_was_read():
    leave = center("identitystore:DeleteGroupMembership", membershipId="m-1", **STORE)
    then, move = moved(directory(BEFORE, **joined()), [leave], AFTER)
    assert (then.memberships, [g.role for g in then.grants], move.passed_over) == ((), ["s"], [])
    _, move = moved(directory(AFTER), [leave], BEFORE)
    assert [why for _, why in move.passed_over] == ["such a change cannot be worked in"]


def test_whoever_leaves_a_group_is_told_by_the_very_id_of_the_membership_that_the_log_tells():
    join = "identitystore:CreateGroupMembership"
    made = [
        center(join, membershipId=id_, groupId="g1", memberId={"userId": user}, **STORE)
        for id_, user in (("m-10", "u10"), ("m-1", "u1"))
    ]
    leave = center("identitystore:DeleteGroupMembership", membershipId="m-1", **STORE)
    then, move = moved(directory(BEFORE), [*made, leave], AFTER)
    assert ([m.member for m in then.memberships], move.passed_over) == (["identity-center:u10"], [])


@pytest.mark.parametrize("who", [{"memberId": {"userId": "u1"}}, {"memberId": "u1"}, {"member": {"memberId": "u1"}}])
def test_somebody_joins_a_group_of_identity_center_in_each_way(who):
    join = center("sso-directory:AddMemberToGroup", groupId="g1", **who, **STORE)
    then, _ = moved(directory(BEFORE), [join], AFTER)
    assert [(m.group, m.member) for m in then.memberships] == [(GROUP, USER)]
    assert moved(directory(AFTER, **joined(AFTER)), [join], BEFORE)[0].memberships == ()


SET = "arn:aws:sso:::permissionSet/ssoins-1/ps-1"


def of_set(name, text, kind="identity"):
    return Policy(**row(), policy=name, kind=kind, attached_to=SET, document=text)


@pytest.mark.parametrize(
    ("action", "said", "expected"),
    [
        ("PutInlinePolicyToPermissionSet", {"inlinePolicy": NEW}, [(f"{SET}#AwsSSOInlinePolicy", "identity", NEW)]),
        (
            "AttachManagedPolicyToPermissionSet",
            {"managedPolicyArn": "arn:aws:iam::aws:policy/PowerUserAccess"},
            [("arn:aws:iam::aws:policy/PowerUserAccess", "identity", "null")],
        ),
        (
            "AttachCustomerManagedPolicyReferenceToPermissionSet",
            {"customerManagedPolicyReference": {"name": "house", "path": "/"}},
            [("policy/house", "identity", "null")],
        ),
        (
            "PutPermissionsBoundaryToPermissionSet",
            {"permissionsBoundary": {"managedPolicyArn": FENCE}},
            [(FENCE, "boundary", OLD)],
        ),
    ],
)
def test_a_permission_set_gets_a_policy_in_both_ways(action, said, expected):
    call = center(f"sso:{action}", permissionSetArn=SET, **said)
    then, move = moved(directory(BEFORE, policies=[policy(FENCE, READERS)]), [call], AFTER)
    assert [(p.policy, p.kind, p.document) for p in then.policies if p.attached_to == SET] == expected
    assert move.passed_over == []
    stood = [of_set(name, text, kind) for name, kind, text in expected]
    assert moved(directory(AFTER, policies=stood), [call], BEFORE)[0].policies == ()


def test_a_boundary_taken_from_a_permission_set_was_one_of_which_nothing_is_known():
    gone = center("sso:DeletePermissionsBoundaryFromPermissionSet", permissionSetArn=SET)
    then, move = moved(directory(AFTER), [gone], BEFORE)
    assert [(p.attached_to, p.kind, p.document) for p in then.policies] == [(SET, "boundary", "null")]
    assert [why for _, why in move.passed_over] == ["what it allowed is not in the evidence"]


def test_an_inline_policy_of_a_permission_set_that_is_replaced_or_deleted_was_what_the_log_tells():
    put = center("sso:PutInlinePolicyToPermissionSet", permissionSetArn=SET, inlinePolicy=OLD)
    gone = replace(center("sso:DeleteInlinePolicyFromPermissionSet", permissionSetArn=SET), time=AT + hour(2))
    then, move = moved(directory(AFTER), [put, gone], AT + hour(1))
    assert ([p.document for p in then.policies], move.passed_over) == ([OLD], [])
    then, move = moved(directory(AFTER), [gone], BEFORE)
    assert [p.document for p in then.policies] == ["null"]
    assert [why for _, why in move.passed_over] == ["what it allowed is not in the evidence"]


PUT = change("PutUserPolicy", userName="nina", policyName="jit", policyDocument=OLD)
TAKEN = change("DeleteUserPolicy", userName="nina", policyName="jit")
SECOND = hour(1 / 3600)


def stands(read, event_, at, to=None):
    """Whether the policy stands at a moment, by rows read then, and one change of it."""
    there = (event_ is PUT) == (read >= event_.time)
    held = [policy(f"{NINA}#jit")] if there else []
    then, _ = moved(rows(read, policies=held), [event_], at, to)
    return bool(then.policies)


@pytest.mark.parametrize(
    ("read", "one", "at", "to", "expected"),
    [
        (BEFORE, PUT, AT, None, True),
        (BEFORE, PUT, AT - SECOND, None, False),
        (BEFORE, PUT, AT - SECOND, AT, True),
        (AT, PUT, AT - SECOND, None, False),
        (AFTER, PUT, AT, None, True),
        (AFTER, PUT, AT - SECOND, None, False),
        (BEFORE, TAKEN, AT, None, False),
        (BEFORE, TAKEN, AT - SECOND, None, True),
        (BEFORE, TAKEN, AT - SECOND, AT, True),
        (BEFORE, TAKEN, AT, AFTER, False),
        (AFTER, PUT, BEFORE, AT, True),
        (AFTER, PUT, BEFORE, AT - SECOND, False),
    ],
)
def test_a_change_counts_from_its_very_moment_and_until_another_what_was_taken_is_not_missed(
    read, one, at, to, expected
):
    assert stands(read, one, at, to) is expected


def test_changes_are_worked_in_by_their_time_whatever_order_they_come_in():
    later = replace(PUT, time=AT + hour(1), event_id="e-2")
    gone = replace(TAKEN, time=AT + hour(2), event_id="e-3")
    assert moved(rows(), [gone, later], AFTER)[0].policies == ()
    assert moved(rows(), [later, replace(TAKEN, event_id="e-0")], AFTER)[0].policies


def test_a_key_s_changes_are_among_what_was_given_or_taken():
    made = change("CreateAccessKey", userName="nina", accessKeyId="AKIANINA")
    gone = change("DeleteAccessKey", userName="nina", accessKeyId="AKIANINA")
    _, move = moved(key_rows(BEFORE, enabled=False), [made], AFTER)
    assert (move.given, move.taken) == ([made], [])
    _, move = moved(key_rows(BEFORE, key(), enabled=True), [gone], AFTER)
    assert (move.given, move.taken) == ([], [gone])


def test_a_binding_goes_from_its_own_place_and_its_own_member_alone():
    others = [
        replace(binding(), resource="another"),
        replace(binding(), principal="user:tom@harbour.example"),
        replace(binding(), role="roles/viewer"),
    ]
    removed, _ = moved(rows(grants=[*others, binding()]), [google("REMOVE")], AFTER)
    assert list(removed.grants) == others


def test_a_condition_is_the_same_without_its_empty_parts_and_none_is_an_empty_one():
    held = binding(json.dumps({"title": "PAY-1", "expression": "x", "description": ""}))
    removed, _ = moved(rows(grants=[held]), [google("REMOVE", condition={"title": "PAY-1", "expression": "x"})], AFTER)
    assert removed.grants == ()
    worded = binding("in words")
    assert list(moved(rows(grants=[worded]), [google("REMOVE")], AFTER)[0].grants) == [worded]
