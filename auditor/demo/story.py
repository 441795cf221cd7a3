"""The story, told once: what happened at Harbour Shop, and what an audit has to say about it."""

from dataclasses import dataclass

from auditor.demo.data import read


@dataclass(frozen=True, slots=True)
class Expected:
    """A finding that the audit must come to. `who` is the person's roster id, or else the account's name."""

    rule: str
    who: str
    system: str | None = None
    ticket: str | None = None
    excepted: bool = False


@dataclass(frozen=True, slots=True)
class Scene:
    """Something that happened, and what must be found about it: nothing, where all is well."""

    title: str
    told: str
    findings: tuple[Expected, ...] = ()


@dataclass(frozen=True, slots=True)
class _Story:
    good: tuple[Scene, ...]
    bad: tuple[Scene, ...]


_STORY = read("story.yaml", _Story)
GOOD, BAD = _STORY.good, _STORY.bad


def expected() -> frozenset[Expected]:
    """Every finding that the audit must come to, and no other."""
    return frozenset(finding for scene in BAD for finding in scene.findings)


def text() -> str:
    """The story for whoever opens the folder, in Markdown."""
    lines = ["# Harbour Shop", "", "An invented company, in an audit that is real. Nobody in it exists.", ""]
    for heading, scenes in (("What went well", GOOD), ("What the audit finds", BAD)):
        lines += [f"## {heading}", ""]
        for scene in scenes:
            rules = ", ".join(f"`{finding.rule}`" for finding in scene.findings)
            lines.append(f"- **{scene.title}.** {scene.told}{f' → {rules}' if rules else ''}")
        lines.append("")
    return "\n".join(lines)
