"""Principal access boundaries: which projects somebody's rights may reach at all.

What a boundary blocks depends on its version's list of permissions, and whose it is often on a directory: what it may
keep out of reach hangs on it, and is never simply taken away.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct, field

from auditor.model.details import as_object, as_objects, details, texts
from auditor.model.tables import Policy
from auditor.providers.google.conditions import alternatives
from auditor.providers.google.projects import ProjectTree

_MANAGER = "//cloudresourcemanager.googleapis.com/"
_TYPES = {"user": "iam.googleapis.com/WorkspaceIdentity", "serviceAccount": "iam.googleapis.com/ServiceAccount"}


class _Binding(Struct, frozen=True):
    policy: str
    target: str
    expression: str


class Boundaries(Struct, frozen=True):
    """The boundaries in evidence.

    Args:
        names: whether an account is one of those that a binding is for; None where it is not known.
        reach: the resources that each policy leaves in reach.
        bindings: whom policies are for.
    """

    land: ProjectTree
    names: Callable[[str, str], bool | None]
    reach: Mapping[str, frozenset[str]] = field(default_factory=dict)
    bindings: Sequence[_Binding] = ()

    @classmethod
    def of(
        cls, land: ProjectTree, names: Callable[[str, str], bool | None], policies: Iterable[Policy]
    ) -> "Boundaries":
        """Index the boundaries among these rows."""
        reach: dict[str, frozenset[str]] = {}
        bindings: list[_Binding] = []
        for row in policies:
            document = details(row.document)
            if row.kind == "access-boundary":
                rules = as_objects(document.get("rules"))
                found = (name.removeprefix(_MANAGER) for rule in rules for name in texts(rule.get("resources")))
                reach[row.policy] = frozenset(found)
            elif row.kind == "policy-binding":
                expression = as_object(document.get("condition")).get("expression")
                bindings.append(_Binding(str(document.get("policy")), row.attached_to, str(expression or "")))
        return cls(land, names, reach, bindings)

    def between(self, account: str, project: str) -> str:
        """The boundaries that may keep an account out of a project, by name; empty where none does."""
        mine = dict.fromkeys(one.policy for one in self.bindings if self._is_for(one, account))
        within = frozenset[str]().union(*(self.reach.get(policy, frozenset()) for policy in mine))
        return "" if within.intersection(self._places(project)) else ", ".join(p.rpartition("/")[2] for p in mine)

    def _is_for(self, binding: _Binding, account: str) -> bool:
        kind, _, name = account.partition(":")
        known = {"principal.type": _TYPES[kind], "principal.subject": name} if kind in _TYPES else {}
        return self.names(binding.target, account) is not False and bool(alternatives(binding.expression, known))

    def _places(self, project: str) -> Iterator[str]:
        yield f"projects/{project}"
        if known := self.land.projects.get(project):
            yield f"projects/{known.number}"
            yield from known.ancestors
