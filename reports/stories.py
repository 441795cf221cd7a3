"""Access stories as reports list them: those with a missing or flawed link first, each with its ticket's findings."""

from collections.abc import Collection, Iterable, Sequence

from msgspec import Struct

from auditor.config.models import Config
from auditor.model.findings import Finding
from auditor.model.groups import grouped
from auditor.model.stories import Link, LinkKind, LinkState, Story
from reports.words import listing, person, plural, stretch, when

_SAID_BY = {LinkKind.GRANT: ": ", LinkKind.SESSION: " from ", LinkKind.CHANGES: ": "}
_COUNTED = {LinkKind.GRANT: "right", LinkKind.SESSION: "session", LinkKind.CHANGES: "change"}


class StoryView(Struct, frozen=True):
    """One story with the findings on its ticket that are about the same person."""

    story: Story
    findings: tuple[Finding, ...]


def tell(stories: Sequence[Story], findings: Iterable[Finding]) -> tuple[StoryView, ...]:
    """The stories with a missing link first, then those with a finding on one, then the newest."""
    by_ticket = grouped((finding.ticket, finding) for finding in findings)
    ordered = sorted(stories, key=lambda story: (not story.missing, not story.flawed, -story.starts_at.timestamp()))
    return tuple(
        StoryView(story, tuple(f for f in by_ticket.get(story.ticket or "", ()) if f.person in (None, story.person)))
        for story in ordered
    )


def sentence(stories: Sequence[Story], config: Config) -> str:
    """How many pieces of work there were, and how many of them have a link missing, or a finding on one."""
    if not stories:
        return "No access was asked for, given or used without a standing right in this time."
    broken = sum(bool(story.missing) for story in stories)
    flawed = sum(bool(story.flawed and not story.missing) for story in stories)
    whole = len(stories) - broken - flawed
    return (
        f"{plural(len(stories), 'piece of work', 'pieces of work')} in production: {whole:,} complete from the "
        f"request to the closeout, {flawed:,} complete with a finding on a link, {broken:,} with a link missing."
        f"{_agents(stories, config)}"
    )


def _agents(stories: Sequence[Story], config: Config) -> str:
    """The people whose agents changed something, with what acted for them."""
    found: dict[str, set[str]] = {}
    for link in (link for story in stories for link in story.links if link.agents):
        found.setdefault(person(link.who, config), set()).update(link.agents)
    if not found:
        return ""
    named = listing(f"{name} ({listing(sorted(agents))})" for name, agents in sorted(found.items()))
    return f" {plural(len(found), 'person', 'people')} had an agent change something there: {named}."


def but_sentence(story: Story, config: Config, beside: Collection[str] = ()) -> str:
    """What happened, and what contradicts it: `PAY-184 was for 2 Oct 2026 07:00 to 07:30; but …`.

    Findings whose ids are `beside` stand next to it already and are not told again.
    """
    zone = config.zone
    asked, approved = story.links[:2]
    if story.ticket is None:
        unseen = LinkState.UNKNOWN in (asked.state, approved.state)
        asked_for = asked.said if unseen else "nobody asked for it, and nobody approved it"
        began = f"{stretch(story.starts_at, story.ends_at, zone)}: {asked_for}"
    else:
        by = f", approved by {person(approved.who, config)}" if approved.who else ""
        began = f"{story.ticket} was for {stretch(story.starts_at, story.ends_at, zone)}{by}"
    did = [link for link in story.links if link.kind in _COUNTED and link.count]
    done = "; ".join(f"{plural(link.count, _COUNTED[link.kind])}{_SAID_BY[link.kind]}{link.said}" for link in did)
    wrong = {id_: said for link in story.links for id_, said in link.but if id_ not in beside}
    gone = [link.kind.value for link in story.links if link.state is LinkState.MISSING and not link.but]
    missing = f"there is no {listing(gone)}" if story.ticket and gone else ""
    but = "; ".join(filter(None, (*wrong.values(), missing)))
    return "; ".join(filter(None, (began, done, but and f"but {but}")))


def link_words(link: Link, config: Config) -> str:
    """`3 changes, by Leon Weiss: ecs:UpdateService`."""
    count = plural(link.count, _COUNTED[link.kind]) if link.count and link.kind in _COUNTED else ""
    agents = f" and an agent of theirs ({listing(link.agents)})" if link.agents else ""
    by = f"by {person(link.who, config)}{agents}" if link.who else ""
    until = f"until {when(link.until, config.zone)}" if link.kind is LinkKind.GRANT and link.until else ""
    told = ": ".join(filter(None, (", ".join(filter(None, (count, by, until))), link.said)))
    return "; but: ".join(filter(None, (told, "; ".join(summary for _, summary in link.but))))
