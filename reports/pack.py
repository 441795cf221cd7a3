"""The pack for the meeting: a PDF of few pages, whatever the number of findings.

Beside the view it holds the agenda with the facts that decide, and the auditor's part.
"""

from collections.abc import Sequence

from msgspec import Struct

from auditor.config.models import Config
from auditor.model.stories import Story
from auditor.rules.asks import NAME
from auditor.rules.base import FRAMEWORKS
from reports.agenda import Group, Item, agenda, ask_of, groups
from reports.checklists import POINTS, Question, SharedAccount, review_questions, shared_accounts
from reports.coverage import Read, read
from reports.environment import page
from reports.matters import Matter, matters
from reports.pdf import printed
from reports.sample import Population, sample
from reports.tested import Control, Test, controls, tests
from reports.view import View

_MOST_MATTERS = 20
_SEED = "findings.json"
# A table row costs WeasyPrint about eight milliseconds, and a reader about a second.
_MOST_ROWS, _MOST_RULES = 60, 20
_MOST_ROWS_A_RULE = 10
_FEWEST_ROWS_A_RULE = 2


class Pack(Struct, frozen=True, kw_only=True):
    """A meeting's and an auditor's part.

    `matters` are the weightiest of what needs a decision, `rest` is what they leave; `groups` has every finding that
    stands nowhere else in the pack, by rule; `broken` are the stories that lack a link, or have a but on one. `sample`
    is drawn by `seed`, the hash of findings.json; both are empty where no file was written. `vouched` says who vouches
    for the run.
    """

    matters: tuple[Matter, ...]
    rest: tuple[Item, ...]
    groups: tuple[Group, ...]
    broken: tuple[Story, ...]
    read: tuple[Read, ...]
    tests: tuple[Test, ...]
    controls: tuple[Control, ...]
    frameworks: tuple[str, ...]
    shared_accounts: tuple[SharedAccount, ...]
    points: Sequence[str]
    questions: tuple[Question, ...]
    sample: tuple[Population, ...]
    seed: str
    vouched: str


def render(view: View) -> bytes:
    """The PDF's bytes: tagged, bookmarked, with its metadata.

    Raises:
        ReportError: when WeasyPrint's system libraries are missing.
    """
    return printed(html(view), "pack.css")


def html(view: View) -> str:
    """The pack as HTML. Every rule gets a fair share of the rows, the worst findings of each first."""
    pack = build_pack(view)
    share = max(_FEWEST_ROWS_A_RULE, min(_MOST_ROWS_A_RULE, _MOST_ROWS // max(1, min(_MOST_RULES, len(pack.groups)))))
    return page(view.config, "pack.html", view=view, pack=pack, share=share)


def build_pack(view: View) -> Pack:
    """The pack of one audit."""
    undecided = [row for row in view.rows if row.undecided and ask_of(row.finding) is not NAME]
    weighed = matters(undecided, view.evidence, view.config, _MOST_MATTERS)
    told = {line.row.finding.id for matter in weighed for line in matter.lines}
    elsewhere = {row.finding.id for row in (*view.decided, *view.exceptions)}
    elsewhere |= {finding.id for stranger in view.strangers for finding in stranger.findings}
    asked = tests(view.audit)
    seed = dict(view.hashes).get(_SEED, "")
    known = view.evidence
    holders = len(view.reach.holders) if view.reach else None
    return Pack(
        matters=weighed,
        rest=agenda([row for row in undecided if row.finding.id not in told], view.config),
        groups=groups([row for row in view.rows if row.finding.id not in told | elsewhere], view.config),
        broken=tuple(one.story for one in view.stories if one.story.missing or one.story.flawed),
        read=read(view.audit.coverage),
        tests=asked,
        controls=controls(asked),
        frameworks=tuple(FRAMEWORKS.values()),
        shared_accounts=shared_accounts(view.rows, view.config),
        points=POINTS,
        questions=tuple(review_questions(view.audit, view.rows, view.past, holders, view.config)),
        sample=sample(seed, view.audit, known.access or (), known.stories, view.config) if seed else (),
        seed=seed,
        vouched=_vouched(view.config),
    )


def _vouched(config: Config) -> str:
    """Who vouches for runs from outside of their store, as auditor.yaml has it."""
    anchor = config.anchor
    if anchor is None:
        return "Nobody outside vouches for it: auditor.yaml has no anchor."
    ways = [f"a signature of {anchor.identity}"] if anchor.ssh_key else []
    ways += [f"a time stamp of {anchor.timestamp}"] if anchor.timestamp else []
    return (
        f"{' and '.join(ways).capitalize()} in {anchor.folder} vouch for the hash of each run; verify checks them too."
    )
