"""Which system a resource belongs to: the most specific match wins."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from auditor.config.models import Config
from auditor.config.systems import UNIQUE, Place, System, unique_id
from auditor.model.entitlements import Entitlement
from auditor.model.globs import glob_regex, is_literal, literal_length, matches
from auditor.model.groups import grouped, only
from auditor.model.written import Patterns

if TYPE_CHECKING:
    import pyarrow as pa

_pattern = Patterns(__package__, "system_names")
_PATTERN = frozenset("*?[]")

_Claim = tuple[Place, str, str]
"""What a system has in a place: the place, the pattern of its names there, the system."""


class Systems:
    """The configured systems, to be asked by resource or by name."""

    def __init__(self, config: Config) -> None:
        found = [(p, name, s.id) for s in config.systems for p in s.resources for name in p.names]
        self._places = sorted(found, key=lambda one: _specificity(one[0].scope, one[1]), reverse=True)
        self._exact: dict[str, list[_Claim]] = {}
        self._patterns: list[_Claim] = []
        for place in self._places:
            if is_literal(place[1]) and is_literal(place[0].scope):
                self._exact.setdefault(place[1], []).append(place)
            else:
                self._patterns.append(place)
        self._near: dict[tuple[str | None, str], list[tuple[re.Pattern[str], str]]] = {}
        self._lying: dict[str, list[_Claim]] = {}
        self._names = {name.casefold(): s.id for s in config.systems for name in (s.name, *s.aliases)}
        self._names |= {s.id.casefold(): s.id for s in config.systems}
        self._alike = grouped((_joined(known), system) for known, system in self._names.items())

    def of(self, provider: str | None, scope: str, resource: str | None) -> str | None:
        """The system of a resource, or None when no system claims it.

        Args:
            provider: as rows name it; None for any.
            scope: account, project or host of the record.
            resource: ARN or name, several with a space between; without one the scope itself is matched.
        """
        text = resource or scope
        names = (text, *text.split(" ")) if " " in text else (text,)
        for name in (*names, *filter(None, map(unique_id, names))):
            for _, _, system in _lying_in(self._exact.get(name, ()), provider, scope):
                return system
        patterns = self._patterns_in(provider, scope)
        return next((system for pattern, system in patterns if any(map(pattern.fullmatch, names))), None)

    def whole_of(self, provider: str, scope: str) -> str | None:
        """The system that has all of an account, project or host, but for what others claim of it."""
        return next((system for _, name, system in self._in(provider, scope) if name == "*"), None)

    def claims_things(self, provider: str, scope: str) -> bool:
        """Whether what belongs to which system has to be told thing by thing there."""
        found = self.of_scope(provider, scope)
        return bool(found) and found != (self.whole_of(provider, scope),)

    def owners(self, provider: str, scope: str, resources: pa.Array) -> pa.Array:
        """`of` for many resources of one place at once, null where it is `whole_of`.

        Args:
            provider: as rows name it.
            scope: account, project or host.
            resources: names, null for acts that name none.
        """
        import pyarrow as pa
        import pyarrow.compute as pc

        alone = pc.and_(pc.is_valid(resources), pc.invert(pc.match_substring(resources, " ")))
        names = pc.if_else(alone, resources, None)
        exact = {name: of[0] for name, all_ in self._exact.items() if (of := self._systems_in(all_, provider, scope))}
        found = pa.nulls(len(names), pa.string())
        if exact:
            ids = pc.struct_field(pc.extract_regex(names, f"^(?s:{UNIQUE.replace('(', '(?P<id>', 1)})$"), "id")
            known, systems = pa.array(exact, pa.string()), pa.array(exact.values(), pa.string())
            for one in (names, ids):
                found = pc.coalesce(found, pc.take(systems, pc.index_in(one, value_set=known)))
        for _, name, system in _lying_in(self._patterns, provider, scope):
            fits = pc.match_substring_regex(names, f"^(?s:{glob_regex(name).pattern})$")
            found = pc.coalesce(found, pc.if_else(pc.fill_null(fits, False), system, None))
        several = pc.indices_nonzero(pc.invert(pc.fill_null(alone, False))).to_pylist()
        told = found.to_pylist() if several else []
        for place in several:
            told[place] = self.of(provider, scope, resources[place].as_py())
        whole = self.whole_of(provider, scope)
        found = pa.array(told, pa.string()) if several else found
        return pc.if_else(pc.equal(found, whole), None, found) if whole else found

    def _systems_in(self, places: Iterable[_Claim], provider: str, scope: str) -> list[str]:
        return [system for _, _, system in _lying_in(places, provider, scope)]

    def named(self, name: str) -> str | None:
        """The system that people call by this id, name or alias; also with words around it, where just one fits.

        Words that leave it out or name another environment of it (`all but shop`, `shop (staging)`) mean another one.
        An account, project or host means the system that has it alone, a bucket or database the one that claims it.
        """
        return self._by_its_name(name) or only(system for _, _, system in self._of_place(name)) or self._of_thing(name)

    def places(self, name: str) -> tuple[tuple[str, str], ...]:
        """The host, project or account that a text names in place of its system, after its provider.

        A range of hosts, such as `web-1..9`, names none of them.
        """
        found = [] if ".." in name or self._by_its_name(name) else self._of_place(name)
        return tuple(dict.fromkeys((place.provider_name, scope) for place, scope, _ in found))

    def _by_its_name(self, name: str) -> str | None:
        text = " ".join(name.split()).casefold()
        texts = dict.fromkeys((text, _pattern("production").sub(" ", text).strip()))
        return next(filter(None, map(self._called, texts)), None)

    def _of_place(self, name: str) -> list[_Claim]:
        """What lies in the one account, project or host that a text names, with its name, where it is one system's.

        Found once for each text: tickets name the same few, and each is asked for more than once.
        """
        if name not in self._lying:
            scope = _pattern("place").sub("", name.strip())
            places = self._places if _PATTERN.isdisjoint(scope) else ()
            found: list[_Claim] = [(place, scope, system) for place, _, system in places if place.has_scope(scope)]
            self._lying[name] = found if only(system for _, _, system in found) else []
        return self._lying[name]

    def _of_thing(self, name: str) -> str | None:
        """The system that claims what a text names, in whichever account: `bucket shop-data`, an ARN, a pattern's name.

        A name alone may be another thing's of somebody else, so that it has to be one that a system claims by itself.
        """
        text = name.strip()
        thing = _pattern("thing").sub("", text)
        if not thing or re.search(r"\s", thing) or _pattern("others").search(thing.casefold().replace("_", " ")):
            return None
        claims = [(pattern, system) for _, pattern, system in self._places if not pattern.startswith("tag:")]
        ends = [(pattern, re.split("[:/]", pattern)[-1], system) for pattern, system in claims]
        # A name of several parts, as an ARN is, is nobody else's.
        if thing == text and ":" not in thing:
            return only(system for pattern, last, system in ends if thing in (pattern, last))
        named = ((one, system) for pattern, last, system in ends for one in (pattern, last) if literal_length(one))
        return next((system for pattern, system in named if matches(pattern, thing)), None)

    def _called(self, text: str) -> str | None:
        if text in self._names:
            return self._names[text]
        if alike := set(self._alike.get(_joined(text), ())):
            return only(alike)
        found = {(known, system) for known, system in self._names.items() if _has_words(text, known)}
        longest = {
            known: s for known, s in found if not any(known != other and _has_words(other, known) for other, _ in found)
        }
        left_out = any(_pattern("others").search(text.replace(known, " ")) for known in longest)
        return longest.popitem()[1] if len(set(longest.values())) == 1 and not left_out else None

    def of_scope(self, provider: str, scope: str) -> tuple[str, ...]:
        """Every system with resources in an account, project or host."""
        return tuple(sorted({system for _, _, system in self._in(provider, scope)}))

    def only_of_scope(self, provider: str, scope: str) -> str | None:
        """The system that an account, project or host is for; None where there are several in it, or none."""
        return only(self.of_scope(provider, scope))

    def _patterns_in(self, provider: str | None, scope: str) -> list[tuple[re.Pattern[str], str]]:
        """The patterns that can claim something in an account, project or host; found once for each."""
        if (provider, scope) not in self._near:
            near = _lying_in(self._patterns, provider, scope)
            self._near[provider, scope] = [(glob_regex(name), system) for _, name, system in near]
        return self._near[provider, scope]

    def _in(self, provider: str | None, scope: str) -> list[_Claim]:
        return _lying_in(self._places, provider, scope)


def in_scope(system: System, scope: str, provider: str | None = None) -> bool:
    """Whether a system has resources in an account, project or host, of any provider where none is named."""
    return any(_lies_in(place, provider, scope) for place in system.resources)


def reaches(path: Entitlement, system: System) -> bool:
    """Whether a path ends at a system, or at all of its account, project or host."""
    return path.system == system.id if path.system else in_scope(system, path.scope, path.provider)


def _lying_in(claims: Iterable[_Claim], provider: str | None, scope: str) -> list[_Claim]:
    """The claims in an account, project or host; by a name that hosts of several domains have, none."""
    found = [one for one in claims if _lies_in(one[0], provider, scope)]
    as_written = [one for one in found if one[0].called(scope) == scope]
    return as_written or (found if len({place.called(scope) for place, _, _ in found}) == 1 else [])


def _lies_in(place: Place, provider: str | None, scope: str) -> bool:
    return provider in (None, place.provider_name) and place.has_scope(scope)


def _specificity(scope: str, name: str) -> tuple[bool, bool, int]:
    """Exact beats wildcard, then more literal text beats less."""
    return is_literal(scope), is_literal(name), literal_length(scope) + literal_length(name)


def _joined(name: str) -> str:
    """A name without what stands between its words: `web shop`, `web-shop` and `webshop` are one."""
    return re.sub(r"[\W_]+", "", name)


def _has_words(text: str, words: str) -> bool:
    """Whether the words stand in the text, whole and together."""
    return words in text and re.search(rf"(?<![\w-]){re.escape(words)}(?![\w-])", text) is not None
