"""The calls of IAM by which somebody gets more than they were given."""

from collections.abc import Mapping
from functools import cache, cached_property, partial
from itertools import chain

from msgspec import Struct

from auditor.model.written import written


class IamCalls(Struct, frozen=True, dict=True):
    """iam_calls.yaml, by what a call is on."""

    becoming: Mapping[str, Mapping[str, str]]
    giving: Mapping[str, tuple[str, ...]]
    unfencing: Mapping[str, tuple[str, ...]]
    making: tuple[tuple[str, tuple[str, ...]], ...]

    @cached_property
    def all_becoming(self) -> tuple[str, ...]:
        """Those by which somebody becomes somebody else, whoever it is."""
        return tuple(chain.from_iterable(self.becoming.values()))

    @cached_property
    def all_giving(self) -> tuple[str, ...]:
        """Those that give any right, whatever they are on."""
        return tuple(chain.from_iterable(self.giving.values()))


iam_calls = cache(partial(written, __package__, "iam_calls", IamCalls))
