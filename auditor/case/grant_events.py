"""Grant events: rights that were given to somebody during the period, read off the log."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime

from auditor.activity.results import JudgedEvent
from auditor.config.models import Config
from auditor.model.details import details
from auditor.model.entitlements import Grant, Identity
from auditor.model.levels import level_of
from auditor.model.tables import Account, Policy
from auditor.model.vocabulary import Category, Level
from auditor.providers.aws.capabilities import capabilities
from auditor.providers.aws.holdings import systems_in
from auditor.providers.aws.policy import Evaluation, Limits, MalformedPolicyError, parse, soonest
from auditor.providers.aws.resources import AccountResources
from auditor.providers.gitlab.grant_events import gitlab_grants
from auditor.providers.google.grant_events import google_grants

_GIVING = {
    "PutUserPolicy": "policyName",
    "AttachUserPolicy": "policyArn",
    "AddUserToGroup": "groupName",
    "PutRolePolicy": "policyName",
    "AttachRolePolicy": "policyArn",
}


def grants(
    config: Config,
    judged_events: Sequence[JudgedEvent],
    accounts: Iterable[Account],
    who: Callable[[str], Identity],
    policies: Iterable[Policy] = (),
) -> list[Grant]:
    """The successful grants among judged events: who received what, on which systems, under which ticket.

    An AWS recipient is the user or role that the call names, in the account whose log it stands in; Google's logs say
    what a change of policy added, and `policies` where projects lie.
    """
    arns = {(row.scope, row.kind == "role", row.name): row.account for row in accounts if row.provider == "aws"}
    pattern = re.compile(config.policy.ticket_pattern)
    found = (_grant(config, event, arns, pattern, who) for event in judged_events if _gives(event))
    return [
        *(grant for grant in found if grant),
        *google_grants(config, judged_events, policies, who),
        *gitlab_grants(config, judged_events, who),
    ]


def _gives(event: JudgedEvent) -> bool:
    action = event.action.rsplit(":", 1)[-1]
    return event.category == Category.GRANT and event.outcome == "ok" and event.provider == "aws" and action in _GIVING


def _grant(
    config: Config,
    event: JudgedEvent,
    arns: dict[tuple[str, bool, str | None], str],
    pattern: re.Pattern[str],
    who: Callable[[str], Identity],
) -> Grant | None:
    detail = details(event.detail)
    is_role = "roleName" in detail
    name = detail.get("roleName") or detail.get("userName")
    if not isinstance(name, str):
        return None
    kind = "role" if is_role else "user"
    recipient = arns.get((event.scope, is_role, name)) or f"arn:aws:iam::{event.scope}:{kind}/{name}"
    action = event.action.rsplit(":", 1)[-1]
    what = str(detail.get(_GIVING[action]) or action)
    document = detail.get("policyDocument")
    systems, level, ends = _reach(config, event.scope, event.time, document if isinstance(document, str) else None)
    ticket = pattern.search(what) or pattern.search(str(document or ""))
    return Grant(
        time=event.time,
        granted_by=event.account or event.actor,
        recipient=recipient,
        identity=who(recipient),
        systems=systems,
        level=level,
        what=what,
        ticket=ticket.group() if ticket else event.ticket,
        evidence=event.evidence,
        expires_at=ends,
        resource=event.resource,
    )


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


def linked(pattern: re.Pattern[str], texts: Iterable[str | None]) -> Iterator[str]:
    """Ticket ids that stand in names and comments."""
    for text in texts:
        if text and (match := pattern.search(text)):
            yield match.group()
