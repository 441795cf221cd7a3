"""Random sets of policies over one account, from a seed, and the requests that are tried on them."""

import random
from dataclasses import dataclass, field

ACCOUNT = "111122223333"
FOREIGN = "999988887777"
ORGANISATION = "o-exampleorg"
LEVELS = ("r-root", "ou-apps", ACCOUNT)
USER = f"arn:aws:iam::{ACCOUNT}:user/bea"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/release"
GROUP = f"arn:aws:iam::{ACCOUNT}:group/makers"
TARGET = f"arn:aws:iam::{ACCOUNT}:role/operator"
STRANGER = f"arn:aws:iam::{FOREIGN}:role/visitor"
AT = "2026-03-01T12:00:00Z"

# What requests are about, with what is asked of each.
RESOURCES = {
    "arn:aws:s3:::shop-data/orders": ("s3:GetObject", "s3:PutObject"),
    f"arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/shop": ("dynamodb:GetItem", "dynamodb:PutItem"),
    f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:shop": ("lambda:UpdateFunctionCode", "lambda:InvokeFunction"),
    f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:shop-a1b2c3": ("secretsmanager:GetSecretValue",),
    f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/11112222-3333-4444-5555-666677778888": (
        "kms:CreateGrant",
        "kms:PutKeyPolicy",
    ),
    f"arn:aws:sqs:eu-west-1:{ACCOUNT}:shop": ("sqs:SendMessage", "sqs:ReceiveMessage"),
    USER: ("iam:PutUserPolicy", "iam:CreateAccessKey"),
    f"arn:aws:iam::{ACCOUNT}:user/cyd": ("iam:CreateLoginProfile", "iam:AttachUserPolicy"),
    TARGET: ("iam:UpdateAssumeRolePolicy", "iam:PassRole"),
}
# What gives a foreign account the same capability; no policy names it.
ALIKE = {
    "s3:GetObject": ("s3:GetObjectVersion",),
    "s3:PutObject": ("s3:DeleteObject",),
    "kms:CreateGrant": ("kms:PutKeyPolicy", "kms:ScheduleKeyDeletion"),
    "kms:PutKeyPolicy": ("kms:CreateGrant", "kms:ScheduleKeyDeletion"),
    "sqs:SendMessage": ("sqs:PurgeQueue",),
}
# Those that have policies of their own, by what a policy is put on.
CARRIERS = {
    resource: resource.removesuffix("/orders")
    for resource in RESOURCES
    if resource.split(":")[2] in ("s3", "secretsmanager", "kms", "sqs")
}
CONTROLLED = ("s3:*", "secretsmanager:*", "kms:*", "sqs:*", "sts:*")
FULL = {"Effect": "Allow", "Action": "*", "Resource": "*"}


@dataclass
class World:
    """One set of policies; lists of statements each.

    Args:
        caller: the ARN of the user or role that asks.
        above: service control policies by level, the root first; empty where there is no organisation.
        controls: resource control policies likewise.
        carried: the policies of resources.
        trust: the trust policy of the target.
    """

    caller: str
    tags: dict
    identity: list
    group: list
    boundary: list | None
    above: dict = field(default_factory=dict)
    controls: dict = field(default_factory=dict)
    carried: dict = field(default_factory=dict)
    trust: list = field(default_factory=list)

    @property
    def is_role(self):
        return ":role/" in self.caller

    @property
    def about(self):
        """What is known of the caller's requests beforehand, as AWS fills it in."""
        known = {
            "aws:PrincipalArn": self.caller,
            "aws:PrincipalAccount": ACCOUNT,
            "aws:PrincipalType": "AssumedRole" if self.is_role else "User",
            "aws:userid": "AROAEXAMPLE:nina" if self.is_role else "AIDAEXAMPLE",
            "aws:PrincipalIsAWSService": "false",
            "aws:ResourceAccount": ACCOUNT,
            **({} if self.is_role else {"aws:username": "bea"}),
            **{f"aws:PrincipalTag/{key}": value for key, value in self.tags.items()},
        }
        return {**known, "aws:PrincipalOrgID": ORGANISATION} if self.above else known


def conditions(chance):
    """One clause of a Condition element: its operator and what stands under it."""
    known = [
        ("String", "aws:PrincipalTag/team", ["shop", "mail", "${aws:username}", "sh*"]),
        ("String", "aws:username", ["bea", "cyd", "b*", "${aws:PrincipalTag/team}"]),
        ("String", "aws:userid", ["AIDAEXAMPLE", "AROAEXAMPLE:*", "AIDAOTHER", "*:nina"]),
        ("String", "aws:PrincipalAccount", [ACCOUNT, FOREIGN]),
        ("String", "aws:PrincipalOrgID", [ORGANISATION, "o-another"]),
        ("String", "aws:PrincipalType", ["User", "AssumedRole", "Account"]),
        ("String", "aws:ResourceAccount", [ACCOUNT, FOREIGN]),
        ("String", "aws:SourceVpce", ["vpce-1", "vpce-2"]),
        ("Arn", "aws:PrincipalArn", [USER, ROLE, f"arn:aws:iam::{ACCOUNT}:*", "arn:aws:iam::*:role/*"]),
        ("Arn", "aws:SourceArn", ["arn:aws:sns:eu-west-1:111122223333:news"]),
    ]
    others = [
        ("Bool", {"aws:MultiFactorAuthPresent": chance.choice(["true", "false"])}),
        ("BoolIfExists", {"aws:MultiFactorAuthPresent": chance.choice(["true", "false"])}),
        ("Bool", {"aws:SecureTransport": chance.choice(["true", "false"])}),
        ("Bool", {"aws:PrincipalIsAWSService": chance.choice(["true", "false"])}),
        ("Null", {"aws:MultiFactorAuthPresent": chance.choice(["true", "false"])}),
        ("Null", {"aws:PrincipalTag/team": chance.choice(["true", "false"])}),
        ("Null", {"aws:username": chance.choice(["true", "false"])}),
        ("IpAddress", {"aws:SourceIp": "10.0.0.0/8"}),
        ("NotIpAddress", {"aws:SourceIp": "10.0.0.0/8"}),
        ("DateLessThan", {"aws:CurrentTime": chance.choice(["2026-02-01T00:00:00Z", "2027-01-01T00:00:00Z"])}),
        ("DateGreaterThan", {"aws:CurrentTime": chance.choice(["2026-02-01T00:00:00Z", "2027-01-01T00:00:00Z"])}),
        ("ForAnyValue:StringLike", {"aws:PrincipalOrgPaths": [f"{ORGANISATION}/r-root/*"]}),
        ("ForAllValues:StringEquals", {"aws:TagKeys": ["team", "env"]}),
    ]
    if chance.random() < 0.4:
        return chance.choice(others)
    sort, key, values = chance.choice(known)
    operator = chance.choice(
        ["ArnEquals", "ArnLike", "ArnNotLike", "ArnNotEquals", "StringLike", "StringEquals"]
        if sort == "Arn"
        else ["StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase"]
    )
    operator += chance.choice(["", "", "IfExists"])
    return operator, {key: chance.sample(values, chance.randint(1, min(2, len(values))))}


def actions(chance):
    """What an Action element may list."""
    resource = chance.choice(list(RESOURCES))
    name = chance.choice(RESOURCES[resource])
    service, _, verb = name.partition(":")
    return chance.choice(
        ["*", f"{service}:*", name, name, name.upper(), f"{service}:{verb[:3]}*", f"{service}:?{verb[1:]}", "sts:*"]
    )


def resources(chance):
    """What a Resource element may list."""
    one = chance.choice(list(RESOURCES))
    head, slash, _ = one.rpartition("/")
    return chance.choice(
        [
            *("*", "*", one, one),
            f"{head}{slash}*" if slash else f"{one[:-2]}*",
            one.replace("eu-west-1", "*").replace(ACCOUNT, "*"),
            f"arn:aws:iam::{ACCOUNT}:user/${{aws:username}}",
            "arn:aws:s3:::${aws:PrincipalTag/team}-data/*",
            f"{one[:-1]}?",
            "arn:aws:s3:::other/*",
        ]
    )


def statement(chance, effect, *, conditional=0.35, keys=("Action", "Resource")):
    """A statement of an identity policy, a boundary or a service control policy."""
    made = {"Effect": effect}
    for key, draw in zip(keys, (actions, resources), strict=False):
        negated = chance.random() < 0.15
        made[f"Not{key}" if negated else key] = list({draw(chance) for _ in range(chance.randint(1, 3))})
    if chance.random() < conditional:
        made["Condition"] = dict([conditions(chance) for _ in range(chance.choice([1, 1, 2]))])
    return made


def statements(chance, *, most, denies=0.3, **how):
    """Some statements, most of which allow."""
    return [
        statement(chance, "Deny" if chance.random() < denies else "Allow", **how)
        for _ in range(chance.randint(1, most))
    ]


def principals(chance, caller, effect):
    """A Principal element's value; denials leave the stranger out, whom an Allow may mean as anybody."""
    return chance.choice(
        [
            *("*", {"AWS": caller}, {"AWS": caller}, {"AWS": ACCOUNT}),
            {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
            {"AWS": [*([STRANGER] if effect == "Allow" else []), f"arn:aws:iam::{ACCOUNT}:user/cyd"]},
            {"AWS": FOREIGN if effect == "Allow" else f"arn:aws:iam::{ACCOUNT}:root"},
            {"AWS": "*"},
            {"Service": "lambda.amazonaws.com"},
        ]
    )


def carried(chance, caller, resource):
    """The policy of a resource."""
    found = []
    for _ in range(chance.randint(1, 3)):
        made = statement(chance, "Deny" if chance.random() < 0.25 else "Allow", keys=())
        made["Action"] = chance.choice([*RESOURCES[resource], f"{resource.split(':')[2]}:*"])
        made["Resource"] = [CARRIERS[resource], resource] if ":s3:" in resource else "*"
        made["Principal"] = principals(chance, caller, made["Effect"])
        if made["Effect"] == "Deny" and chance.random() < 0.2:
            # AWS wants the account beside whoever of it is named.
            made["NotPrincipal"] = {"AWS": [caller, f"arn:aws:iam::{ACCOUNT}:root"]}
            del made["Principal"]
        found.append(made)
    if ":kms:" in resource and chance.random() < 0.7:
        found.append(
            {
                "Effect": "Allow",
                "Action": "kms:*",
                "Resource": "*",
                "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
            }
        )
    return found


def trusting(chance, caller):
    """The trust policy of a role."""
    found = []
    for _ in range(chance.randint(1, 3)):
        made = statement(chance, "Deny" if chance.random() < 0.25 else "Allow", keys=())
        found.append({**made, "Action": "sts:AssumeRole", "Principal": principals(chance, caller, made["Effect"])})
    return found


def control(chance):
    """A statement of a resource control policy."""
    made = statement(chance, "Deny", conditional=0.8, keys=())
    return {**made, "Principal": "*", "Resource": "*", "Action": chance.sample(CONTROLLED, chance.randint(1, 2))}


def world(seed):
    """The set of policies of a seed."""
    chance = random.Random(seed)
    caller = chance.choice([USER, ROLE])
    wide = [statement(chance, "Allow", keys=()) | {"Action": "*", "Resource": "*"}] if chance.random() < 0.5 else []
    made = World(
        caller=caller,
        tags=chance.choice([{}, {"team": "shop"}, {"team": "mail"}, {"team": "bea"}]),
        identity=[*statements(chance, most=4), *wide],
        group=statements(chance, most=2) if caller == USER and chance.random() < 0.5 else [],
        boundary=statements(chance, most=3, denies=0.15) if chance.random() < 0.35 else None,
        trust=trusting(chance, caller),
    )
    if chance.random() < 0.6:
        for level in LEVELS:
            narrow = chance.random() < 0.15
            extra = statements(chance, most=1, denies=0.8) if chance.random() < 0.4 else []
            made.above[level] = [*([] if narrow and extra else [FULL]), *extra]
            made.controls[level] = [control(chance)] if chance.random() < 0.25 else []
    for resource in CARRIERS:
        if chance.random() < 0.4 or ":kms:" in resource:
            made.carried[resource] = carried(chance, caller, resource)
    return made


def circumstances(chance):
    """What is not known of a request beforehand."""
    found = {
        "aws:CurrentTime": AT,
        "aws:SecureTransport": "true",
        "aws:SourceIp": chance.choice(["10.1.2.3", "203.0.113.7"]),
    }
    optional = {
        "aws:MultiFactorAuthPresent": ["true", "false"],
        "aws:SourceVpce": ["vpce-1", "vpce-2"],
        "aws:PrincipalOrgPaths": [[f"{ORGANISATION}/r-root/ou-apps/"], [f"{ORGANISATION}/r-other/"]],
    }
    return {**found, **{key: chance.choice(values) for key, values in optional.items() if chance.random() < 0.6}}
