"""Grant events: rights that were given to somebody during the period, read off the log."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime

from auditor.config.models import Config
from auditor.digest.results import Deed
from auditor.model.tables import Account, Policy
from auditor.model.vocabulary import Category, Level
from auditor.resolve.aws.capabilities import capabilities
from auditor.resolve.aws.holdings import systems_in
from auditor.resolve.aws.policy import Evaluation, Limits, MalformedPolicyError, parse, soonest
from auditor.resolve.aws.resources import Territory
from auditor.resolve.details import details
from auditor.resolve.gcp.given import google_grants
from auditor.resolve.gitlab_given import gitlab_grants
from auditor.resolve.levels import level_of
from auditor.resolve.types import Grant, Identity

_GIVING = {
    "PutUserPolicy": "policyName",
    "AttachUserPolicy": "policyArn",
    "AddUserToGroup": "groupName",
    "PutRolePolicy": "policyName",
    "AttachRolePolicy": "policyArn",
}


def grants(
    config: Config,
    deeds: Sequence[Deed],
    accounts: Iterable[Account],
    who: Callable[[str], Identity],
    policies: Iterable[Policy] = (),
) -> list[Grant]:
    """The successful grants among the deeds: who received what, on which systems, under which ticket if it names one.

    An AWS recipient is the user or role that the call names, in the account whose log it stands in; Google's logs say
    what a change of policy added, and `policies` where projects lie.
    """
    arns = {(row.scope, row.kind == "role", row.name): row.account for row in accounts if row.provider == "aws"}
    pattern = re.compile(config.policy.ticket_pattern)
    found = (_grant(config, deed, arns, pattern, who) for deed in deeds if _gives(deed))
    return [
        *(grant for grant in found if grant),
        *google_grants(config, deeds, policies, who),
        *gitlab_grants(config, deeds, who),
    ]


def _gives(deed: Deed) -> bool:
    action = deed.action.rsplit(":", 1)[-1]
    return deed.category == Category.GRANT and deed.outcome == "ok" and deed.provider == "aws" and action in _GIVING


def _grant(
    config: Config,
    deed: Deed,
    arns: dict[tuple[str, bool, str | None], str],
    pattern: re.Pattern[str],
    who: Callable[[str], Identity],
) -> Grant | None:
    detail = details(deed.detail)
    is_role = "roleName" in detail
    name = detail.get("roleName") or detail.get("userName")
    if not isinstance(name, str):
        return None
    kind = "role" if is_role else "user"
    recipient = arns.get((deed.scope, is_role, name)) or f"arn:aws:iam::{deed.scope}:{kind}/{name}"
    action = deed.action.rsplit(":", 1)[-1]
    what = str(detail.get(_GIVING[action]) or action)
    document = detail.get("policyDocument")
    systems, level, ends = _reach(config, deed.scope, deed.time, document if isinstance(document, str) else None)
    ticket = pattern.search(what) or pattern.search(str(document or ""))
    return Grant(
        time=deed.time,
        granted_by=deed.account or deed.actor,
        recipient=recipient,
        identity=who(recipient),
        systems=systems,
        level=level,
        what=what,
        ticket=ticket.group() if ticket else deed.ticket,
        evidence=deed.evidence,
        expires_at=ends,
        resource=deed.resource,
    )


def _reach(
    config: Config, account: str, at: datetime, document: str | None
) -> tuple[tuple[str, ...], Level, datetime | None]:
    """Systems, level and end of what a policy document gives; no system where the document is not in the log."""
    try:
        statements = parse(document) if document else ()
    except MalformedPolicyError:
        return (), Level.WRITE, None
    evaluation = Evaluation(Territory("aws", account, systems_in(config, account)), at)
    held = {system: evaluation.held(statements, Limits(), system) for system in evaluation.land.systems}
    reached = {system: rights for system, rights in held.items() if any(capabilities(r.actions) for r in rights)}
    powers = frozenset(c for rights in reached.values() for right in rights for c in capabilities(right.actions))
    ends = [right.ends for rights in reached.values() for right in rights]
    level = level_of(powers) if powers else Level.WRITE
    return tuple(sorted(reached)), level, soonest(*ends) if ends and all(ends) else None


def linked(pattern: re.Pattern[str], texts: Iterable[str | None]) -> Iterator[str]:
    """Ticket ids that stand in names and comments."""
    for text in texts:
        if text and (match := pattern.search(text)):
            yield match.group()
