"""What files of Google Cloud look like: policies, what gcloud prints beside them, log entries."""

import re

from collectors.recognise import Recognised

# As Cloud Logging writes entries, and as BigQuery, CSV and shippers' lines have them.
_PAYLOAD = re.compile(r"(?i)\bproto_?payload")
_ENTRY = [re.compile(rf"(?i)\b{name}\b") for name in ("log_?name", "insert_?id")]
_POLICY = [re.compile(rf"\b{name}\b") for name in ("bindings", "members", "(?:resource|asset_?[tT]ype)")]
_BESIDE = ('"includedPermissions"', '"denyRules"', '"denyRule"', '"enforcementVersion"', '"eligibleUsers"')


def recognised(name: str, head: str) -> Recognised | None:
    """The source that reads a file which begins like this."""
    del name
    if _PAYLOAD.search(head) or all(part.search(head) for part in _ENTRY):
        return Recognised("gcp-audit-logs", "gcp-logs", "path", folder=True)
    if any(mark in head for mark in _BESIDE):
        return Recognised("gcp-iam", "gcp", "beside")
    if all(part.search(head) for part in _POLICY):
        return Recognised("gcp-iam", "gcp", "file")
    return None
