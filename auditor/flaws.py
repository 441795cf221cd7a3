"""What is wrong with the links of a story: the findings that are about each."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from auditor.case.placement import NEAR
from auditor.model.findings import Finding
from auditor.model.stories import Link, LinkKind, LinkState, Story

_OF_TICKET = {
    LinkKind.REQUEST: ("tasks/vague", "tasks/rewritten", "tasks/too-long", "tasks/left-open"),
    LinkKind.APPROVAL: (
        "tasks/unapproved",
        "tasks/self-approved",
        "tasks/late-approval",
        "tasks/no-second-reviewer",
    ),
    LinkKind.GRANT: ("tasks/unknown", "tasks/wider-than-approved", "standing/outlived-task"),
    LinkKind.SESSION: ("changes/outside-window", "changes/login-without-window"),
    LinkKind.CHANGES: ("changes/outside-window", "changes/beyond-scope"),
    LinkKind.CLOSEOUT: ("tasks/no-closeout",),
}
"""Which link a finding on the story's ticket is about."""
_OF_PERSON = (
    "changes/login-without-window",
    "changes/by-leaver",
    "changes/bulk-read",
    "shared/borrowed-name",
    "shared/two-places",
    "shared/agent-beyond-task",
)
"""What is about the sessions of whoever did it, in the story's time or up to a day after it."""
_UNASKED = {LinkKind.GRANT: "tasks/none", LinkKind.CHANGES: "changes/no-window"}
"""Which link of a story without a ticket a finding of the person's is about."""
_OF_NOBODY = "shared/unattributable"
"""What may have been their session, where none of theirs was seen."""


class Flaws(Struct, frozen=True):
    """The findings that links of stories may have, by ticket and by person."""

    on_ticket: dict[str, list[Finding]]
    of_person: dict[str | None, list[Finding]]

    @classmethod
    def of(cls, findings: Iterable[Finding]) -> "Flaws":
        """The findings of a run."""
        on_ticket: defaultdict[str, list[Finding]] = defaultdict(list)
        of_person: defaultdict[str | None, list[Finding]] = defaultdict(list)
        for finding in findings:
            if finding.ticket:
                on_ticket[finding.ticket].append(finding)
            elif finding.rule in (*_OF_PERSON, *_UNASKED.values(), _OF_NOBODY):
                of_person[finding.subject.person].append(finding)
        return cls(dict(on_ticket), dict(of_person))

    def told(self, story: Story) -> Story:
        """The story, each of its links with what is wrong with it."""
        own = [one for one in self.on_ticket.get(story.ticket or "", ()) if one.subject.person in (None, story.person)]
        return replace(story, links=tuple(_but(link, self._about(story, link, own)) for link in story.links))

    def beside(self, stories: Iterable[Story]) -> list[Finding]:
        """What somebody did on a system that no story tells of: nobody asked for it, and nothing was changed."""
        told = {name for story in stories for link in story.links for name, _ in link.but}
        alone = (one for who, some in self.of_person.items() if who for one in some if one.rule in _OF_PERSON)
        return [one for one in alone if one.id not in told and one.starts_at and one.subject.system]

    def _about(self, story: Story, link: Link, own: Sequence[Finding]) -> Sequence[Finding]:
        found = [one for one in own if one.rule in _OF_TICKET[link.kind]]
        if story.person:
            lies = _is_near if story.ticket else _lies_in
            here = [one for one in self.of_person.get(story.person, ()) if lies(one, story)]
            if link.kind is LinkKind.SESSION:
                found += [one for one in here if one.rule in _OF_PERSON]
            elif not story.ticket:
                found += [one for one in here if one.rule == _UNASKED.get(link.kind)]
        if link.kind is LinkKind.SESSION and link.state is LinkState.NOT_NEEDED:
            found += [one for one in self.of_person.get(None, ()) if _lies_in(one, story)]
        return found


def _is_near(finding: Finding, story: Story) -> bool:
    """Whether it is about what was done on the story's systems in its time, or within a day after it."""
    begins = finding.starts_at
    here = finding.subject.system in (None, *story.systems)
    return here and begins is not None and story.starts_at <= begins <= story.ends_at + NEAR


def _lies_in(finding: Finding, story: Story) -> bool:
    return _is_near(finding, story) and finding.starts_at is not None and finding.starts_at <= story.ends_at


def _but(link: Link, about: Sequence[Finding]) -> Link:
    """A link with what is wrong with it; one that is missing, or was not seen, stays so.

    What was not needed and has a finding is there all the same.
    """
    if not about:
        return link
    there = link.state in (LinkState.PRESENT, LinkState.NOT_NEEDED)
    but = tuple((one.id, one.summary) for one in about)
    return replace(link, state=LinkState.BUT if there else link.state, but=but)
