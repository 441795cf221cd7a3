"""What the auditor asks of every forge alike: which role fits, and what no log tells of."""

from abc import abstractmethod
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import ClassVar

from msgspec.structs import replace

from auditor.activity.results import UsedAct
from auditor.config.models import Config
from auditor.evidence.snapshots import Snapshots
from auditor.model.tables import Account, Credential, Grant, Row
from auditor.model.vocabulary import Capability, Category
from auditor.providers.base import StatedProvider
from auditor.providers.fitted import Fitted, Work
from auditor.providers.forge import anybody
from auditor.providers.permitted import Answer, Permitted
from auditor.providers.rights import Rights
from auditor.providers.unseen import Unseen, lost_grants, unlogged


class ForgeProvider(StatedProvider):
    """A forge: what it gives are roles in projects, and of what is done with code its log tells little."""

    FITTING: ClassVar[Sequence[str]] = ()
    """The roles that a fitted grant may be of, from the lowest to the highest, as rows have them."""

    FIT_UNSEEN: ClassVar[tuple[str, ...]] = ()
    """What of somebody's work its log does not show."""

    CODE_UNLOGGED: ClassVar[str] = ""
    """Why no log tells what was done with code."""

    @abstractmethod
    def role_file(self, place: str, role: str, ends: datetime | None) -> tuple[str, str]:
        """The name and the content of the file that gives a role in a project."""

    @abstractmethod
    def role_steps(self, account: str, place: str, name: str, ends: datetime | None) -> Sequence[str]:
        """What a person does with that file."""

    @abstractmethod
    def done_with_code(self, grant: Grant) -> str:
        """What a role lets do with code."""

    def fitted(self, config: Config, rows: Snapshots, work: Work) -> Fitted:
        """In each project the lowest role that refuses nothing that was done, or is not known to allow it.

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
        own = (self.name, work.account)
        fitted = replace(rows, grants=[one for one in rows.grants if (one.provider, one.principal) != own])
        for number, (place, acts) in enumerate(sorted(by_place.items()), 1):
            under = ((one, self._given(fitted, work, place, one)) for one in self.FITTING)
            role = next((one for one, held in under if _suffices(self.permitted(config, held, acts, work.at))), None)
            if role is None:
                left |= dict.fromkeys((act.action, "no role is known to allow it") for act in acts)
                continue
            rights = self.rights(config, self._given(fitted, work, place, role), anybody, work.at)
            gives = _gives(rights, work, place)
            ends = work.ends(gives, acts)
            fitted = self._given(fitted, work, place, role, ends)
            name, text = self.role_file(place, role, ends)
            files[f"{number}-{name}"] = text
            steps += self.role_steps(work.account, place, f"{number}-{name}", ends)
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
            unseen=self.FIT_UNSEEN,
        )

    def _given(self, rows: Snapshots, work: Work, place: str, role: str, ends: datetime | None = None) -> Snapshots:
        """The rows with a role in a project beside them."""
        return replace(rows, grants=[*rows.grants, work.grant(role, place, self.name, expires_at=ends)])

    def unseen(self, rows: Snapshots, after: Snapshots, from_: datetime, at: datetime) -> Iterator[Unseen]:
        """What is done with code."""
        lost = lost_grants(self.name, rows, after)
        yield from unlogged(rows, lost, from_, self.done_with_code, self.CODE_UNLOGGED)

    def places_to_log(self, accounts: Iterable[Account], credentials: Iterable[Credential]) -> Mapping[str, Row]:
        """None: what is logged is of projects, and not of the server or the organisation that accounts are of."""
        return {}


def _gives(rights: Rights, work: Work, place: str) -> frozenset[Capability]:
    own = [path for path in rights.access if (path.account, path.scope.casefold()) == (work.account, place.casefold())]
    return frozenset[Capability]().union(*(path.capabilities for path in own))


def _suffices(answers: Iterable[Permitted]) -> bool:
    return all(one.answer is Answer.ALLOWED for one in answers)
