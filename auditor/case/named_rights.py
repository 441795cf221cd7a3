"""Which findings name a right: what is told of it to whoever reviews it, or performs the audit again."""

from collections.abc import Iterable, Iterator

from auditor.model.entitlements import Entitlement
from auditor.model.findings import Finding
from auditor.model.groups import grouped
from auditor.model.handles import identity, read_handle
from auditor.model.strangers import undeclared

_Mark = tuple[str, ...]


class NamedRights:
    """Findings by the rights that they name, in the order in which they are given.

    A finding names a right whose path it states, which it would take away, or whose account it asks about.
    """

    def __init__(self, findings: Iterable[Finding]) -> None:
        given = list(findings)
        self._place = {finding.id: place for place, finding in enumerate(given)}
        self._by_mark = grouped((mark, finding) for finding in given for mark in _named_by(finding))

    def of(self, path: Entitlement) -> list[Finding]:
        """Those that name a path of access."""
        found = {one.id: one for mark in _marks(path) for one in self._by_mark.get(mark, ())}
        return sorted(found.values(), key=lambda one: self._place[one.id])


def _named_by(finding: Finding) -> Iterator[_Mark]:
    yield from (("handle", identity(handle)) for handle in finding.handles if handle)
    if asked := undeclared(finding):
        yield "account", asked
    holder = ("person", finding.person) if finding.person else ("account", finding.account or "")
    for path in finding.facts.get("paths", ()):
        yield "path", str(path), *holder, finding.system or ""


def _marks(path: Entitlement) -> Iterator[_Mark]:
    yield from (("handle", identity(handle)) for handle in map(read_handle, path.handles) if handle)
    yield from (("account", name) for name in (path.account, path.credential) if name)
    for holder in (("person", path.person or ""), ("account", path.account)):
        yield from (("path", path.words, *holder, system) for system in {path.system or "", ""})
