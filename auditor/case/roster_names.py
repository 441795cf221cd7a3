"""What people of the roster are called, in full, in part and at forges, and whom a slip of the pen may mean."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from functools import cached_property

from auditor.config.roster import Person
from auditor.model.groups import distinct, grouped, only
from auditor.model.person_names import folded, name_words

_SHORTEST = 3
"""Letters that a word has to have to be like another."""


class RosterNames:
    """The names of people, to be asked by name or by roster id."""

    def __init__(self, people: Iterable[Person]) -> None:
        self._people = {person.id: person for person in people}
        self._full = {person.id: name_words(person.name) for person in self._people.values()}
        self._found_alike: dict[str, frozenset[str]] = {}

    def of(self, person: str) -> tuple[str, ...]:
        """What people call somebody, folded: by id, e-mail, full name, or a part of it that nobody else has."""
        return self._names[person]

    def in_full(self, text: str) -> str | None:
        """Whoever is called so, also with the family name first or as an initial; None where several are."""
        name = name_words(text)
        return only(self._in_full.get(tuple(sorted(name)), set()) | self._with_initial.get(name, set()))

    def in_part(self, text: str) -> set[str]:
        """Those whose given or family name this is."""
        return set(self._by_part.get(name_words(text), ()))

    def with_middle_names(self, text: str) -> set[str]:
        """Those with that first and last name, where the roster has others between them; or an initial stands there."""
        name = name_words(text)
        if len(name) < 2 or any(len(word) > 1 for word in name[1:-1]):  # noqa: PLR2004 - a first and a last name
            return set()
        return set(self._by_ends.get((name[0], name[-1]), ()))

    def of_login(self, login: str) -> set[str]:
        """Those who are called so at forges and trackers."""
        return set(self._logins.get(login.casefold(), ()))

    def like(self, some: Iterable[str]) -> frozenset[str]:
        """Those of whose names a word is much like one of these, or begins like it: whom a slip of the pen may mean."""
        return frozenset().union(*(self._alike(folded(word)) for word in some))

    def _alike(self, word: str) -> frozenset[str]:
        """Those of whose names a word is much like this one; the same few words stand in many tickets."""
        if word not in self._found_alike:
            long = [known for known in self._by_word if min(len(word), len(known)) >= _SHORTEST]
            close = {*get_close_matches(word, long, n=len(long) or 1), *({word} & self._by_word.keys())}
            close.update(known for known in long if known.startswith(word) or word.startswith(known))
            self._found_alike[word] = frozenset(person for known in close for person in self._by_word[known])
        return self._found_alike[word]

    @cached_property
    def _names(self) -> Mapping[str, tuple[str, ...]]:
        holders = Counter(word for name in self._full.values() for word in set(name))
        found: dict[str, tuple[str, ...]] = {}
        for person in self._people.values():
            parts = [word for word in self._full[person.id] if holders[word] == 1 and len(word) > 1]
            every = (*(folded(name) for name in (person.id, person.email, person.name) if name), *parts)
            found[person.id] = tuple(dict.fromkeys(every))
        return found

    @cached_property
    def _several_words(self) -> Sequence[tuple[str, tuple[str, ...]]]:
        """People with the words of their full name; a single name is no full one."""
        return [(person, name) for person, name in self._full.items() if len(name) > 1]

    @cached_property
    def _by_ends(self) -> Mapping[tuple[str, str], Sequence[str]]:
        """People by the first and the last word of their full name."""
        return grouped(((name[0], name[-1]), person) for person, name in self._several_words)

    @cached_property
    def _in_full(self) -> Mapping[tuple[str, ...], set[str]]:
        """People by the words of their full name, in the words' own order."""
        return distinct((tuple(sorted(name)), person) for person, name in self._several_words)

    @cached_property
    def _with_initial(self) -> Mapping[tuple[str, ...], set[str]]:
        """People by their full name with an initial for its first or last word."""
        return distinct(
            (one, person)
            for person, name in self._several_words
            for one in ((name[0][0], *name[1:]), (*name[:-1], name[-1][0]))
        )

    @cached_property
    def _by_part(self) -> Mapping[tuple[str, ...], set[str]]:
        """People by the first words, and by the last words, of their names."""
        return distinct(
            (part, person)
            for person, own in self._full.items()
            for length in (range(1, max(len(own), 2)) if own else ())
            for part in (own[:length], own[-length:])
        )

    @cached_property
    def _logins(self) -> Mapping[str, set[str]]:
        """People by what they are called at forges and trackers: `nina-a` of gitlab:nina-a."""
        known = ((account.partition(":"), one.id) for one in self._people.values() for account in one.accounts)
        named = ((login.casefold(), who) for (home, _, login), who in known if home not in ("arn", "ssh-key"))
        return distinct((login, who) for login, who in named if login)

    @cached_property
    def _by_word(self) -> Mapping[str, set[str]]:
        """People by every word, and the initials, of what they are called."""
        found: defaultdict[str, set[str]] = defaultdict(set)
        for person in self._people.values():
            name = self._full[person.id]
            own = name_words(f"{person.id} {(person.email or '').partition('@')[0]}")
            for word in (*name, *own, "".join(part[0] for part in name)):
                found[word].add(person.id)
        for login, people in self._logins.items():
            for word in name_words(login.partition("@")[0]):
                found[word] |= people
        return found
