"""The answers of a forge's API on access: records by what they are and by the place that they are about."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from auditor.model.handles import write_handle
from auditor.model.tables import Credential, Policy
from collectors.answers import NOT_IN_PLAN, Times, listed
from collectors.base import Batch
from collectors.problems import Problems
from collectors.public_keys import public_key
from collectors.reading import Origin, Reading, Record, Stamp, shaped
from collectors.rows import Rows, policy


class Answers(Rows):
    """What the batch of a snapshot holds. An answer that comes twice does no harm.

    Origins are written `<forge>:<place>#<list>/page-0001`.

    Args:
        forge: how origins begin.
        url: the server's address.
        shapes: what the records of each part look like.
    """

    def __init__(self, forge: str, url: str, shapes: Mapping[str, Any], reading: Reading, batch: Batch) -> None:
        super().__init__(forge)
        self.url = url
        self.problems = Problems()
        self.times = Times(self.problems)
        self._shapes, self._reading = shapes, reading
        self._records: defaultdict[str, dict[str, list[Record[Any]]]] = defaultdict(dict)
        self._incomplete: set[str] = set()
        self.not_in_plan: set[str] = set()
        for raw in batch:
            origin = reading.read(raw, self._take)
            self.problems.include(origin.problems)
            if origin.problems:
                self._incomplete.add(self._list(origin))

    def _list(self, origin: Origin) -> str:
        return origin.raw.origin.removeprefix(f"{self.provider}:").partition("/page-")[0]

    def _take(self, origin: Origin) -> None:
        part, owner = origin.raw.part, self._list(origin).partition("#")[0]
        if part == NOT_IN_PLAN:
            self.not_in_plan.add(self._list(origin))
            return
        kept = self._records[part].setdefault(owner, [])
        records = shaped(listed(origin.data), self._shapes[part], origin.problems, origin.raw.origin)
        kept += [Record(origin.at(number), value) for number, value in records]

    def of(self, part: str, owner: str) -> list[Record[Any]]:
        """The records of a part about a place."""
        return self._records[part].get(owner, [])

    def owners(self, part: str) -> list[str]:
        """The places of which there is such a part."""
        return list(self._records[part])

    def all(self, part: str) -> Iterator[tuple[str, Record[Any]]]:
        """The records of a part, each with the place that it is about."""
        return ((owner, record) for owner, records in self._records[part].items() for record in records)

    def first(self, part: str) -> dict[str, Record[Any]]:
        """The places themselves, by their path."""
        return {owner: records[0] for owner, records in self._records[part].items() if records}

    def whole(self, part: str, owner: str, name: str) -> bool:
        """Whether a list, `name` in its address, was read to its end, or is none that the plan has."""
        if f"{owner}#{name}" in self.not_in_plan:
            return True
        return owner in self._records[part] and f"{owner}#{name}" not in self._incomplete

    def handle(self, kind: str, **what: str | None) -> str:
        """What a revocation needs."""
        return write_handle(self.provider, kind, self.url, **what)

    def fingerprint(self, key: str, where: str) -> str | None:
        """An SSH key as credentials are written; None where it is no key, which is said."""
        try:
            return f"ssh-key:{public_key(key)[0]}"
        except ValueError:
            self.problems.note("an SSH key has no fingerprint", where)
            return None

    def credential(
        self, at: Stamp, credential: str, kind: str, account: str, one: Any = None, **told: Any
    ) -> Credential:
        """What opens an account, with the times that its record `one` tells, and further columns of `Credential`."""
        never = getattr(one, "last_used_at", "") is None
        told |= {"never_used": never, **self.lived(one, account)}
        return super().credential(at, credential, kind, account, **told)

    def lived(self, one: Any, account: str) -> dict[str, datetime | None]:
        """When something was made, ends and was last used, as far as its record tells."""
        told = {name: getattr(one, name, None) for name in ("created_at", "expires_at", "last_used_at")}
        return {name: self.times.read(text, name, account) for name, text in told.items() if isinstance(text, str)}

    def policy(self, record: Record[Any], place: str, type_: str, name: str, document: Mapping[str, Any]) -> Policy:
        """What protects something of a place; `name` is the type where there is one of it."""
        named = f"{self.provider}:{place}#{type_}" + ("" if type_ == name else f":{name}")
        return policy(record.at, named, "role-definition", place, {"type": type_, **document}, name)

    def cover(self, scope: str, named: Iterable[tuple[str, str]], remark: str | None) -> None:
        """The line of coverage.

        Args:
            scope: what was looked at.
            named: places as they were asked for, each with what it is called now.
            remark: what is worth saying and is no problem.
        """
        for asked, called in named:
            if called.casefold() != asked.casefold():
                self.problems.note(f"{asked} is called {called} now; correct it in auditor.yaml")
        failed = not len(self._reading) and bool(self.problems)
        window = (None, self._reading.context.collected_at)
        self._reading.cover(scope, self.problems, window=window, failed=failed, remark=remark)
