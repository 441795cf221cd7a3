"""Writes the two scripts: cleanup.sh takes away, undo.sh gives back."""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from itertools import count
from pathlib import Path
from types import MappingProxyType
from typing import Any

import jinja2
from msgspec import Struct
from msgspec.structs import replace

from auditor.config.models import Config
from auditor.errors import UsageError
from auditor.ledger import Decision
from auditor.model.consequences import Consequence
from auditor.model.entitlements import Entitlement
from auditor.model.findings import Audit, Finding
from reports.cleanup.registry import REMOVERS
from reports.cleanup.steps import Plan, plan
from reports.files import write_private
from reports.matters import concerns_access
from reports.templates import TEMPLATES
from reports.words import plural, shown, when


class Cleanup(Struct, frozen=True, kw_only=True):
    """The scripts that were written, and what is in them."""

    script: Path
    undo: Path
    plan: Plan

    @property
    def sentence(self) -> str:
        """How much the script does and how to go on, or that there is nothing for it to do."""
        steps = len(self.plan.steps)
        told = [f"{plural(steps, 'step')}: the script says what it would do, and does it with --apply."]
        if not steps:
            told = ["No step: there is no right here that a script can take away."]
        if notes := len(self.plan.by_hand) + len(self.plan.left_out):
            told.append(f"{plural(notes, 'thing is', 'things are')} left to people; the script names them.")
        return " ".join(told)


def write_cleanup(
    audit: Audit,
    config: Config,
    finding_ids: Collection[str] | None,
    folder: Path,
    access: Sequence[Entitlement] = (),
    decided: Mapping[str, Decision] = MappingProxyType({}),
    consequences: Iterable[Consequence] = (),
) -> Cleanup:
    """Write cleanup.sh and undo.sh for the findings named; without, for what is settled and can be undone.

    Settled is what was `decided` to be revoked, by finding, and what somebody has who left; what of it no step takes
    away is noted as to be done by hand.

    Raises:
        UsageError: for an id that the audit does not have, or a folder whose scripts have already been applied.
        ReportError: when the scripts cannot be written.
    """
    if finding_ids is None:
        still = (f for f in audit.findings if f.status.stands and not f.exception)
        there = [f for f in still if f.handles or concerns_access(f)]
        revoked = {name for name, one in decided.items() if one.decision == "revoke"}
        settled = [f for f in there if f.id in revoked or _has_left(f, audit, config)]
        undecided = {f.id for f in there if f.handles} - decided.keys() - {f.id for f in settled}
        made = replace(plan(settled, config, access, consequences, final=False), undecided=len(undecided))
    else:
        made = plan(_named(audit, finding_ids), config, access, consequences)
    return write_planned(audit, config, made, folder)


def write_planned(audit: Audit, config: Config, made: Plan, folder: Path) -> Cleanup:
    """Write cleanup.sh and undo.sh for a plan; raises as `write_cleanup` does."""
    identity = _identity(audit, made)
    _refuse_to_overwrite(folder, identity)
    undo = write_script("undo", audit, config, made, folder)
    return Cleanup(script=write_script("cleanup", audit, config, made, folder), undo=undo, plan=made)


def write_beside(audit: Audit, config: Config, made: Plan, folder: Path) -> Cleanup:
    """Write them into the folder, or `folder-2` and so on where another script was applied there."""
    identity = _identity(audit, made)
    free = (place for n in count(1) if not _applied(place := folder if n == 1 else _numbered(folder, n), identity))
    return write_planned(audit, config, made, next(free))


def write_script(name: str, audit: Audit, config: Config, made: Plan, folder: Path) -> Path:
    """Write one script of a plan: cleanup, undo or delete.

    Raises:
        ReportError: it cannot be written.
    """
    path, action = folder / f"{name}.sh", "revoke" if name == "cleanup" else name
    values = _values(audit, config, made, _identity(audit, made))
    write_private(path, _render(path.name, {**values, "action": action}), mode=0o700)
    return path


@cache
def environment() -> jinja2.Environment:
    """Jinja for shell: every value is single-quoted, whoever writes the template."""
    return jinja2.Environment(  # noqa: S701 - the output is shell; `finalize` quotes every value for it
        loader=jinja2.FileSystemLoader(TEMPLATES / "cleanup"),
        undefined=jinja2.StrictUndefined,
        finalize=quoted,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        comment_start_string="{##",  # `{#` is bash: the length of a variable
        comment_end_string="##}",
    )


def quoted(value: Any) -> str:
    """A value as one single-quoted shell word, in which nothing is special."""
    return "'" + str(value).replace("'", "'\"'\"'") + "'"


def _render(name: str, values: dict[str, Any]) -> bytes:
    text: str = environment().get_template(name).render(values)
    return text.encode("utf-8")


def _values(audit: Audit, config: Config, made: Plan, identity: str) -> dict[str, Any]:
    return {
        "organisation": shown(audit.organisation),
        "run": shown(audit.run),
        "audited": when(audit.audited_at, config.zone),
        "audited_epoch": int(audit.audited_at.timestamp()),
        "identity": identity,
        "steps": made.steps,
        "reversed_steps": made.steps[::-1],
        "providers": made.providers,
        "tools": {name: one.tool for name, one in REMOVERS.items()},
        "by_hand": made.by_hand,
        "left_out": made.left_out,
        "undecided": made.undecided,
    }


def _has_left(finding: Finding, audit: Audit, config: Config) -> bool:
    left = config.left_at(finding.person or "")
    return left is not None and left <= audit.audited_at


def _named(audit: Audit, finding_ids: Collection[str]) -> list[Finding]:
    known = {finding.id: finding for finding in audit.findings}
    if missing := [shown(name) for name in finding_ids if name not in known]:
        raise UsageError(
            f"The audit has no finding {', '.join(missing)}.",
            means="No script was written.",
            do="Take the ids from findings.json, or name the run that they come from.",
        )
    return [known[name] for name in dict.fromkeys(finding_ids)]


def _identity(audit: Audit, made: Plan) -> str:
    """Names the folder that undo reads, so that two different scripts never share one."""
    text = repr((audit.run, [(step.right.target, step.right.expected) for step in made.steps]))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def _applied(folder: Path, identity: str) -> list[str]:
    """What other scripts left there when they were applied."""
    return [place.name for place in folder.glob("applied-*") if place.name != f"applied-{identity}"]


def _numbered(folder: Path, number: int) -> Path:
    return folder.with_name(f"{folder.name}-{number}")


def _refuse_to_overwrite(folder: Path, identity: str) -> None:
    if applied := _applied(folder, identity):
        raise UsageError(
            f"{folder} holds a cleanup that has been applied ({applied[0]}).",
            means="Another script there would lose the way to undo it.",
            do="Choose another folder.",
        )
