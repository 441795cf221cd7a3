"""What a CloudTrail event is about, from its service and name alone: action, category and level."""

import re
from functools import cache, partial

from auditor.model.vocabulary import Act, Category, Level
from auditor.model.written import patterns

# What an agent asked AWS's own server for; the calls that the server made for it are events of their own.
_AGENTS_CALLS = "aws-mcp"
_IAM_PREFIX = {"monitoring": "cloudwatch", "tagging": "tag", "email": "ses", "sso-oauth": "sso", "sso-oidc": "sso"}
PARAMETERS = "ssm:GetParameter"
"""What calls begin with that read parameters, which may be secrets in plain text."""
_VERSION = re.compile(r"(?:20\d\d_?\d\d_?\d\d)(?:v\d+)?$")

actions = cache(partial(patterns, __package__, "actions"))


def classify(
    event_source: str, event_name: str, *, read_only: bool | None, asks_more: bool = False, sets_recorder: bool = False
) -> Act:
    """The words for one kind of event.

    Args:
        event_source: such as `lambda.amazonaws.com`.
        event_name: such as `UpdateFunctionCode20150331v2`; the API version at its end is dropped.
        read_only: what the record says; None where it says nothing (before event version 1.05).
        asks_more: whether the request asks for a parameter's plain text, or has a policy in it.
        sets_recorder: whether it sets what records something.
    """
    service = event_source.partition(".")[0]
    action = f"{_IAM_PREFIX.get(service, service)}:{_VERSION.sub('', event_name)}"
    if service == _AGENTS_CALLS:
        return Act(action, Category.READ.value, Level.READ.value)
    kinds = actions()
    if kinds["login"].fullmatch(action):
        return Act(action, Category.LOGIN.value, Level.READ.value)
    reads = read_only if read_only is not None else bool(kinds["read_verb"].match(action.partition(":")[2]))
    if kinds["reading"].fullmatch(action):
        reads = True
    level = Level.READ.value if reads else Level.WRITE.value
    if kinds["secret"].fullmatch(action) or (asks_more and action.startswith(PARAMETERS)):
        return Act(action, Category.SECRET.value, level)
    by_setting = sets_recorder and kinds["audit_trail_by_setting"].fullmatch(action)
    if not reads and (by_setting or kinds["audit_trail"].fullmatch(action)):
        return Act(action, Category.AUDIT_TRAIL.value, level)
    gives = kinds["grant"].fullmatch(action) or (asks_more and kinds["grant_by_policy"].fullmatch(action))
    if not reads and gives:
        return Act(action, Category.GRANT.value, Level.ADMIN.value)
    return Act(action, Category.READ.value if reads else Category.CHANGE.value, level)
