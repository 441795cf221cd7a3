"""Access stories as reports print them: six links each, present or missing, and what the findings say of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from auditor.config.models import Config
from auditor.model.findings import Finding
from auditor.model.stories import Link, LinkKind, LinkState, Story
from reports.words import SEVERITY_MARKS, account_name, listing, plural, shown, stretch, when

# More would make the page too large to open; the rest is in stories.json.
_MOST = 300
_MOST_FINDINGS = 5
_MARKS = {LinkState.PRESENT: "✓", LinkState.MISSING: "✗", LinkState.NOT_NEEDED: "\N{EN DASH}", LinkState.UNKNOWN: "?"}
_COUNTED = {LinkKind.GRANT: "right", LinkKind.SESSION: "sitting", LinkKind.CHANGES: "change"}


@dataclass(frozen=True, slots=True)
class LinkView:
    """One link: its name, whether it is there as a sign, in a word and as a style, and what is told of it."""

    name: str
    mark: str
    state: str
    style: str
    when: str
    told: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryView:
    """One story as it is printed."""

    ticket: str
    title: str
    who: str
    systems: str
    when: str
    links: tuple[LinkView, ...]
    missing: str
    findings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stories:
    """The period's stories: those with a missing link first, then the newest; `more` says how many are left out."""

    sentence: str
    names: tuple[str, ...]
    told: tuple[StoryView, ...]
    more: str


def tell(stories: Sequence[Story], findings: Iterable[Finding], config: Config) -> Stories:
    """The stories for people, each with the findings on its ticket."""
    by_ticket: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.ticket:
            by_ticket.setdefault(finding.ticket, []).append(finding)
    ordered = sorted(stories, key=lambda story: (not story.missing, -story.starts_at.timestamp()))
    left = len(stories) - _MOST
    return Stories(
        sentence=_sentence(stories),
        names=tuple(kind.value for kind in LinkKind),
        told=tuple(_view(story, by_ticket.get(story.ticket or "", ()), config) for story in ordered[:_MOST]),
        more=f"And {plural(left, 'more story', 'more stories')}, in stories.json." if left > 0 else "",
    )


def _sentence(stories: Sequence[Story]) -> str:
    broken = sum(bool(story.missing) for story in stories)
    if not stories:
        return "No access was asked for, given or used without a standing right in this time."
    whole = len(stories) - broken
    return (
        f"{plural(len(stories), 'piece of work', 'pieces of work')} in production: {whole:,} told from the request to "
        f"the closeout, {broken:,} with a link missing."
    )


def _view(story: Story, findings: Iterable[Finding], config: Config) -> StoryView:
    person = config.people_by_id.get(story.person or "")
    systems = (config.systems_by_id.get(system) for system in story.systems)
    names = [system.name if system else name for system, name in zip(systems, story.systems, strict=True)]
    own = [finding for finding in findings if finding.person in (None, story.person)]
    listed = [f"{SEVERITY_MARKS[finding.severity]} {shown(finding.summary)}" for finding in own[:_MOST_FINDINGS]]
    left = len(own) - len(listed)
    return StoryView(
        ticket=shown(story.ticket) or "no ticket",
        title=shown(story.title),
        who=shown(person.name if person else story.person) or "nobody known",
        systems=shown(listing(names)),
        when=stretch(story.starts_at, story.ends_at, config.zone),
        links=tuple(_link(link, config) for link in story.links),
        missing=listing(kind.value for kind in story.missing),
        findings=(*listed, *([f"and {left:,} more on this ticket"] if left > 0 else [])),
    )


def _link(link: Link, config: Config) -> LinkView:
    person = config.people_by_id.get(link.who or "")
    who = person.name if person else account_name(link.who) if link.who else ""
    lasts = link.kind in (LinkKind.SESSION, LinkKind.CHANGES)
    count = plural(link.count, _COUNTED[link.kind]) if link.count and link.kind in _COUNTED else ""
    until = f"until {when(link.until, config.zone)}" if link.kind is LinkKind.GRANT and link.until else ""
    told = ", ".join(filter(None, (count, f"by {who}" if who else "", until)))
    return LinkView(
        name=link.kind.value,
        mark=_MARKS[link.state],
        state=link.state.value,
        style=f"link-{link.state.name.lower().replace('_', '-')}",
        when=stretch(link.at, link.until if lasts else None, config.zone),
        told=shown(": ".join(filter(None, (told, link.said)))),
    )
