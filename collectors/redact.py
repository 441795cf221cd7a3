"""Takes secrets out of commands before they become evidence."""

import re

MAX_LENGTH = 500
_HIDDEN = "***"
_NAME = r"(?:passw(?:or)?d|passphrase|secret|token|api[_-]?key|private[_-]?key|credential|pwd)[\w-]*"
_VALUE = r"(\"[^\"]*\"|'[^']*'|[^\s,;\"'&]+)"
_SECRETS = (
    # DB_PASSWORD=…, "api_key": …
    re.compile(rf"(?i)({_NAME}[\"']?\s*[=:]\s*){_VALUE}"),
    # --admin-token …
    re.compile(rf"(?i)((?:^|\s)-[\w-]{{0,40}}?{_NAME}\s+)(?!-){_VALUE}"),
    re.compile(r"(?i)(\b(?:bearer|basic)\s+)([\w.~+/=-]{6,})"),
    re.compile(r"(://[^\s/:@]{0,100}:)([^\s/@]+)(?=@)"),
    # curl -u user:password, sshpass -p password, mysql -ppassword
    re.compile(r"((?:^|\s)(?:-u|--user)[\s=]+[^\s:]{1,100}:)(\S+)"),
    re.compile(r"(\bsshpass\s+-p\s*)(\S+)"),
    re.compile(r"(\bmy(?:sql|sqldump|sqladmin)\b(?:\s+\S+)*?\s+-p)([^\s-]\S*)"),
    re.compile(r"()(gh[pousr]_\w{20,}|glpat-[\w-]{16,}|xox[abprs]-[\w-]{10,})"),
)


def redact(text: str, limit: int = MAX_LENGTH) -> str:
    """The text with password-like values replaced by `***` and cut at `limit` characters."""
    # Cut first, so that a hostile line costs no time, but with room, so that a secret is not cut in half.
    text = text[: 4 * limit]
    for pattern in _SECRETS:
        text = pattern.sub(rf"\g<1>{_HIDDEN}", text)
    return text if len(text) <= limit else text[: limit - 1] + "…"
