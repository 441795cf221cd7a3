"""The story, told once: what happened at Harbour Shop, and what an audit has to say about it."""

from typing import Literal

from msgspec import Struct

from auditor.demo.data import read


class Expected(Struct, frozen=True):
    """A finding that the audit must come to. `who` is the person's roster id, or else the account's name.

    `status` is told where it is part of the story: that it came back, or how it ended.
    """

    rule: str
    who: str
    system: str | None = None
    ticket: str | None = None
    excepted: bool = False
    status: Literal["", "reopened", "closed", "past"] = ""

    @property
    def text(self) -> str:
        """The rule in Markdown, with the status where it is told."""
        return f"`{self.rule}`{f' ({self.status})' if self.status else ''}"


class Scene(Struct, frozen=True):
    """Something that happened, and what must be found about it: nothing, where all is well."""

    title: str
    told: str
    findings: tuple[Expected, ...] = ()


class _Story(Struct, frozen=True):
    good: tuple[Scene, ...]
    bad: tuple[Scene, ...]
    over: tuple[Scene, ...]


_STORY = read("story.yaml", _Story)
GOOD, BAD, OVER = _STORY.good, _STORY.bad, _STORY.over


def text() -> str:
    """The story for whoever opens the folder, in Markdown."""
    lines = ["# Harbour Shop", "", "An invented company, in an audit that is real. Nobody in it exists.", ""]
    for heading, scenes in (
        ("What went well", GOOD),
        ("What the audit finds", BAD),
        ("What it found on earlier nights", OVER),
    ):
        lines += [f"## {heading}", ""]
        for scene in scenes:
            rules = ", ".join(finding.text for finding in scene.findings)
            lines.append(f"- **{scene.title}.** {scene.told}{f' → {rules}' if rules else ''}")
        lines.append("")
    return "\n".join(lines)
