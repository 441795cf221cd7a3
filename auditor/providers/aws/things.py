"""What is known beforehand of requests about a system's things: their tags, where those were read, and regions."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from msgspec import Struct
from msgspec.structs import replace

from auditor.model.globs import is_literal, matches
from auditor.providers.aws.actions import NONE, Actions, catalogue, expand, services_of, types_of, union
from auditor.providers.aws.callers import Caller, is_of_things
from auditor.providers.aws.policy import Statement
from auditor.providers.aws.principals import Principal
from auditor.providers.aws.tags import names_of

_REGION = "aws:requestedregion"
_ARN_REGION = re.compile(r"arn:[^:]*:[^:]*:(?P<region>[a-z]+(?:-[a-z]+)+-\d+):")


class Thing(Struct, frozen=True):
    """What is known of requests about one thing, and the actions that are about things of its kind."""

    known: Caller
    actions: Actions


class Things(Struct, frozen=True):
    """The things of a system that are known.

    Args:
        whole: whether the system has no others.
        other: what is known of requests about others: they have no tags, or they would have been told.
        open: the actions of services whose things whoever asks may tag anew: whatever a thing is tagged with now, it
            may not be by then.
    """

    known: tuple[Thing, ...]
    whole: bool
    other: Caller
    open: Actions = NONE

    def allowed(self, statement: Statement) -> Iterator[Statement]:
        """What an Allow comes to: nothing where no thing meets its conditions, and less where few do."""
        if not _asks(statement):
            yield statement
            return
        met = [(thing, found) for thing in self.known if (found := statement.given(thing.known))]
        if not self.whole and statement.given(self.other):
            yield statement
        elif self.whole and len(met) == len(self.known):
            yield from {found.clauses: found for _, found in met}.values()
        elif actions := statement.actions & (self.open | union(thing.actions for thing, _ in met)):
            yield replace(statement, actions=actions)

    def denied(self, statement: Statement) -> Statement | None:
        """What a Deny comes to: None where it is about none of them; without the conditions that each meets."""
        if not _asks(statement):
            return statement
        asked = [thing.known for thing in self.known] + ([] if self.whole else [self.other])
        found = [statement.given(one) for one in asked]
        if not any(found):
            return None
        same = {one.clauses for one in found if one}
        return found[0] if all(found) and len(same) == 1 else statement


def things_in(systems: Mapping[str, Sequence[str]], tagged: Mapping[str, Mapping[str, str]]) -> dict[str, Things]:
    """What is known of the things of an account's systems.

    Args:
        systems: name patterns by system.
        tagged: tags by ARN, of all things of the account that have any; empty where they were not read.
    """
    tags = {arn: {key.lower(): value for key, value in one.items()} for arn, one in tagged.items()}
    found = {system: _things(globs, tags) for system, globs in systems.items()}
    return {system: things for system, things in found.items() if things.known}


def tagging(principal: Principal) -> Actions:
    """The actions of the services whose things a principal may tag, whatever tags those have."""
    given = (one for source in principal.sources for one in source.statements if one.allow and not _asks(one))
    services = services_of(union(one.actions for one in given) & _tagging())
    # Systems Manager asks for the tags of EC2's machines.
    return union(expand(f"{service}:*") for service in services | ({"ssm"} if "ec2" in services else set()))


@cache
def _tagging() -> Actions:
    levels = enumerate(catalogue().levels)
    return union(1 << number for number, level in levels if level == "Tagging")


def _things(globs: Sequence[str], tagged: Mapping[str, Mapping[str, str]]) -> Things:
    listed, wide = set(filter(is_literal, globs)), [glob for glob in globs if not is_literal(glob)]
    own = [arn for arn in tagged if arn in listed or any(matches(glob, arn) for glob in wide)]
    regions = set(map(_region, globs))
    named = {name for arn in own for name in names_of(arn)}
    whole = bool(own) and named.issuperset(globs)
    kinds: defaultdict[tuple[str | None, tuple[tuple[str, str], ...]], Actions] = defaultdict(lambda: NONE)
    for arn in own:
        region = _region(arn) if whole or None not in regions else None
        kinds[region, tuple(sorted(tagged[arn].items()))] |= _actions(arn)
    known = [Thing(_known(region, dict(tags)), actions) for (region, tags), actions in kinds.items()]
    if not own and None not in regions:
        known = [Thing(_known(region, None), catalogue().everything) for region in regions]
        whole = True
    return Things(tuple(known), whole, _known(regions.pop() if len(regions) == 1 else None, {}))


def _known(region: str | None, tags: Mapping[str, str] | None) -> Caller:
    return Caller({_REGION: region} if region else {}, resource_tags=tags)


def _region(glob: str) -> str | None:
    """The region that an ARN's pattern names; None where it tells none."""
    named = _ARN_REGION.match(glob)
    return named["region"] if named else None


def _actions(arn: str) -> Actions:
    """The actions that are about things of a kind; of a kind that is not known, any."""
    return union(kind.actions for kind in types_of(arn)) or catalogue().everything


def _asks(statement: Statement) -> bool:
    return any(clause.key.lower() == _REGION or is_of_things(clause.key) for clause in statement.clauses)
