"""The rights of IAM that a call takes, by what CloudTrail calls it: most are named like it, some are not."""

from dataclasses import dataclass
from functools import cache, lru_cache, partial

from auditor.model.globs import matches
from auditor.model.written import written
from auditor.providers.aws.actions import expand


@dataclass(frozen=True, slots=True)
class _Line:
    calls: str
    needs: str | None


@dataclass(frozen=True, slots=True)
class _Table:
    """called.yaml."""

    needs: list[_Line]


_table = cache(partial(written, __package__, "called", _Table))


@lru_cache(maxsize=8192)
def rights_for(call: str) -> tuple[str, ...] | None:
    """The actions of IAM that a call takes, none where it takes none; None where they are not known.

    Args:
        call: as rows of activity name it (`s3:ListObjects`).
    """
    for line in _table().needs:
        if any(matches(pattern, call) for pattern in line.calls.split()):
            return tuple((line.needs or "").split())
    return (call,) if expand(call) else None
