"""Grant events in AWS: policies that were put on somebody, and groups that somebody was put into."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from auditor.activity.results import JudgedEvent
from auditor.config.models import Config
from auditor.evidence.snapshots import Snapshots
from auditor.model.details import details
from auditor.model.entitlements import Grant, Identity
from auditor.model.levels import level_of
from auditor.model.tables import Account
from auditor.model.vocabulary import Level
from auditor.providers.aws.capabilities import capabilities
from auditor.providers.aws.holdings import systems_in
from auditor.providers.aws.policy import Evaluation, Limits, MalformedPolicyError, parse, soonest
from auditor.providers.aws.resources import AccountResources

_POLICIES = {
    f"{verb}{kind}Policy": (kind.lower(), named)
    for kind in ("User", "Role", "Group")
    for verb, named in (("Put", "policyName"), ("Attach", "policyArn"))
}
# What each call gives: to what kind of holder, and the parameter that names it or, where none does, the words for it.
_GIVING = {
    **_POLICIES,
    "AddUserToGroup": ("user", "groupName"),
    "CreateAccessKey": ("user", "an access key"),
    "CreateLoginProfile": ("user", "a console password"),
    "UpdateLoginProfile": ("user", "a console password"),
    "UploadSSHPublicKey": ("user", "an SSH key"),
    "CreateServiceSpecificCredential": ("user", "a service's credential"),
    "DeleteUserPermissionsBoundary": ("user", "rights without a boundary"),
    "DeleteRolePermissionsBoundary": ("role", "rights without a boundary"),
    "UpdateAssumeRolePolicy": ("role", "another trust policy"),
}
_CREDENTIALS = frozenset({"CreateAccessKey", "UploadSSHPublicKey", "CreateServiceSpecificCredential"})
"""What people make for themselves too: a key of one's own is no right on anything."""


def aws_grants(
    config: Config, events: Iterable[JudgedEvent], rows: Snapshots, who: Callable[[str], Identity]
) -> Iterator[Grant]:
    """A grant for every policy put or attached, group joined, credential made, trust rewritten and boundary lifted.

    The recipient is the user, role or group that the call names, in the account whose log it stands in.

    Args:
        config: the configuration.
        events: AWS's successful grants.
        rows: snapshots, of any provider.
        who: the identity behind an account.
    """
    arns = {(row.scope, _kind(row), row.name): row.account for row in rows.accounts if row.provider == "aws"}
    for event in events:
        if event.action.rsplit(":", 1)[-1] in _GIVING and (grant := _grant(config, event, arns, who)):
            yield grant


def _grant(
    config: Config,
    event: JudgedEvent,
    arns: dict[tuple[str, str, str | None], str],
    who: Callable[[str], Identity],
) -> Grant | None:
    detail = details(event.detail)
    action = event.action.rsplit(":", 1)[-1]
    kind, named = _GIVING[action]
    name = detail.get(f"{kind}Name")
    if not isinstance(name, str):
        return None
    recipient = arns.get((event.scope, kind, name)) or f"arn:aws:iam::{event.scope}:{kind}/{name}"
    if action in _CREDENTIALS and recipient == event.account:
        return None
    what = str(detail.get(named) or action) if " " not in named else named
    text = detail.get("policyDocument")
    document = text if isinstance(text, str) else None
    systems, level, ends = _reach(config, event.scope, event.time, document if action in _POLICIES else None)
    return Grant(
        time=event.time,
        granted_by=event.account or event.actor,
        giver=event.person,
        by=event.actor_class,
        recipient=recipient,
        identity=who(recipient),
        systems=systems,
        level=level,
        what=what,
        ticket=event.ticket,
        written=(what, document),
        evidence=event.evidence,
        expires_at=ends,
        resource=event.resource,
    )


def _kind(row: Account) -> str:
    return row.kind if row.kind in ("role", "group") else "user"


def _reach(
    config: Config, account: str, at: datetime, document: str | None
) -> tuple[tuple[str, ...], Level, datetime | None]:
    """Systems, level and end of what a policy document gives; no system where the document is not in the log."""
    try:
        statements = parse(document) if document else ()
    except MalformedPolicyError:
        return (), Level.WRITE, None
    evaluation = Evaluation(AccountResources("aws", account, systems_in(config, account)), at)
    held = {system: evaluation.held(statements, Limits(), system) for system in evaluation.land.systems}
    reached = {system: rights for system, rights in held.items() if any(capabilities(r.actions) for r in rights)}
    powers = frozenset(c for rights in reached.values() for right in rights for c in capabilities(right.actions))
    ends = [right.ends for rights in reached.values() for right in rights]
    level = level_of(powers) if powers else Level.WRITE
    return tuple(sorted(reached)), level, soonest(*ends) if ends and all(ends) else None
