"""The facts that decide: last use, path, who else could, what breaks; `not known` where the evidence does not tell."""

import dataclasses
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from auditor.config.models import Config
from auditor.model.entitlements import Entitlement
from auditor.model.findings import Audit, Finding
from auditor.model.handles import identity
from auditor.model.stories import Story
from auditor.model.strangers import DECLARE, undeclared
from auditor.providers.systems import reaches
from auditor.rules.asks import ASK, COMPLETE, NAME, RENEW, SEPARATE, TAKE_AWAY, Ask
from auditor.rules.registry import asks as rule_asks
from auditor.rules.shared.sessions import root
from reports.access_matrix import holder_name, way
from reports.consequences import WITHOUT_IT, use_and_failure
from reports.stories import but_sentence
from reports.words import clipped, fact, fact_name, listing, person, short, system, when

NOT_KNOWN = "not known"
_RIGHTS = {TAKE_AWAY, SEPARATE, NAME}
_ACTS = {ASK, COMPLETE}
_MOST_NAMES, _MOST_WAYS, _MOST_STORIES, _MOST_OTHER, _MOST_PEOPLE = 5, 2, 2, 3, 6
_LONGEST = 420
_SAID = {
    "events",
    "changes",
    "silences",
    "to_answer",
    "known_by",
    "through",
    "what",
    "with",
    "how_matched",
    "missing",
    "actor",
    WITHOUT_IT,
}
"""What the summary says already, or nobody decides by."""


class Fact(NamedTuple):
    """What is asked, and the answer."""

    asked: str
    answer: str


class Evidence(Struct, frozen=True, kw_only=True):
    """What a run knows that decides on findings. `access` is None where it is not known who can touch what."""

    audit: Audit
    config: Config
    access: Sequence[Entitlement] | None
    stories: Sequence[Story]

    def facts(self, findings: Sequence[Finding], asks: AbstractSet[Ask], shown: int = 0) -> tuple[Fact, ...]:
        """The facts about one holder on one system, for everything that is asked; the first so many stand beside."""
        first = findings[0]
        told = [Fact("What happened", words) for words in self._stories(findings, shown)]
        if people := self._several(findings):
            told += people
        elif asks & _RIGHTS:
            told += self._right(findings)
        elif RENEW in asks:
            told += self._credential(next(one for one in findings if rule_asks(one.rule) is RENEW))
        elif asks & _ACTS and (first.person or first.account):
            told += [*(() if told else self._other(first)), Fact("Still possible", self._again(first))]
        return tuple(Fact(one.asked, clipped(one.answer, _LONGEST)) for one in told or self._other(first))

    def _stories(self, findings: Sequence[Finding], shown: int) -> list[str]:
        wrong = [(story, {name for link in story.links for name, _ in link.but}) for story in self.stories]
        about = {id(story): story for finding in findings for story, ids in wrong if finding.id in ids}  # worst first
        beside = {finding.id for finding in findings[:shown]}
        told = [but_sentence(story, self.config, beside) for story in list(about.values())[:_MOST_STORIES]]
        return [f"{words[:1].upper()}{words[1:]}." for words in told]

    def _several(self, findings: Sequence[Finding]) -> list[Fact]:
        """Of a system that too many can change: each of them, and what speaks for and against it."""
        told = []
        crowded = [one for one in findings if one.facts.get("people") and not (one.person or one.account)]
        for finding in crowded[:1]:
            for who in finding.facts.get("people", ())[:_MOST_PEOPLE]:
                own = replace(finding, subject=dataclasses.replace(finding.subject, person=str(who)))
                paths = [path for path in self._held(own, self.audit.audited_at) if path.writes]
                about = [one for one in self.audit.findings if one.person == who and one.system == finding.system]
                used = f"last used {self._used(about, paths)}"
                parts = [*self._duties(own), listing(dict.fromkeys(map(way, paths)), 1), used]
                told.append(Fact(person(str(who), self.config), "; ".join(filter(None, parts))))
        return told

    def _credential(self, finding: Finding) -> Iterator[Fact]:
        made, used = (_time(finding.facts.get(name)) for name in ("created_at", "last_used_at"))
        yield Fact("Made", when(made, self.config.zone) or NOT_KNOWN)
        yield Fact("Last used", when(used, self.config.zone) or NOT_KNOWN)
        opens = [path for path in self._held(finding, self.audit.audited_at) if path.account == finding.account]
        places = listing(dict.fromkeys(system(path.system, self.config) or path.scope for path in opens), _MOST_NAMES)
        yield Fact("What it opens", places or NOT_KNOWN)
        yield Fact("If it goes", "whatever still signs in with it; which programs do is not known")

    def _right(self, findings: Sequence[Finding]) -> Iterator[Fact]:
        paths = self._paths(findings)
        yield Fact("By what path", self._ways(findings, paths))
        yield Fact("Last used", self._used(findings, paths))
        yield Fact("Who else could", self._others(findings, paths))
        yield Fact("If it goes", self._without(findings, paths))

    def _paths(self, findings: Sequence[Finding]) -> list[Entitlement]:
        """The paths of access that the findings are about."""
        at, named = self.audit.audited_at, {path for one in findings for path in one.facts.get("paths", ())}
        about = [path for one in findings for path in self._held(one, at)]
        paths = list({id(path): path for path in about}.values())
        return [path for path in paths if path.words in named] or paths

    def _held(self, finding: Finding, at: datetime) -> Iterator[Entitlement]:
        who, wanted = undeclared(finding) or finding.account, self.config.systems_by_id.get(finding.system or "")
        for path in self.access or ():
            names = {path.account, path.credential} - {None}
            mine = path.person == finding.person if finding.person else who in names
            if mine and (wanted is None or reaches(path, wanted)) and path.lasts(at):
                yield path

    def _ways(self, findings: Sequence[Finding], paths: Sequence[Entitlement]) -> str:
        ways = list(dict.fromkeys(map(way, paths))) or [p for one in findings for p in one.facts.get("paths", ())]
        declared = [str(one.facts[DECLARE]) for one in findings if one.facts.get(DECLARE)]
        lines = f" In auditor.yaml it would be {declared[0]}." if declared else ""
        return f"{listing(ways, _MOST_WAYS) or NOT_KNOWN}{'.' if lines else ''}{lines}"

    def _used(self, findings: Sequence[Finding], paths: Sequence[Entitlement]) -> str:
        """The last use that provider or log knows of, else since when it is known to be unused."""
        zone = self.config.zone
        told = [_time(one.facts.get(name)) for one in findings for name in ("last_used_at", "last_at_work")]
        uses = [moment for moment in (*told, *(path.last_used_at for path in paths)) if moment]
        if uses:
            return when(max(uses), zone)
        watched = [path.watched_since for path in paths if path.watched_since]
        if paths and len(watched) == len(paths):
            return f"never since {when(max(watched), zone)}"
        return next(
            filter(None, (use_and_failure(str(one.facts.get(WITHOUT_IT, "")))[0] for one in findings)), NOT_KNOWN
        )

    def _others(self, findings: Sequence[Finding], paths: Sequence[Entitlement]) -> str:
        """Who else can change the systems; where one system is not named, who else can do anything."""
        mine = {path.account for path in paths} | {path.person for path in paths if path.person}
        systems = [one for one in self.config.systems if any(one.id == finding.system for finding in findings)]
        if self.access is None or {one.id for one in systems} & set(self.audit.unseen_systems):
            return NOT_KNOWN
        at = self.audit.audited_at
        names = {
            holder_name(path, self.config): None
            for path in self.access
            if path.writes
            and not mine & {path.account, path.person}
            and path.lasts(at)
            and (any(reaches(path, one) for one in systems) if systems else path.unrestricted)
        }
        what = "" if systems else ", who can do anything"
        return f"{listing(names, _MOST_NAMES)}{what}" if names else "nobody else"

    def _without(self, findings: Sequence[Finding], paths: Sequence[Entitlement]) -> str:
        """What is known to break: duties, the only way in, and what the holder did with it."""
        first = findings[0]
        parts = [*self._duties(first), *_fails(findings)]
        if paths and not first.person:
            parts.append("what uses it is not known" if not self._used_by(first) else self._used_by(first))
        elif first.person:
            parts += [self._remaining(first, paths), self._worked(findings)]
        return "; ".join(filter(None, parts)) or NOT_KNOWN

    def _used_by(self, finding: Finding) -> str:
        people = finding.facts.get("people", ())
        return f"{listing(person(one, self.config) for one in people)} lose it" if people else ""

    def _duties(self, finding: Finding) -> Iterator[str]:
        one = self.config.systems_by_id.get(finding.system or "")
        if one and finding.person:
            if finding.person in one.owners:
                yield f"answers for {one.name}"
            if finding.person in one.on_duty:
                yield "is on duty for it"

    def _remaining(self, finding: Finding, paths: Sequence[Entitlement]) -> str:
        """The ways to change it that the holder would keep."""
        gone = {id(path) for path in paths}
        kept = [path for path in self._held(finding, self.audit.audited_at) if path.writes and id(path) not in gone]
        if kept:
            return f"keeps {short(way(kept[0]), 60)}"
        seen = finding.system and finding.system not in self.audit.unseen_systems
        return "keeps no other way to change it" if paths and seen else ""

    def _worked(self, findings: Sequence[Finding]) -> str:
        if not any("changes_seen" in one.facts for one in findings):
            return "what they did there is not known"
        actions = list(dict.fromkeys(action for one in findings for action in one.facts.get("changed_by", ())))
        if actions:
            return f"they changed things there in this period: {listing(actions, _MOST_WAYS)}"
        return "no change of theirs is in the logs that were read"

    def _again(self, finding: Finding) -> str:
        """Whether they can still change the system that it was done to."""
        if finding.rule == root.name:
            return "yes: root can do everything, whatever rights say"
        paths = [path for path in self._held(finding, self.audit.audited_at) if path.writes]
        if paths:
            return f"yes: {listing(dict.fromkeys(map(way, paths)), _MOST_WAYS)}"
        known = self.access is not None and finding.system not in self.audit.unseen_systems
        return "not by a right that was seen" if known else NOT_KNOWN

    def _other(self, finding: Finding) -> Iterator[Fact]:
        """What the rule itself tells, as far as it is said in a few words."""
        plain = {
            name: value
            for name, value in finding.facts.items()
            if name not in _SAID and value not in (None, "", [], ())
        }
        for name, value in list(plain.items())[:_MOST_OTHER]:
            yield Fact(fact_name(name).capitalize(), fact(name, value, self.config))


def _fails(findings: Sequence[Finding]) -> list[str]:
    """What would have failed without all that the findings would take away; each by itself where none takes all."""
    told = [(one, {identity(handle) for handle in one.handles}) for one in findings if WITHOUT_IT in one.facts]
    widest = [one for one, takes in told if not any(takes < other for _, other in told)]
    failed = {one.id: use_and_failure(str(one.facts[WITHOUT_IT]))[1] for one in widest}
    sentences = dict.fromkeys(failed.values())
    if len(sentences) < 2:  # noqa: PLR2004 - one sentence is of them all
        return list(sentences)
    return [f"of {id_[:8]}: {words}" for id_, words in failed.items()]


def _time(value: Any) -> datetime | None:
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or "T" not in value:
        return None
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None
