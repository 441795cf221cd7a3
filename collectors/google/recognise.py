"""What files of Google Cloud look like: policies, what gcloud prints beside them, log entries."""

from collectors.recognise import Recognised

_BESIDE = ('"includedPermissions"', '"denyRules"', '"denyRule"', '"enforcementVersion"', '"eligibleUsers"')


def recognised(name: str, head: str) -> Recognised | None:
    """The source that reads a file which begins like this."""
    del name
    if '"protoPayload"' in head or ('"logName"' in head and '"insertId"' in head):
        return Recognised("gcp-audit-logs", "gcp-logs", "path", folder=True)
    if any(mark in head for mark in _BESIDE):
        return Recognised("gcp-iam", "gcp", "beside")
    if '"bindings"' in head and '"members"' in head and '"resource"' in head:
        return Recognised("gcp-iam", "gcp", "file")
    return None
