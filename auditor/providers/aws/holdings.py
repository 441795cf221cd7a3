"""What one principal of AWS holds on each system by each of its policies, in plain capabilities."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from msgspec import Struct, field
from msgspec.structs import replace

from auditor.config.models import Config
from auditor.config.systems import AwsResource
from auditor.model.groups import grouped
from auditor.model.levels import level_of
from auditor.model.tables import Policy
from auditor.model.vocabulary import EVERYTHING, Capability, Level
from auditor.providers.aws.actions import NONE, Actions, catalogue, expand, union
from auditor.providers.aws.callers import within
from auditor.providers.aws.capabilities import capabilities, mask
from auditor.providers.aws.evaluation import Evaluation, Held
from auditor.providers.aws.iam_calls import iam_calls
from auditor.providers.aws.policy import Limits, given
from auditor.providers.aws.principals import Principal, Source, organisation_of
from auditor.providers.aws.resources import AccountResources
from auditor.providers.aws.tags import tagged_in
from auditor.providers.aws.things import Things, tagging, things_in


class Right(Struct, frozen=True):
    """What a policy gives on one system for one stretch of time under one set of conditions.

    Args:
        system: None where it is unrestricted on the whole account.
        through: the most telling resource pattern that gives it; None where that is `*`.
        actions: those that make it what it is: the changing ones, where it can change anything.
    """

    system: str | None
    capabilities: frozenset[Capability]
    level: Level
    ends: datetime | None
    facts: tuple[str, ...]
    through: str | None = None
    actions: Actions = NONE


class Holdings(Struct):
    """Rights by policy, worked out once for all principals that hold the policy under the same limits.

    Args:
        asked: the only system whose rights are worked out, beside those to everything; None for all.
        policies: rows that tell which resources have which tags, among others.
    """

    config: Config
    at: datetime
    asked: str | None = None
    policies: Sequence[Policy] = ()
    _evaluations: dict[tuple[str, Actions], Evaluation] = field(default_factory=dict)
    _things: dict[str, Mapping[str, Things]] = field(default_factory=dict)
    _seen: dict[tuple[object, ...], tuple[Right, ...]] = field(default_factory=dict)

    def of(self, principal: Principal, source: Source) -> tuple[Right, ...]:
        """The rights that one of a principal's policies gives it, one for each system, end and set of conditions."""
        limits = principal.limits_of(source)
        evaluation = self._evaluation(principal, source.account or principal.row.scope)
        key = (
            id(evaluation),
            source.statements,
            limits.denies,
            limits.boundary,
            limits.organisation,
            limits.closed,
        )
        if key not in self._seen:
            self._seen[key] = tuple(self._rights(evaluation, limits, source))
        return self._seen[key]

    def _rights(self, evaluation: Evaluation, limits: Limits, source: Source) -> Iterator[Right]:
        here = within(evaluation.land.account, organisation_of(self.policies, evaluation.land.account))
        statements, limits = given(source.statements, here), limits.given(here)
        everything = unrestricted(evaluation.held(statements, limits, None), fenced=limits.boundary is not None)
        if everything:
            yield everything
        if everything and everything.ends is None:
            return
        systems = evaluation.land.systems
        for system in systems if self.asked is None else systems.keys() & {self.asked}:
            for right in _by_end(system, evaluation.held(statements, limits, system)):
                if not everything or _lasts_longer(right.ends, everything.ends):
                    yield right

    def _evaluation(self, principal: Principal, scope: str) -> Evaluation:
        systems = systems_in(self.config, scope)
        if scope not in self._things:
            self._things[scope] = things_in(systems, tagged_in(self.policies, scope))
        things = self._things[scope]
        open_ = tagging(principal) if things else NONE
        if (scope, open_) not in self._evaluations:
            land = AccountResources(principal.arn.split(":")[1], scope, systems)
            known = {system: replace(one, open=open_) for system, one in things.items()}
            self._evaluations[scope, open_] = Evaluation(land, self.at, known)
        return self._evaluations[scope, open_]


def systems_in(config: Config, account: str) -> Mapping[str, tuple[str, ...]]:
    """The name patterns of every system with resources in an AWS account, by system."""
    found: dict[str, tuple[str, ...]] = {}
    for system, resource in config.resources_of(AwsResource):
        if resource.account == account:
            found[system] = (*found.get(system, ()), *resource.match)
    return found


def unrestricted(whole: Iterable[Held], *, fenced: bool) -> Right | None:
    """The longest lasting right to everything, or to what is as good as everything: under a boundary that is not."""
    best: Held | None = None
    # Whoever may give any right to anybody can give themselves everything.
    enough = NONE if fenced else union(map(expand, iam_calls().all_giving))
    for held in whole:
        if not held.narrow and (held.actions & enough or held.actions == catalogue().everything):
            best = held if best is None else _better(best, held)
    if best is None:
        return None
    return Right(None, EVERYTHING, Level.ADMIN, best.ends, best.facts, actions=best.actions)


def _by_end(system: str, rights: Iterable[Held]) -> Iterator[Right]:
    """Each capability with its best end and conditions; those that share both make one right."""
    best: dict[Capability, Held] = {}
    for held in rights:
        for capability in capabilities(held.actions):
            best[capability] = _better(best[capability], held) if capability in best else held
    groups = grouped(((held.ends, held.facts, held.narrow), capability) for capability, held in best.items())
    for (ends, facts, narrow), group in groups.items():
        level = level_of(frozenset(group))
        # Managing access under a boundary is not managing all access.
        level = Level.WRITE if narrow and level is Level.ADMIN else level
        through = max((best[capability].through for capability in group), key=lambda text: len(text.rstrip("*")))
        telling = [c for c in group if c.changes] or group
        actions = union(best[c].actions & mask(c) for c in telling)
        yield Right(system, frozenset(group), level, ends, facts, through if through.strip("*") else None, actions)


def _better(one: Held, other: Held) -> Held:
    """The one that lasts longer; then the one that asks for less."""
    return max(one, other, key=_worth)


def _worth(held: Held) -> tuple[float, bool, int]:
    return (held.ends.timestamp() if held.ends else float("inf"), not held.narrow, -len(held.facts))


def _lasts_longer(one: datetime | None, other: datetime | None) -> bool:
    return other is not None and (one is None or one > other)
