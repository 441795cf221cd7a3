"""The lowest role of a forge that allows what somebody did in each of its projects."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from msgspec import Struct

from auditor.activity.results import UsedAct
from auditor.config.models import Config
from auditor.evidence.snapshots import Snapshots
from auditor.model.entitlements import IdentityOf
from auditor.model.tables import Grant
from auditor.model.vocabulary import Capability, Category
from auditor.providers.fitted import Fitted, Work
from auditor.providers.forge import anybody
from auditor.providers.permitted import Answer, Permitted
from auditor.providers.rights import Rights


class Forge(Struct, frozen=True):
    """How a forge writes roles.

    Args:
        permits: whether the rights in rows allow acts.
        resolve: what rows come to.
        roles: from the lowest to the highest, as rows have them.
        file: the content of a project's file and its name, by project, role and end.
        steps: what a person does with it: by account, project, the file's name and the end.
    """

    name: str
    permits: Callable[[Config, Snapshots, Sequence[UsedAct], datetime], Sequence[Permitted]]
    resolve: Callable[[Config, Snapshots, IdentityOf, datetime], Rights]
    roles: Sequence[str]
    file: Callable[[str, str, datetime | None], tuple[str, str]]
    steps: Callable[[str, str, str, datetime | None], Sequence[str]]
    unseen: Sequence[str] = ()


def fitted_role(forge: Forge, config: Config, rows: Snapshots, work: Work) -> Fitted:
    """In each project the lowest role with which nothing that was done would be refused, or is not known to be allowed.

    What only reads says nothing of a role, since others may read it as well.
    """
    by_place: defaultdict[str, list[UsedAct]] = defaultdict(list)
    left: dict[tuple[str, str], None] = {}
    for act in work.acts:
        if act.category in (Category.READ, Category.LOGIN):
            left[act.action, "it tells nothing of the role that it took"] = None
        else:
            by_place[act.scope].append(act)
    files: dict[str, str] = {}
    steps, covered = list[str](), list[UsedAct]()
    kept, ending = frozenset[Capability](), frozenset[Capability]()
    fitted = replace(rows, grants=[one for one in rows.grants if not _is_own(forge, one, work)])
    for number, (place, acts) in enumerate(sorted(by_place.items()), 1):
        under = ((one, _given(forge, fitted, work, place, one)) for one in forge.roles)
        role = next((one for one, held in under if _suffices(forge.permits(config, held, acts, work.at))), None)
        if role is None:
            left |= dict.fromkeys((act.action, "no role is known to allow it") for act in acts)
            continue
        rights = forge.resolve(config, _given(forge, fitted, work, place, role), anybody, work.at)
        gives = _gives(rights, work, place)
        ends = work.ends(gives, acts)
        fitted = _given(forge, fitted, work, place, role, ends)
        name, text = forge.file(place, role, ends)
        files[f"{number}-{name}"] = text
        steps += forge.steps(work.account, place, f"{number}-{name}", ends)
        covered += acts
        kept |= gives
        ending |= gives if ends else frozenset()
    return Fitted(
        files=files,
        steps=tuple(steps),
        covered=tuple(covered),
        left=tuple(left),
        rows=fitted if files else None,
        keeps=kept,
        ending=ending,
        drops=work.holds - kept,
        unit="role",
        rights=len(files),
        unseen=tuple(forge.unseen),
    )


def _gives(rights: Rights, work: Work, place: str) -> frozenset[Capability]:
    own = [path for path in rights.access if (path.account, path.scope.casefold()) == (work.account, place.casefold())]
    return frozenset[Capability]().union(*(path.capabilities for path in own))


def _is_own(forge: Forge, grant: Grant, work: Work) -> bool:
    return grant.provider == forge.name and grant.principal == work.account


def _given(forge: Forge, rows: Snapshots, work: Work, place: str, role: str, ends: datetime | None = None) -> Snapshots:
    """The rows with a role in a project beside them."""
    return replace(rows, grants=[*rows.grants, work.grant(role, place, forge.name, expires_at=ends)])


def _suffices(answers: Iterable[Permitted]) -> bool:
    return all(one.answer is Answer.ALLOWED for one in answers)
