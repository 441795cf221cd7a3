"""What files of AWS look like: authorization details, credential reports, trail files, answers as JSON lines."""

import re

from collectors.aws.iam.dump import unpacked_report
from collectors.recognise import Recognised

_OWN = re.compile(r'"Arn": ?"arn:aws[a-z-]*:iam::(\d{12}):')
_REPORT = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}):")
_DETAILS = re.compile(r'"(?:User|Group|Role)DetailList"')
_TAGGED = re.compile(r'"ResourceARN": ?"arn:[^"]*?:(\d{12}):')
_OF_IAM = re.compile(r'"(?:Users|Roles|Groups|AttachedPolicies|AccessKeyMetadata)": ?\[')
_OF_CENTER = re.compile(r'"(?:AccountAssignments|PermissionSets)": ?\[')
_WHOLE = "IAM is read whole: from what `aws iam get-account-authorization-details` prints"
_LIVE = "who holds what through Identity Center is read live: `auditor init --aws PROFILE`, beside this folder"
# Identity Center is read with the organization's accounts.
_CALLS = {
    "sso-admin:": "aws-identity-center",
    "identitystore:": "aws-identity-center",
    "organizations:": "aws-organizations",
}
# As CloudTrail writes events, also within a shipper's line or above a table, and as others write them anew.
_WORDS = (r"event[ _]?source", r"event[ _]?name", r"(?:event[ _]?(?:time|version)|user_?identity)")
_EVENT = [re.compile(rf"(?i)\b{word}") for word in _WORDS]
_ANEW = re.compile(r'(?i)"(?:aws\.)?cloudtrail"')


def recognised(name: str, head: str) -> Recognised | None:
    """The source that reads a file which begins like this."""
    del name
    if _DETAILS.search(head):
        return Recognised("aws-iam", "iam", "file", account=_first(_OWN, head))
    report = unpacked_report(head)
    if report.startswith("user,arn,user_creation_time,"):
        return Recognised("aws-iam", "iam", "credential_report", account=_first(_REPORT, report))
    if '"ResourceTagMappingList"' in head and (account := _first(_TAGGED, head)):
        return Recognised("aws-resources", "tags", "file", account=account)
    if _is_trail(head):
        return Recognised("aws-cloudtrail", "trail", "path", folder=True)
    kinds = (kind for start, kind in _CALLS.items() if f'"call": "{start}' in head or f'"call":"{start}' in head)
    kind = next(kinds, None)
    return Recognised(kind, kind.removeprefix("aws-"), "file") if kind else _of_one_call(head)


def _of_one_call(head: str) -> Recognised | None:
    """What the command line prints of a call that is not read by itself."""
    if _OF_IAM.search(head) and (":iam::" in head or '"AccessKeyId"' in head):
        return Recognised("aws-iam", "iam", "file", lacks=_WHOLE)
    if _OF_CENTER.search(head) and ":sso:::" in head:
        return Recognised("aws-identity-center", "identity-center", "", lacks=_LIVE)
    return None


def _is_trail(head: str) -> bool:
    if '"digestS3Bucket"' in head or '"insightDetails"' in head or all(part.search(head) for part in _EVENT):
        return True
    return bool(_ANEW.search(head)) and ('"class_uid"' in head or '"user_identity"' in head)


def _first(pattern: re.Pattern[str], head: str) -> str | None:
    found = pattern.search(head)
    return found[1] if found else None
