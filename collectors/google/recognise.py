"""What files of Google Cloud look like: policies, what gcloud prints beside them, log entries."""

import re

from collectors.recognise import Recognised

# As Cloud Logging writes entries, and as BigQuery, CSV and shippers' lines have them.
_PAYLOAD = re.compile(r"(?i)\bproto_?payload")
_ENTRY = [re.compile(rf"(?i)\b{name}\b") for name in ("log_?name", "insert_?id")]
_POLICY = [re.compile(rf"\b{name}\b") for name in ("bindings", "members", "(?:resource|asset_?[tT]ype)")]
_BOUND = [re.compile(r"\bbindings\b"), re.compile(r"\brole\"?:\s*\"?(?:(?:projects|organizations)/[\w.:-]+/)?roles/")]
# Of a project and all that it lies in, as `projects get-ancestors-iam-policy` prints them.
_CHAIN = re.compile(r"\btype\"?:\s*\"?(?:project|folder|organization)\b")
_BARE = "it does not say what it is the policy of: name it as `file` of a source `gcp-iam`, with `scope: projects/…`"
_MEMBERS = re.compile(r"(?i)(?=.*\bgroup\b)(?=.*\bemail\b)(?=.*\brole\b)[\w \",;\[\]]+\r?\n")
_BESIDE = ('"includedPermissions"', '"denyRules"', '"denyRule"', '"enforcementVersion"', '"eligibleUsers"')


def recognised(name: str, head: str) -> Recognised | None:
    """The source that reads a file which begins like this."""
    if _PAYLOAD.search(head) or all(part.search(head) for part in _ENTRY):
        return Recognised("gcp-audit-logs", "gcp-logs", "path", folder=True)
    if any(mark in head for mark in _BESIDE) or (name.endswith(".csv") and _MEMBERS.match(head)):
        return Recognised("gcp-iam", "gcp", "beside")
    if all(part.search(head) for part in _POLICY):
        return Recognised("gcp-iam", "gcp", "file")
    if all(part.search(head) for part in _BOUND):
        return Recognised("gcp-iam", "gcp", "file", lacks="" if _CHAIN.search(head) else _BARE)
    return None
