"""Keys of service accounts as credentials."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from auditor.model.handles import write_handle
from auditor.model.tables import Credential
from collectors.google.members import GCP, email_of
from collectors.reading import Stamp
from collectors.times import parse_time

_NAME = re.compile(r"projects/([^/]+)/serviceAccounts/[^/]+/keys/([^/]+)")
_NO_END = "9999-12-31T23:59:59Z"


def key_row(account: str, key: Mapping[str, Any], at: Stamp, used: Mapping[str, datetime]) -> Credential | None:
    """A key that people made; nothing for Google's own, which Google rotates."""
    match = _NAME.fullmatch(str(key.get("name") or ""))
    if key.get("keyType") == "SYSTEM_MANAGED" or match is None:
        return None
    project, number = match.groups()
    ends = key.get("validBeforeTime")
    return GCP.credential(
        at,
        f"service-account-key:{number}",
        "access-key",
        account,
        resource=project,
        enabled=key.get("disabled") is not True,
        created_at=moment(key.get("validAfterTime")),
        expires_at=None if ends == _NO_END else moment(ends),
        last_used_at=used.get(number),
        handle=write_handle("gcp", "service-account-key", project, service_account=email_of(account), key=number),
    )


def moment(value: Any) -> datetime | None:
    """A time as Google writes it; nothing for what is none."""
    try:
        return parse_time(value) if isinstance(value, str) else None
    except ValueError:
        return None
