"""Rights at any moment: from a snapshot before it or after it, the log must lead to what was true then.

Random sequences of changes are made in a small world that keeps its own truth. What the log cannot tell is named.
"""

import json
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.case.replay import moved
from auditor.evidence.snapshots import Snapshots
from auditor.model.tables import Account, Credential, Grant, Membership, Policy
from tests.cases import AT, AWS, event, row
from tests.copies import replace

USERS = [f"arn:aws:iam::{AWS}:user/{name}" for name in ("nina", "leon")]
GROUPS = [f"arn:aws:iam::{AWS}:group/{name}" for name in ("readers", "writers")]
MANAGED = ["arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws:iam::aws:policy/PowerUserAccess"]
OWN, DEPLOY = f"arn:aws:iam::{AWS}:policy/own", f"arn:aws:iam::{AWS}:role/deploy"
TEXTS = ['{"Statement": []}', '{"Statement": [1]}', '{"Statement": [2]}']
MEMBERS = ["user:nina@harbour.example", "user:leon@harbour.example"]
ROLES = ["roles/run.developer", "roles/viewer"]
PLACES = {
    "projects/harbour-prod": "harbour-prod",
    "folders/12": "folders/12",
    "projects/-/serviceAccounts/a@harbour-prod.iam": "//iam.googleapis.com/projects/harbour-prod/serviceAccounts/a@harbour-prod.iam",
    "projects/_/buckets/shop": "//storage.googleapis.com/shop",
}
"""What a policy may be of, as the log names it and as rows do."""
ASSIGNED = ["identity-center:n1", "identity-center-group:g1"]
SETS = ["arn:aws:sso:::permissionSet/ssoins-1/ps-read", "arn:aws:sso:::permissionSet/ssoins-1/ps-write"]
STORE, GROUP_OF_CENTER = "d-1", "identity-center-group:g1"
PEOPLE = ["identity-center:n1", "identity-center:l1"]
FORGERS = ["gitlab:nina", "gitlab:leon"]
STEP = timedelta(minutes=1)


def name(arn):
    return arn.rsplit("/", 1)[-1]


def policy(role, holder, text):
    inline = not role.startswith("arn:")
    known = {"policy": f"{holder}#{role}" if inline else role, "attached_to": holder, "document": text}
    return Policy(**row(), kind="identity", **known)


class World:
    """What is true, the log of how it came to be, and a snapshot at each moment."""

    def __init__(self):
        self.texts, self.members, self.bindings, self.roles = {}, set(), set(), set()
        self.keys, self.made = {}, 0
        self.assigned, self.trust = set(), TEXTS[0]
        self.passwords, self.fences, self.joined, self.of_sets = set(), {}, {}, {}
        self.versions, self.default = [TEXTS[0]], 0
        self.events, self.truths = [], [self.truth()]

    def truth(self):
        one_each = [("trust", self.trust), ("own", self.default, tuple(self.versions))]
        one_each += [("key", user, key, active) for (user, key), active in self.keys.items()]
        one_each += [("way in", user, self.has_way_in(user)) for user in USERS]
        one_each += [("fence", user, arn) for user, arn in self.fences.items()]
        one_each += [("joined", *one) for one in self.joined.items()]
        one_each += [("set", *key, text) for key, text in self.of_sets.items()]
        one_each += [("key", user, f"password:{user}", True) for user in self.passwords]
        return frozenset({*one_each, *self.texts.items(), *self.members, *self.bindings, *self.roles, *self.assigned})

    def log(self, action, provider="aws", **said):
        at = AT + STEP * (len(self.events) + 1)
        known = {"category": "grant", "time": at, "event_id": f"e{len(self.events):04}", "provider": provider}
        place = {"scope": "harbour-prod", "resource": said.pop("resource")} if provider == "gcp" else {}
        # Identity Center's own account is one whose IAM nobody reads here.
        place = {"scope": "9" * 12} if action.startswith(("sso:", "identitystore:")) else place
        place = {"scope": "quay/shop"} if provider == "gitlab" else place
        self.events.append(event(**known, **place, action=action, detail=json.dumps(said)))
        self.truths.append(self.truth())

    def snapshot(self, number):
        """As a collector would read it after so many changes; every managed policy also stands elsewhere."""
        at = row(collected_at=AT + STEP * number + STEP / 2)
        kinds = [(DEPLOY, "role"), *((one, "person") for one in USERS), *((one, "group") for one in GROUPS)]
        accounts = [
            Account(**at, account=arn, provider="aws", scope=AWS, kind=kind, name=name(arn)) for arn, kind in kinds
        ]
        truth = self.truths[number]
        ways_in = {t[1]: t[2] for t in truth if t[0] == "way in"}
        accounts = [replace(one, enabled=ways_in.get(one.account)) for one in accounts]
        directory = {"provider": "aws", "scope": "d-1", "kind": "group"}
        accounts.append(Account(**at, **directory, account="identity-center-group:nobody"))
        keys = [t[1:] for t in truth if t[0] == "key"]
        credentials = [
            (key, "password" if key.startswith("password:") else "access-key", user, active)
            for user, key, active in keys
        ]
        credentials.append(("password:root", "password", f"arn:aws:iam::{AWS}:root", True))
        names = ("credential", "kind", "account", "enabled")
        credentials = [Credential(**at, provider="aws", **dict(zip(names, one, strict=True))) for one in credentials]
        grants = [Grant(**at, principal="user:tom@harbour.example", role="r", resource="harbour-prod", provider="gcp")]
        grants.append(Grant(**at, principal="gitlab:tom", role="owner", resource="quay/shop", provider="gitlab"))
        elsewhere = [policy(arn, "arn:aws:iam::1:role/elsewhere", f'"{arn}"') for arn in MANAGED]
        ((_, default, versions),) = (t for t in truth if t[0] == "own")
        elsewhere.append(policy(OWN, "arn:aws:iam::1:role/elsewhere", versions[default]))
        elsewhere += [
            Policy(**row(), policy=f"{OWN}#v{n}", kind="version", attached_to=OWN, document=text)
            for n, text in enumerate(versions)
            if n != default
        ]
        (trust,) = (t[1] for t in truth if t[0] == "trust")
        elsewhere.append(Policy(**row(), policy=f"{DEPLOY}#trust", kind="trust", attached_to=DEPLOY, document=trust))
        policies = [policy(key[1], key[0], text) for key, text in (t for t in truth if isinstance(t[0], tuple))]
        for t in truth:
            if t[0] == "fence":
                known = {"policy": t[2], "kind": "boundary", "attached_to": t[1]}
                policies.append(Policy(**row(), **known, document=f'"{t[2]}"'))
            if t[0] == "set":
                inline = not t[2].startswith("arn:")
                known = {"policy": f"{t[1]}#{t[2]}" if inline else t[2], "kind": "identity", "attached_to": t[1]}
                policies.append(Policy(**row(), **known, document=t[3]))
            if t[0] == "joined":
                handle = json.dumps({"membership": t[2]})
                known = {"principal": t[1], "role": GROUP_OF_CENTER, "resource": STORE, "handle": handle}
                grants.append(Grant(**at, provider="aws", **known))
        for kind, one, other, *where in (
            t for t in truth if t[0] in ("assigned", "binding", "role") and isinstance(t[0], str)
        ):
            if kind == "assigned":
                grants.append(Grant(**at, principal=one, role=other, resource=where[0], provider="aws"))
            if kind == "binding":
                grants.append(Grant(**at, principal=one, role=other, resource=PLACES[where[0]], provider="gcp"))
            if kind == "role":
                grants.append(Grant(**at, principal=one, role=other, resource="quay/shop", provider="gitlab"))
        members = [Membership(**at, group=t[2], member=t[1]) for t in truth if t[0] == "member"]
        members += [Membership(**at, group=GROUP_OF_CENTER, member=t[1]) for t in truth if t[0] == "joined"]
        tables = {"accounts": accounts, "memberships": members, "grants": grants, "policies": [*elsewhere, *policies]}
        tables["credentials"] = credentials
        return Snapshots(**tables)

    def inline(self, user, role, text):
        if text:
            self.texts[user, role] = text
            self.log("iam:PutUserPolicy", userName=name(user), policyName=role, policyDocument=text)
        elif self.texts.pop((user, role), None):
            self.log("iam:DeleteUserPolicy", userName=name(user), policyName=role)

    def managed(self, user, arn):
        if (user, arn) in self.texts:
            del self.texts[user, arn]
            self.log("iam:DetachUserPolicy", userName=name(user), policyArn=arn)
        else:
            self.texts[user, arn] = self.versions[self.default] if arn == OWN else f'"{arn}"'
            self.log("iam:AttachUserPolicy", userName=name(user), policyArn=arn)

    def version(self, text, default):
        self.versions.append(text)
        self._in_force(len(self.versions) - 1 if default else self.default)
        self.log("iam:CreatePolicyVersion", policyArn=OWN, policyDocument=text, setAsDefault=default)

    def revert(self, number):
        self._in_force(number % len(self.versions))
        self.log("iam:SetDefaultPolicyVersion", policyArn=OWN, versionId=f"v{self.default}")

    def _in_force(self, number):
        self.default = number
        self.texts |= {key: self.versions[number] for key in self.texts if key[1] == OWN}

    def has_way_in(self, user):
        return user in self.passwords or any(on for (holder, _), on in self.keys.items() if holder == user)

    def password(self, user):
        word = "Delete" if user in self.passwords else "Create"
        self.passwords ^= {user}
        self.log(f"iam:{word}LoginProfile", userName=name(user))

    def fence(self, user, arn):
        if arn:
            self.fences[user] = arn
            self.log("iam:PutUserPermissionsBoundary", userName=name(user), permissionsBoundary=arn)
        elif self.fences.pop(user, None):
            self.log("iam:DeleteUserPermissionsBoundary", userName=name(user))

    def joining(self, who):
        """Whoever leaves is named by the membership's id alone."""
        if who in self.joined:
            self.log("identitystore:DeleteGroupMembership", membershipId=self.joined.pop(who), identityStoreId=STORE)
            self.truths[-1] = self.truth()
            return
        self.made += 1
        self.joined[who] = f"m-{self.made}"
        asked = {"groupId": GROUP_OF_CENTER.partition(":")[2], "memberId": {"userId": who.partition(":")[2]}}
        made = {"membershipId": self.joined[who], "identityStoreId": STORE}
        self.log("identitystore:CreateGroupMembership", **asked, **made)

    def of_set(self, role, arn, text):
        about = {"permissionSetArn": role}
        key = (role, arn or "AwsSSOInlinePolicy")
        if arn and key in self.of_sets:
            del self.of_sets[key]
            self.log("sso:DetachManagedPolicyFromPermissionSet", **about, managedPolicyArn=arn)
        elif arn:
            self.of_sets[key] = f'"{arn}"'
            self.log("sso:AttachManagedPolicyToPermissionSet", **about, managedPolicyArn=arn)
        elif text:
            self.of_sets[key] = text
            self.log("sso:PutInlinePolicyToPermissionSet", **about, inlinePolicy=text)
        elif self.of_sets.pop(key, None):
            self.log("sso:DeleteInlinePolicyFromPermissionSet", **about)

    def key(self, user, slot, status):
        """Keys are never made twice with one id."""
        mine = [key for holder, key in self.keys if holder == user]
        if status == "made" or not mine:
            self.made += 1
            key = f"AKIA{self.made:04}"
            self.keys[user, key] = True
            self.log("iam:CreateAccessKey", userName=name(user), accessKeyId=key)
        elif status == "gone":
            del self.keys[user, mine[slot % len(mine)]]
            self.log("iam:DeleteAccessKey", userName=name(user), accessKeyId=mine[slot % len(mine)])
        else:
            self.keys[user, mine[slot % len(mine)]] = status == "Active"
            about = {"accessKeyId": mine[slot % len(mine)], "status": status}
            self.log("iam:UpdateAccessKey", userName=name(user), **about)

    def trusting(self, text):
        self.trust = text
        self.log("iam:UpdateAssumeRolePolicy", roleName=name(DEPLOY), policyDocument=text)

    def member(self, user, group):
        word = "RemoveUserFromGroup" if ("member", user, group) in self.members else "AddUserToGroup"
        self.members ^= {("member", user, group)}
        self.log(f"iam:{word}", userName=name(user), groupName=name(group))

    def binding(self, who, role, place="projects/harbour-prod"):
        word = "REMOVE" if ("binding", who, role, place) in self.bindings else "ADD"
        self.bindings ^= {("binding", who, role, place)}
        deltas = [{"action": word, "role": role, "member": who}]
        self.log("cloudresourcemanager:SetIamPolicy", "gcp", bindingDeltas=deltas, resource=place)

    def assignment(self, who, role, account):
        word = "Delete" if ("assigned", who, role, account) in self.assigned else "Create"
        self.assigned ^= {("assigned", who, role, account)}
        kind, _, who = who.partition(":")
        asked = {"principalType": "GROUP" if kind.endswith("group") else "USER", "principalId": who}
        asked |= {"permissionSetArn": role, "targetId": account, "targetType": "AWS_ACCOUNT"}
        self.log(f"sso:{word}AccountAssignment", **asked)

    def forge(self, who, role):
        """Coming to a project with a role, changing it, and going without one."""
        before = {one[2] for one in self.roles if one[1] == who}
        if before == {role.lower()} - {""}:
            return
        self.roles = {one for one in self.roles if one[1] != who} | ({("role", who, role.lower())} if role else set())
        if not role:
            self.log("gitlab:member_destroyed", "gitlab", target_account=who, remove="user_access")
        elif before:
            told = {"from": before.pop().title(), "to": role, "change": "access_level"}
            self.log("gitlab:member_updated", "gitlab", target_account=who, **told)
        else:
            self.log("gitlab:member_created", "gitlab", target_account=who, **{"as": role})

    def share(self, who, role):
        """A change that no snapshot is moved by."""
        self.log("gitlab:project_group_link_created", "gitlab", target_details=who, **{"as": role})


def told(rows):
    policies = {
        ((one.attached_to, one.policy.rpartition("#")[2]), one.document)
        for one in rows.policies
        if one.attached_to in USERS and one.kind == "identity"
    }
    policies |= {("fence", one.attached_to, one.policy) for one in rows.policies if one.kind == "boundary"}
    policies |= {
        ("set", one.attached_to, one.policy.rpartition("#")[2], one.document)
        for one in rows.policies
        if one.attached_to in SETS
    }
    members = {("member", one.member, one.group) for one in rows.memberships if one.member in USERS}
    members |= {("joined", one.member) for one in rows.memberships if one.member in PEOPLE}
    named = {full: place for place, full in PLACES.items()}
    bindings = {
        ("binding", one.principal, one.role, named[one.resource]) for one in rows.grants if one.principal in MEMBERS
    }
    roles = {("role", one.principal, one.role) for one in rows.grants if one.principal in FORGERS}
    grants = [one for one in rows.grants if one.principal in ASSIGNED and one.role in SETS]
    assigned = {("assigned", one.principal, one.role, one.resource) for one in grants}
    texts = {("trust", one.document) for one in rows.policies if one.kind == "trust"}
    own = [one.document for one in rows.policies if (one.policy, one.attached_to not in USERS) == (OWN, True)]
    texts |= {("key", one.account, one.credential, one.enabled) for one in rows.credentials if one.account in USERS}
    texts |= {("way in", one.account, one.enabled) for one in rows.accounts if one.account in USERS}
    return policies | members | bindings | roles | assigned | texts | {("own", text) for text in own}


def true_at(world, number):
    """As `told` tells it: of a policy's versions the one in force."""
    truth = {("own", one[2][one[1]]) if one[0] == "own" else one for one in world.truths[number]}
    return {one[:2] if one[0] == "joined" else one for one in truth}


def rewritten(event):
    """What an event gives another text: the policy, or the role's trust."""
    if event.action == "iam:UpdateAssumeRolePolicy":
        return "trust"
    if event.action == "iam:SetDefaultPolicyVersion" or json.loads(event.detail).get("setAsDefault"):
        return "own"
    return None


def untold(events, passed_over):
    """What the nearest rewriting, of those in their order from the moment, could not be told of."""
    named = {one.event_id for one, _ in passed_over}
    nearest = {}
    for one in events:
        nearest.setdefault(rewritten(one), one.event_id)
    return {kind for kind, one in nearest.items() if one in named}


def without(truth, kinds):
    """What is true but for texts that could not be told."""
    left = {one for one in truth if one[0] not in kinds}
    return {one for one in left if not ("own" in kinds and isinstance(one[0], tuple) and one[0][1] == OWN)}


def acts():
    users, who = st.sampled_from(USERS), st.sampled_from(MEMBERS)
    texts = st.sampled_from(["", *TEXTS])
    return st.one_of(
        st.tuples(st.just("inline"), users, st.sampled_from(["jit", "more"]), texts),
        st.tuples(st.just("managed"), users, st.sampled_from([*MANAGED, OWN])),
        st.tuples(st.just("version"), st.sampled_from(TEXTS), st.booleans()),
        st.tuples(st.just("revert"), st.integers(0, 3)),
        st.tuples(st.just("key"), users, st.integers(0, 2), st.sampled_from(["made", "Active", "Inactive", "gone"])),
        st.tuples(st.just("password"), users),
        st.tuples(st.just("fence"), users, st.sampled_from([*MANAGED, ""])),
        st.tuples(st.just("joining"), st.sampled_from(PEOPLE)),
        st.tuples(st.just("of_set"), st.sampled_from(SETS), st.sampled_from(["", *MANAGED]), texts),
        st.tuples(st.just("trusting"), st.sampled_from(TEXTS)),
        st.tuples(st.just("member"), users, st.sampled_from(GROUPS)),
        st.tuples(st.just("binding"), who, st.sampled_from(ROLES), st.sampled_from(sorted(PLACES))),
        st.tuples(st.just("assignment"), st.sampled_from(ASSIGNED), st.sampled_from(SETS), st.sampled_from([AWS, "8"])),
        st.tuples(st.just("forge"), st.sampled_from(FORGERS), st.sampled_from(["Developer", "Maintainer", ""])),
        st.tuples(st.just("share"), st.just("quay"), st.just("Developer")),
    )


@settings(max_examples=150, deadline=None)
@given(before=st.lists(acts(), max_size=6), sequence=st.lists(acts(), min_size=1, max_size=14), data=st.data())
def test_a_snapshot_before_and_one_after_agree_at_every_moment(before, sequence, data):
    world = World()
    for kind, *said in before:
        getattr(world, kind)(*said)
    # What came before the first snapshot is not in the log.
    world.events, world.truths = [], [world.truth()]
    for kind, *said in sequence:
        getattr(world, kind)(*said)
    last = len(world.events)
    early, late = world.snapshot(0), world.snapshot(last)
    number = data.draw(st.integers(0, last))
    at = AT + STEP * number + STEP / 2
    forward, ahead = moved(early, world.events, at)
    truth = true_at(world, number)
    unsaid = untold(reversed(world.events[:number]), ahead.passed_over)
    assert "trust" not in unsaid
    assert without(told(forward), unsaid) == without(truth, unsaid)
    back, behind = moved(late, world.events, at)
    lost = {one.event_id for one, _ in behind.passed_over if one.action.endswith("UserPolicy")}
    unknown = {
        (USERS[one.detail.count("leon")], json.loads(one.detail)["policyName"])
        for one in world.events
        if one.event_id in lost
    }
    gone = {one.event_id for one, _ in behind.passed_over if one.action == "gitlab:member_destroyed"}
    unknown |= {("role", json.loads(one.detail)["target_account"]) for one in world.events if one.event_id in gone}
    # Only what a policy said that was replaced or deleted may be missing, and the role of who went; and that is named.
    unsaid = untold(world.events[number:], behind.passed_over)
    missing = without(truth, unsaid) ^ without(told(back), unsaid)
    # Whether a key was active before the first that the log has of it is named, and its user's way in hangs on it.
    named = {one.event_id for one, _ in behind.passed_over}
    asked = [json.loads(one.detail) for one in world.events if one.event_id in named and "AccessKey" in one.action]
    unsure = {word for one in asked for word in (one["accessKeyId"], one["userName"])}
    missing = {one for one in missing if one[0] not in ("key", "way in") or name(one[-2]) not in unsure}
    kinds = {"joined": "GroupMembership", "fence": "PermissionsBoundary", "set": "InlinePolicy"}
    acts_named = " ".join(one.action for one in world.events if one.event_id in named)
    missing = {one for one in missing if kinds.get(one[0], "nothing") not in acts_named}
    assert {one[:2] if one[0] == "role" else one[0] for one in missing} <= unknown
    named = {one.event_id for one, _ in (*ahead.passed_over, *behind.passed_over)}
    assert {one.event_id for one in world.events if one.action.endswith("link_created")} <= named


def test_a_right_that_was_taken_away_stood_since_its_grant_and_not_since_its_end():
    world = World()
    world.binding(MEMBERS[0], ROLES[0])
    world.events, world.truths = [], [world.truth()]
    world.binding(MEMBERS[0], ROLES[0])
    rows, _ = moved(world.snapshot(1), world.events, AT + STEP / 2)
    (grant,) = (one for one in rows.grants if one.principal in MEMBERS)
    assert (grant.granted_at, grant.granted_by) == (None, None)
