"""What runs code as a role in AWS, and which calls let somebody decide what it runs."""

from functools import cache, cached_property, partial

from msgspec import Struct

from auditor.model.written import written


class Code(Struct, frozen=True):
    """What runs code as a role, and the calls by which somebody decides what all of its kind run."""

    kind: str
    service: str
    resource: str
    calls: str


class Runners(Struct, frozen=True, dict=True):
    """runners.yaml."""

    passed: dict[str, list[str]]
    code: list[Code]

    @cached_property
    def passing(self) -> list[tuple[str, tuple[str, ...]]]:
        """Each service that acts as a role passed to it, with calls that together make it do so."""
        return [(service, tuple(calls.split())) for service, each in self.passed.items() for calls in each]

    @cached_property
    def deciding(self) -> list[tuple[str, Code]]:
        """Each call by which somebody decides what is run, with what runs it."""
        return [(call, code) for code in self.code for call in code.calls.split()]


runners = cache(partial(written, __package__, "runners", Runners))
