"""How reports say whether emergency access is sealed."""

from datetime import tzinfo

from auditor.case.emergency import Emergency, State
from reports.words import account_name, listing, when


def emergency_words(one: Emergency, zone: tzinfo) -> str:
    """`Emergency access emergency-admin (user/break-glass) is sealed: no active key and no open password.`."""
    name = f"Emergency access {one.id} ({account_name(one.account)})"
    if one.state is State.UNKNOWN:
        return f"{name}: it is not known whether it is sealed; no source shows its keys and password."
    if one.state is State.OPEN:
        kinds = {row.kind.replace("-", " ") for row in one.ways} | {"binding" for _ in one.bindings}
        return f"{name} is open: {listing(sorted(kinds))}."
    used = f", changed since its last use on {when(one.used_at, zone)}" if one.used_at else ""
    return f"{name} is sealed: no active key and no open password{used}."
