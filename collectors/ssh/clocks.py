"""In which zone a host's log is whose times name none: another log of that host may tell the same logins in full."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from collectors.base import Context, Raw
from collectors.files import unpacked
from collectors.ssh.syslog import Log
from collectors.turned import logs_of

# What two logs tell of one login is not further apart, and read in another zone not nearer.
_AT_ONCE, _APART = timedelta(minutes=2), timedelta(minutes=20)
# A login's line names its port, so that no two of a day are the same.
_LOGIN = "Accepted "
# So much is looked at twice at most.
_MOST = 64 << 20
_UTC = ZoneInfo("UTC")

_Logins = Mapping[str, datetime]


def in_utc(raws: Sequence[Raw], context: Context) -> frozenset[str]:
    """Those of a host's files whose times without a zone are in UTC, as its other logs prove."""
    if len(logs_of(raws)) == 1 or sum(raw.size for raw in raws) > _MOST:
        return frozenset()
    told: dict[str, datetime] = {}
    without: dict[str, tuple[Raw, _Logins]] = {}
    for raw in raws:
        log, logins = _logins(raw, context, ZoneInfo(context.zone))
        if log.classic or log.zoneless:
            without[raw.origin] = raw, logins
        else:
            told |= logins
    shared = {origin: raw for origin, (raw, logins) in without.items() if _apart(logins, told)}
    return frozenset(origin for origin, raw in shared.items() if _at_once(_logins(raw, context, _UTC)[1], told))


def written(raw: Raw) -> datetime | None:
    """When a file was last changed, from its version."""
    nanoseconds = raw.version.rpartition(":")[2]
    if not nanoseconds.isdigit():
        return None
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(nanoseconds) // 1000)


def _logins(raw: Raw, context: Context, zone: ZoneInfo) -> tuple[Log, _Logins]:
    """A log that was read to its end, and when it says that each login was; none where it cannot be read."""
    try:
        text = unpacked(b"" if raw.missing or raw.skipped else raw.load())[0]
    except (OSError, ValueError):
        text = b""
    log = Log(text, zone, context.collected_at, written(raw))
    return log, {line.message: line.time for line in log.lines() if line.message.startswith(_LOGIN)}


def _apart(logins: _Logins, told: _Logins) -> bool:
    """Whether they share logins, and tell each of them at another time."""
    both = logins.keys() & told.keys()
    return bool(both) and all(abs(logins[one] - told[one]) > _APART for one in both)


def _at_once(logins: _Logins, told: _Logins) -> bool:
    return all(abs(logins[one] - told[one]) <= _AT_ONCE for one in logins.keys() & told.keys())
