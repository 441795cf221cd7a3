"""Whether a login of AWS may call what a source needs, as IAM simulates it."""

import re
from collections.abc import Sequence
from typing import Any

from collectors.aws import session as aws
from collectors.base import Context

_SESSION = re.compile(r"arn:(aws[\w-]*):sts::(\d+):assumed-role/([^/]+)/.+")


def lacking(source: Any, context: Context, needs: Sequence[str]) -> list[str]:
    """The actions that the login may not call. In which accounts it may assume a role is told by trying alone.

    Raises:
        SourceError: it may not ask, which takes iam:SimulatePrincipalPolicy.
    """
    del context
    session = aws.session(source)
    arn = aws.caller(source, session)["Arn"]
    if arn.endswith(":root"):
        return []
    role = _SESSION.fullmatch(arn)
    principal = f"arn:{role[1]}:iam::{role[2]}:role/{role[3]}" if role else arn
    bucket = getattr(source, "bucket", None)
    needed = {
        "s3:": bool(bucket) or source.kind != "aws-cloudtrail",
        "cloudtrail:LookupEvents": getattr(source, "lookup", False),
        "organizations:ListAccounts": getattr(source, "organisation", True),
        "sts:AssumeRole": False,
    }
    unneeded = tuple(start for start, is_needed in needed.items() if not is_needed)
    actions = [action for action in needs if not action.startswith(unneeded)]
    stored = [action for action in actions if action.startswith("s3:") and bucket]
    asked = [([one for one in actions if one not in stored], ["*"])]
    asked += [(stored, [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"])] * bool(stored)
    iam = aws.client(source, "iam", signed_in=session)
    denied: list[str] = []
    with aws.explained(f"asking what {principal} may call (iam:SimulatePrincipalPolicy)"):
        for names, resources in asked:
            question = {"PolicySourceArn": principal, "ActionNames": names, "ResourceArns": resources}
            for reply in aws.replies(iam, "simulate_principal_policy", question):
                denied += [one["EvalActionName"] for one in reply["EvaluationResults"] if not _allowed(one)]
    return sorted(set(denied))


def _allowed(result: dict[str, Any]) -> bool:
    """Whether the action is allowed on any of the resources: each is of a bucket, or of what lies in it."""
    places = [one["EvalResourceDecision"] for one in result.get("ResourceSpecificResults", ())]
    return "allowed" in (result["EvalDecision"], *places)
