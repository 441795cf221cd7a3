"""What the auditor says of a request, and how the same is put to the oracle."""

import json
from datetime import datetime
from enum import Enum

from auditor.config.models import Config
from auditor.evidence.snapshots import Snapshots
from auditor.model.tables import Account, Membership, Policy
from auditor.providers.aws.actions import expand
from auditor.providers.aws.callers import within
from auditor.providers.aws.capabilities import capabilities
from auditor.providers.aws.evaluation import Evaluation
from auditor.providers.aws.permits import permit, request
from auditor.providers.aws.policy import given
from auditor.providers.aws.principals import Directory
from auditor.providers.aws.reach import Reach
from auditor.providers.aws.resource_policies import ResourcePolicies
from auditor.providers.aws.resources import AccountResources
from tests.oracle.worlds import (
    ACCOUNT,
    AT,
    CARRIERS,
    FOREIGN,
    FULL,
    GROUP,
    LEVELS,
    ORGANISATION,
    RESOURCES,
    STRANGER,
    TARGET,
    World,
)

NOW = datetime.fromisoformat(AT)
_PLACE = {"source": "oracle", "collected_at": NOW, "origin": "random"}


class Said(Enum):
    """An answer to whether a request is allowed."""

    YES = "allowed"
    NO = "refused"
    IF = "allowed under conditions"


def document(statements):
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def _accounts(world: World):
    for arn, kind, number in (
        (world.caller, "role" if world.is_role else "unknown", "AROAEXAMPLE" if world.is_role else "AIDAEXAMPLE"),
        (GROUP, "group", "AGPAEXAMPLE"),
        (TARGET, "role", "AROATARGET"),
    ):
        tags = json.dumps(world.tags if arn == world.caller else {})
        name = arn.rpartition("/")[2]
        yield Account(
            **_PLACE, account=arn, provider="aws", scope=ACCOUNT, kind=kind, name=name, unique_id=number, tags=tags
        )


def _policies(world: World):
    yield f"{world.caller}#own", "identity", world.caller, world.identity
    yield f"{GROUP}#makers", "identity", GROUP, world.group or [{**FULL, "Action": "s3:ListAllMyBuckets"}]
    yield f"{TARGET}#trust", "trust", TARGET, world.trust
    if world.is_role:
        nobody = {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"}
        yield f"{world.caller}#trust", "trust", world.caller, [nobody]
    if world.boundary is not None:
        yield "fence", "boundary", world.caller, world.boundary
    for level, found in world.above.items():
        yield f"scp-{level}", "service-control", level, found
        yield f"rcp-{level}", "resource-control", level, [{**FULL, "Principal": "*"}, *world.controls[level]]
    for resource, found in world.carried.items():
        yield f"{ACCOUNT}#{CARRIERS[resource]}#policy", "resource", CARRIERS[resource], found


def _directory(world: World):
    rows = [
        Policy(**_PLACE, policy=policy, kind=kind, attached_to=to, name=policy, document=document(found))
        for policy, kind, to, found in _policies(world)
    ]
    if world.above:
        place = json.dumps({"organisation": ORGANISATION, "ancestors": list(reversed(LEVELS[:-1])), "managing": False})
        rows.append(Policy(**_PLACE, policy="place", kind="ancestry", attached_to=ACCOUNT, name="o", document=place))
    members = [Membership(**_PLACE, group=GROUP, member=world.caller)] if world.group else []
    return Directory.of(Snapshots(_accounts(world), members, rows))


class Auditor:
    """The auditor's answers about one world."""

    def __init__(self, world: World):
        place = {"provider": "aws", "account": ACCOUNT, "match": ["*shop*", "*key/*"]}
        system = {"id": "shop", "name": "Shop", "resources": [place]}
        config = Config.model_validate({"organisation": "Quay", "systems": [system]})
        self.world = world
        self.directory = _directory(world)
        self.shared = ResourcePolicies(config, self.directory, NOW)
        self.principals = self.shared.over(self.directory.principals(NOW))

    def own(self, action: str, resource: str) -> Said:
        """Whether the caller may do something."""
        holder = self.principals[self.world.caller]
        if resource.split(":")[2] == "iam":
            found = permit(holder, request(action, resource, ACCOUNT), NOW)
            return Said.NO if found is None else Said.IF if found.facts else Said.YES
        here = within(ACCOUNT)
        evaluation = Evaluation(AccountResources("aws", ACCOUNT, {"shop": (resource,)}), NOW)
        rights = [
            right
            for source in holder.sources
            for right in evaluation.held(given(source.statements, here), holder.limits_of(source).given(here), "shop")
            if right.actions & expand(action)
        ]
        return _best(right.facts for right in rights)

    def hop(self) -> Said:
        """Whether the caller may become the target."""
        hops = Reach(self.principals, self.directory, NOW).hops().get(self.world.caller, ())
        return _best(hop.facts for hop in hops if hop.role == TARGET)

    def visit(self, action: str, resource: str) -> Said:
        """Whether a role of a foreign account, which may do anything by its own policies, may do something."""
        wanted = capabilities(expand(action))
        return self._told(
            (name, one.conditions)
            for name, one in self.shared.strangers()
            if one.resource == CARRIERS[resource] and wanted & one.capabilities
        )

    def opened(self) -> Said:
        """Whether that role may become the target."""
        return self._told((one.principal, one.facts) for one in Reach(self.principals, self.directory, NOW).outsiders())

    @staticmethod
    def _told(found) -> Said:
        """What is told of anybody at all is true of this stranger only where nothing denies their account."""
        names = (STRANGER, FOREIGN, f"arn:aws:iam::{FOREIGN}:root")
        every = list(found)
        said = _best(facts for name, facts in every if name in names)
        anybody = _best(facts for name, facts in every if name == "*")
        return anybody if said is Said.NO else said


def _best(found) -> Said:
    every = [not facts for facts in found]
    return Said.NO if not every else Said.YES if any(every) else Said.IF


def simulation(world: World, caller: str, action: str, resource: str, circumstances: dict) -> dict:
    """A request as the oracle takes it."""
    own = caller == world.caller
    name = caller.rpartition("/")[2]
    account = caller.split(":")[4]
    foreign = {
        "aws:PrincipalArn": caller,
        "aws:PrincipalAccount": account,
        "aws:PrincipalType": "AssumedRole",
        "aws:userid": "AROASTRANGER:nina",
        "aws:PrincipalIsAWSService": "false",
        "aws:PrincipalOrgID": "o-another",
        "aws:ResourceAccount": ACCOUNT,
    }
    is_role = ":role/" in caller
    made = {
        "request": {
            "principal": f"arn:aws:sts::{account}:assumed-role/{name}/nina" if is_role else caller,
            "action": action,
            "resource": {"resource": resource, "accountId": ACCOUNT},
            "contextVariables": {**(world.about if own else foreign), **circumstances},
        },
        "identityPolicies": _named(world.identity, world.group) if own else _named([FULL]),
        "serviceControlPolicies": _levels(world.above) if own else [],
        "resourceControlPolicies": _levels(world.controls),
    }
    if own and world.boundary is not None:
        made["permissionBoundaryPolicies"] = _named(world.boundary)
    policy = world.trust if action == "sts:AssumeRole" else world.carried.get(resource)
    return {**made, "resourcePolicy": json.loads(document(policy))} if policy else made


def _named(*policies):
    return [
        {"name": f"p{number}", "policy": json.loads(document(found))} for number, found in enumerate(policies) if found
    ]


def _levels(levels):
    return [{"orgIdentifier": level, "policies": _named(found)} for level, found in levels.items()]


def asked(world: World):
    """Every request of a world: its kind, who asks what of which resource."""
    for resource, actions in RESOURCES.items():
        for action in actions:
            yield "own", world.caller, action, resource
            if resource in world.carried:
                yield "visit", STRANGER, action, resource
    yield "hop", world.caller, "sts:AssumeRole", TARGET
    yield "opened", STRANGER, "sts:AssumeRole", TARGET
