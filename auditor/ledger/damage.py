"""A ledger that is damaged costs history, not the night: it is kept aside, and a new one is begun."""

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

_BESIDE = ("", "-wal", "-shm")


def set_aside(path: Path, at: datetime) -> str | None:
    """Move a ledger that is no whole database out of the way, and say so; None where it is whole, or there is none.

    One that cannot be opened for another reason, such as a full disk, stays: it may be whole.
    """
    if not path.exists():
        return None
    try:
        with closing(sqlite3.connect(path)) as database:
            found = database.execute("pragma quick_check(1)").fetchone()[0]
    except sqlite3.OperationalError:
        return None
    except sqlite3.DatabaseError as error:
        found = str(error)
    if found == "ok":
        return None
    kept = path.with_name(f"{path.name}.damaged-{at:%Y%m%dT%H%M%SZ}")
    for ending in _BESIDE:
        beside = path.with_name(path.name + ending)
        if beside.exists():
            beside.replace(kept.with_name(kept.name + ending))
    return (
        f"The ledger {path} is damaged ({found}), and was kept as {kept.name}: this run was judged without earlier "
        "ones, so that every finding counts as new and no decision of a review holds. Put a backup in its place."
    )
