"""What a source has read: its next run reads what is not among that, or changed since."""

from auditor.evidence.store import Store
from auditor.model.tables import ReadObject
from auditor.model.written import statement

_EVERYTHING = "SELECT origin, version FROM stored ORDER BY part_number, row_number"


def seen(store: Store, source: str, days_again: int | None = None) -> dict[str, str]:
    """The objects that a source has read, and the version of each that it read last.

    Where folders of days are listed from so many days before the newest on, no older ones; all if that is None.
    """
    parts = store.parts(ReadObject, sources=[source])
    if days_again is None:
        return dict(store.ask(ReadObject, parts, _EVERYTHING))
    return dict(store.ask(ReadObject, parts, statement(__package__, "late_objects"), again=days_again))
