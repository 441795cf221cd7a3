"""Why a service said no, or could not be asked, as sentences that tell a person what to do; refusals.yaml has them."""

from functools import cache, partial

from msgspec import Struct

from auditor.errors import SourceError
from auditor.model.written import written


class _Sentences(Struct, frozen=True):
    what: str
    means: str = "What stands there was not read."
    do: str = ""


_table = cache(partial(written, __package__, "refusals", dict[str, dict[str, _Sentences]]))


def refusal(service: str, kind: str, /, *, transient: bool = False, **told: object) -> SourceError:
    """The error for one kind of refusal.

    Args:
        service: whose: aws, google, or forge for those of tickets and code.
        kind: as refusals.yaml names it.
        transient: it may succeed when it is tried again.
        told: what its sentences name.
    """
    found = _table()[service][kind]
    return SourceError(found.what.format(**told), means=found.means, do=found.do.format(**told), transient=transient)
