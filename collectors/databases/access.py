"""Answers of a database server about who may do what in it: live, or saved, as lines of JSON."""

import json
import os
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, ClassVar, Generic, TypeVar

import msgspec

from auditor.config.sources.databases import DatabaseLogin
from auditor.model.handles import write_handle
from auditor.model.levels import level_of
from auditor.model.tables import Account, Credential, Grant, Membership, Policy
from auditor.model.vocabulary import Capability
from collectors.base import Batch, Normalised, Raw, Snapshot, answer, as_text
from collectors.log_files import walk
from collectors.packing import utf8
from collectors.problems import Problems
from collectors.reading import Origin, Reading, Record, Stamp
from collectors.refusals import refusal
from collectors.rows import Rows, policy

S = TypeVar("S", bound=DatabaseLogin)


class DatabaseAccess(Snapshot[S], Generic[S], frozen=True):
    """Reads a server's answers, or those that were saved of it."""

    PROVIDER: ClassVar[str]
    SHAPES: ClassVar[Mapping[str, Any]]

    @staticmethod
    def quote(data: bytes, record: int) -> str:
        """A line as the server answered it."""
        return next((line for number, line in enumerate(_lines(data)) if number == record), "")

    def raws(self) -> Iterator[Raw]:
        """A server's answers, or the files that were saved of it.

        Raises:
            SourceError: the server cannot be asked, or there is no such file.
        """
        if not self.source.path:
            yield from self.asked()
            return
        yield from walk(self.source.name, self.source.path, self.context)

    @abstractmethod
    def asked(self) -> Iterator[Raw]:
        """The answers of the server; raises SourceError."""

    def normalise(self, batch: Batch) -> Normalised:
        """Accounts, memberships, grants, policies and credentials."""
        reading, problems = Reading(self.source.name, self.context), Problems()
        said = Said(self.SHAPES)
        for raw in batch:
            problems.include(reading.read(raw, said.take).problems)
        for why in said.refused:
            if not self.is_usual(why, said):
                problems.note(why)
        remark = None
        if said.of("server"):
            remark = self.told(said, reading, problems)
        elif not problems:
            problems.note("it does not say which server it is of: the first query was not answered")
        failed = not reading.rows(Account)
        reading.cover(self.source.instance, problems, failed=failed, remark=remark)
        return reading.normalised()

    def is_usual(self, refused: str, said: "Said") -> bool:
        """Whether a server of its kind refuses that to everybody, so that nothing is missing."""
        del refused, said
        return False

    @abstractmethod
    def told(self, said: "Said", reading: Reading, problems: Problems) -> str | None:
        """Rows of what was said into `reading`, and what is worth saying and no problem."""

    def server(self, at: Stamp, document: Mapping[str, Any]) -> Policy:
        """What holds for the whole server."""
        place = f"{self.PROVIDER}:{self.source.instance}"
        return policy(at, place, "server", self.source.instance, document)

    def account(self, at: Stamp, name: str, kind: str, **told: Any) -> Account:
        """A login or a role, with further columns of `Account`."""
        return Rows(self.PROVIDER).account(at, self.named(name), kind, name, self.source.instance, **told)

    def login(self, at: Stamp, name: str, kind: str, **told: Any) -> Credential:
        """What it signs in with, with further columns of `Credential`."""
        account, where = self.named(name), self.source.instance
        return Rows(self.PROVIDER).credential(at, f"password:{account}", kind, account, resource=where, **told)

    def stated(
        self, at: Stamp, to: str, role: str, resource: str, held: Iterable[Capability], handle: str | None = None
    ) -> Grant:
        """A right with what it allows."""
        allowed = frozenset(held)
        level = level_of(allowed) if allowed else None
        told = {"capabilities": tuple(sorted(allowed)), "level": level, "handle": handle}
        return Rows(self.PROVIDER).grant(at, self.named(to), role, resource, **told)

    def member(self, at: Stamp, role: str, member: str, **options: bool) -> Membership:
        """Who belongs to a role, and how."""
        return Membership(**at, group=self.named(role), member=self.named(member), condition=json.dumps(options))

    def named(self, name: str) -> str:
        """An account of the server as rows write it."""
        return f"{self.PROVIDER}:{name}@{self.source.instance}"

    def handle(self, kind: str, **what: str | None) -> str:
        """What a revocation needs."""
        return write_handle(self.PROVIDER, kind, self.source.instance, **what)


class Said:
    """The records of all answers by their part; `refused` says why others were not given."""

    def __init__(self, shapes: Mapping[str, Any]) -> None:
        self._shapes = shapes
        self.refused: list[str] = []
        self._records: dict[str, dict[str, Record[Any]]] = {}

    def of(self, part: str) -> list[Record[Any]]:
        """The records of a part, each once: what is the server's own is answered in every database."""
        return list(self._records.get(part, {}).values())

    def take(self, origin: Origin) -> None:
        """The records of an answer or file; those that are not as they should be are counted and explained."""
        for number, line in enumerate(_lines(origin.content())):
            try:
                part = msgspec.json.decode(line, type=_Part).part
                if part == "refused":
                    self.refused.append(msgspec.json.decode(line, type=_Refused).why)
                elif part in self._shapes:
                    value = msgspec.json.decode(line, type=self._shapes[part], strict=False)
                    self._records.setdefault(part, {}).setdefault(line, Record(origin.at(number), value))
            except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
                origin.problems.reject(f"a line is not as it should be: {error}", f"line {number + 1}")


class _Part(msgspec.Struct):
    part: str


class _Refused(msgspec.Struct):
    why: str


def _lines(data: bytes) -> Iterator[str]:
    return (line for line in as_text(utf8(data)).split("\n") if line.strip())


def answers(origin: str, statements: str, ask: Callable[[str], Iterable[str]], refused: type[Exception]) -> Raw:
    """What a database answers to each statement, a line a row; a line that says why, where one is refused."""
    lines: list[str] = []
    for one in statements.split(";\n"):
        if not one.strip():
            continue
        try:
            lines += ask(one)
        except refused as error:
            why = " ".join(str(error).split())
            lines.append(msgspec.json.encode({"part": "refused", "why": why}).decode())
    return answer(origin, "\n".join(lines).encode("utf-8", "backslashreplace"))


def password(source: DatabaseLogin) -> dict[str, str]:
    """The password that the source's variable holds; nothing where it names none, and the client looks by itself.

    Raises:
        SourceError: the variable is not set.
    """
    if not source.password_env:
        return {}
    value = os.environ.get(source.password_env)
    if not value:
        raise refusal("database", "no password", name=source.name, variable=source.password_env)
    return {"password": value}
