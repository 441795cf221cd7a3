"""Who was on duty when: as rotas tell it, and where none is read of a system, as auditor.yaml has it."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from itertools import chain
from operator import attrgetter

from msgspec import Struct

from auditor.case.people import People
from auditor.config.models import Config
from auditor.config.systems import System
from auditor.evidence.store import Store
from auditor.model.groups import grouped
from auditor.model.tables import Duty
from auditor.model.vocabulary import CoverageStatus
from auditor.model.written import words_of

_BETWEEN = re.compile(
    r"\s+[-\u2013\u2014|/]\s+|[:;,|()\[\]]|\s+(?:and|und|&|\+)\s+"
    r"|\b(?:is\s+)?on[\s-]?(?:call|duty)\b|\b(?:ruf)?bereitschaft\b|\b(?:astreinte|guardia)\b",
    re.IGNORECASE,
)
"""Between the names of a title. "for" is not: one is on call for a system, or for whoever they stand in for."""

_WORD = re.compile(r"[^\W\d_]{2,}")
_said = words_of(__package__, "words")
_ON_DUTY = re.compile(r"\bon[\s-]?(?:call|duty)\b", re.IGNORECASE)
_OUT_OF_OFFICE = re.compile(r"\b(?:out of (?:the )?office|days? off|off duty|not on[ -](?:call|duty))\b", re.IGNORECASE)
"""Words of titles by which somebody is not there, as several."""

_LEARNING = re.compile(r"[^,;|()\[\]]*\b(?:reverse[ -])?shadow(?:s|ing|ed)?\b[^,;|()\[\]]*", re.IGNORECASE)
"""What a title says of whoever only looks on."""


class OnDuty(Struct, frozen=True):
    """Those on duty, by roster id. `doubt` says why others may have been; `rota`, whether one is read of the system."""

    people: tuple[str, ...] = ()
    doubt: str = ""
    rota: bool = True


class Duties:
    """The rotas, to be asked by system and time.

    Args:
        config: the configuration; `on_duty` of a system stands in where no rota is for it.
        people: whom entries name: an address, an id or a whole name, and nothing like it.
        rows: what the rotas told when they were read last.
        read: when each of them was.
        partly: those of which only a part could be read then.
    """

    def __init__(
        self,
        config: Config,
        people: People | None = None,
        rows: Iterable[Duty] = (),
        read: Mapping[str, datetime] | None = None,
        partly: Collection[str] = (),
    ) -> None:
        self._people, self._read, self._partly = people or People(config), read or {}, partly
        rotas = config.feeding(Duty.TABLE)
        self._rotas = grouped((system, one.name) for one in rotas for system in getattr(one, "covers", ()))
        self._rows = grouped((row.system, row) for row in rows)
        self._known: dict[tuple[object, ...], tuple[frozenset[str], bool]] = {}
        self._words: dict[tuple[str, str], frozenset[str]] = {}

    def on(self, system: System, first: datetime, last: datetime | None = None) -> OnDuty:
        """Who was on duty for a system at a moment, or at any time until another."""
        last, rotas = last or first, self._rotas.get(system.id)
        if not rotas:
            return OnDuty(system.on_duty, "" if system.on_duty else "nobody is named in on_duty", rota=False)
        people: dict[str, None] = {}
        doubts = [f"{rota} does not tell of {first:%Y-%m-%d}" for rota in rotas if not self._reaches(rota, first, last)]
        doubts += [f"{rota} was read in part" for rota in rotas if rota in self._partly]
        for row in self._rows.get(system.id, ()):
            if row.starts_at <= last and first < row.ends_at:
                known, whole = self._named(row)
                people.update(dict.fromkeys(sorted(known)))
                if not whole:
                    who = row.title if not row.names else ", ".join(row.names)
                    doubts.append(f"{row.source} names {who or 'nobody'}, whom nobody knows")
        return OnDuty(tuple(people), "; ".join(dict.fromkeys(doubts)))

    def _reaches(self, rota: str, first: datetime, last: datetime) -> bool:
        read = self._read.get(rota)
        return read is not None and read - Duty.BACK <= first and last <= read + Duty.AHEAD

    def _named(self, row: Duty) -> tuple[frozenset[str], bool]:
        """Those whom an entry names, and whether all are known: whoever is invited, else its title or its maker.

        Whoever made an entry whose title may name somebody else may be on duty, and nobody knows. An entry that says
        that somebody is away, or is of something else, puts nobody on duty; one that says more, as who stands in,
        nobody can be sure of.
        """
        key = (row.names, row.title, row.organiser, row.system, row.schedule)
        if key not in self._known:
            self._known[key] = self._meant(row)
        return self._known[key]

    def _meant(self, row: Duty) -> tuple[frozenset[str], bool]:
        title = _OUT_OF_OFFICE.sub("ooo", row.title)
        if _LEARNING.search(title) and not self._people_in(title := _LEARNING.sub(" ", title))[0]:
            return frozenset(), len(self._people_in(row.title)[0]) <= 1
        titled, beside = self._people_in(title)
        named = frozenset(_WORD.findall(f"{row.system} {row.schedule}".casefold()))
        words, more = frozenset(_WORD.findall(title.casefold())), beside - _said("nobody") - named
        if words & _said("away"):
            return frozenset(), not beside - _said("away")
        if words & _said("no_duty"):
            return frozenset(), not more - _said("no_duty")
        invited = [self._people.roster_id(name) for name in row.names]
        if any(invited):
            return frozenset(filter(None, invited)), None not in invited
        if titled:
            says_so = words & _said("shift") or _ON_DUTY.search(title) or not more - self._usual(row)
            return (titled, True) if says_so else (frozenset(), False)
        made = self._people.roster_id(row.organiser)
        return (frozenset({made}), not more) if made else (frozenset(), False)

    def _people_in(self, title: str) -> tuple[frozenset[str], frozenset[str]]:
        """Those whom a title names, and its words that are in no name."""
        parts = [title] if self._people.roster_id(title) else _BETWEEN.split(title)
        ids = {part: self._people.roster_id(part) for part in parts}
        left = (_WORD.findall(part.casefold()) for part, person in ids.items() if not person)
        return frozenset(filter(None, ids.values())), frozenset(chain.from_iterable(left))

    def _usual(self, row: Duty) -> frozenset[str]:
        """The words in half of the titles of an entry's rota, which tell one entry from no other."""
        key = (row.system, row.source)
        if key not in self._words:
            titles = [one.title.casefold() for one in self._rows[row.system] if one.source == row.source]
            told = Counter(word for title in titles for word in frozenset(_WORD.findall(title)))
            self._words[key] = frozenset(word for word, times in told.items() if times > 1 and 2 * times >= len(titles))
        return self._words[key]


def read_duties(store: Store, config: Config, people: People, at: datetime) -> Duties:
    """The rotas as they were known at a time."""
    names = [source.name for source in config.feeding(Duty.TABLE)]
    if not names:
        return Duties(config, people)
    runs = [run for run in store.manifests() if run.at <= at]
    latest = {name: run for run in sorted(runs, key=attrgetter("at")) for name in names if run.has_read(name)}
    return Duties(
        config,
        people,
        store.rows(Duty, store.snapshot_parts(Duty, names, at)),
        {name: run.at for name, run in latest.items()},
        {name for name, run in latest.items() if run.sources[name].status == CoverageStatus.PARTIAL},
    )
