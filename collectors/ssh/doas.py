"""doas.conf as the JSON that `cvtsudoers -e -f json` makes of sudo's rules: in both, the last rule that fits counts."""

import json
import re
from collections.abc import Iterator
from typing import Any

_RULE = re.compile(
    r"(permit|deny)\s+(?:(?:nopass|nolog|persist|keepenv|setenv\s*\{[^}]*\})\s+)*(\S+)(?:\s+as\s+(\S+))?"
    r"(?:\s+cmd\s+(\S+))?(?:\s+args\b.*)?"
)
_UNASKED = re.compile(r"\s(?:nopass|persist)\s")


def doas_rules(text: str) -> bytes:
    """The rules of a doas.conf.

    Raises:
        ValueError: a line is none that doas would read.
    """
    return json.dumps({"User_Specs": list(_specs(text))}).encode()


def _specs(text: str) -> Iterator[dict[str, Any]]:
    for line in text.replace("\\\n", " ").splitlines():
        plain = line.partition("#")[0].strip()
        match = _RULE.fullmatch(plain)
        if plain and match is None:
            raise ValueError(f"a line of doas.conf is not understood: {plain[:80]}")
        if match is None:
            continue
        kind, name, target, command = match.groups()
        user = {"usergroup": name[1:]} if name.startswith(":") else {"username": name}
        entry = {"command": command or "ALL", **({"negated": True} if kind == "deny" else {})}
        rule = {
            "runasusers": [{"username": target or "ALL"}],
            "Options": [{"authenticate": _UNASKED.search(plain) is None}],
            "Commands": [entry],
        }
        yield {"User_List": [user], "Host_List": [{"hostname": "ALL"}], "Cmnd_Specs": [rule]}
