"""What databases are told about their own logs: in settings of a cloud, and in statements."""

import re
from collections.abc import Mapping
from typing import Any

from auditor.model.details import as_objects

_OF_A_LOG = re.compile(
    r"(?i)(?:pgaudit\.(?:log|role)|(?:rds|cloudsql|alloydb)\.enable_pgaudit|log_statement|log_(?:dis)?connections"
    r"|logging_collector|general_log|server_audit_(?!excl)\w+|cloudsql_mysql_audit|enable_user_activity_logging"
    r"|\w*_AUDIT(?:_PLUGIN)?)"
)
_NOTHING = frozenset({"", "0", "off", "false", "no", "none", "default"})
_SET = re.compile(r"(?i)\b([a-z_][\w.]*)\s*(?:=|\bTO\b)\s*(?:'([^']*)'|(\w+))")
_RESET = re.compile(r"(?i)\bRESET\s+([a-z_][\w.]*)")
_ALL_GONE = re.compile(r"(?i)\bDROP\s+EXTENSION\s+(?:IF\s+EXISTS\s+)?\"?pgaudit|\bALTER\s+SYSTEM\s+RESET\s+ALL\b")


def log_settings(pairs: Any, name: str, value: str) -> dict[str, str]:
    """Those of a list of settings that are about a log, by name; `name` and `value` are how the list calls them."""
    found = ((str(one.get(name)), one.get(value)) for one in as_objects(pairs))
    return {key: str(told) for key, told in found if told is not None and is_of_a_log(key)}


def is_of_a_log(name: str) -> bool:
    """Whether a setting, or an option of a server, is about what is written into a log."""
    return _OF_A_LOG.fullmatch(name) is not None


def silences(settings: Mapping[str, str]) -> bool:
    """Whether one of the settings of logs lets nothing be written any more."""
    return any(value.strip().lower() in _NOTHING for value in settings.values())


def statement_silences(text: str) -> bool:
    """Whether a statement switches off, or takes back, what it tells a server to log."""
    if _ALL_GONE.search(text) or any(map(is_of_a_log, _RESET.findall(text))):
        return True
    return silences({name: quoted or bare for name, quoted, bare in _SET.findall(text) if is_of_a_log(name)})
