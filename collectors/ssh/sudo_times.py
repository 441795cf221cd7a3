"""When sudo's rules hold: each may say `NOTBEFORE=` and `NOTAFTER=`."""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

_MOMENT = re.compile(r"(\d{10})(\d{2})?(\d{2})?(?:[.,]\d+)?(Z|[+-]\d{4})?")
# Without a zone it is the host's, of which this much is known: it is nowhere earlier, and nowhere later.
_AHEAD, _BEHIND = timedelta(hours=14), timedelta(hours=12)


def in_force(document: bytes, at: datetime) -> bytes:
    """What cvtsudoers writes without the rules that do not hold at a time; they do wherever that is not certain.

    Raises:
        ValueError: it is not the JSON that cvtsudoers writes.
    """
    try:
        rules = json.loads(document)
        for spec in rules.get("User_Specs", []):
            commands = spec.get("Cmnd_Specs", [])
            spec["Cmnd_Specs"] = [one for one in commands if _holds(one.get("Options", []), at)]
    except (ValueError, AttributeError, TypeError) as error:
        raise ValueError("sudo's rules are not what cvtsudoers writes") from error
    return json.dumps(rules).encode()


def _holds(options: Iterable[Mapping[str, Any]], at: datetime) -> bool:
    told = {name: value for option in options for name, value in option.items()}
    begins, ends = _moment(told.get("notbefore"), -_AHEAD), _moment(told.get("notafter"), _BEHIND)
    return (begins is None or at >= begins) and (ends is None or at <= ends)


def _moment(told: object, unknown: timedelta) -> datetime | None:
    """A generalized time; where its zone is not told, as early or as late as it can be."""
    match = _MOMENT.fullmatch(str(told))
    if not match:
        return None
    hour, minute, second, zone = match.groups()
    try:
        moment = datetime.strptime(f"{hour}{minute or '00'}{second or '00'}{zone or 'Z'}", "%Y%m%d%H%M%S%z")
    except ValueError:
        return None
    return moment if zone else moment + unknown
