"""What the campaign tells: each way in which both answer, and why they differ where they do."""

import argparse
import json
from collections import Counter

from tests.oracle.answers import Auditor, Said

KINDS = {
    "own": "what a user or role of the account may do to a resource of it",
    "hop": "whether they may become a role of the account",
    "visit": "what a foreign account may do to a resource",
    "opened": "whether a foreign account may become a role",
}
REASONS = {
    "anybody": (
        "The oracle allows more: a resource's policy lets anybody at all in, the account's own people too. The auditor "
        "tells that once, of anybody, and not of every user and role."
    ),
    "organisation": (
        "A condition is about the organisation of a foreign account. The auditor does not know that organisation: it "
        "takes the one that the Allow asks for, or else one that no policy names."
    ),
    "variable": (
        "`NotResource` or a negative condition has a policy variable that the caller has no value for. The auditor takes "
        "it to name nothing; the oracle takes the whole statement not to apply."
    ),
    "network": (
        "The oracle allows more: a resource's policy lets anybody in who comes from a network of one's own. The auditor "
        "tells that of nobody, since nobody comes from there without having been let in."
    ),
}
_AGREED = {
    "agreed: allowed": "both allow it",
    "agreed: refused": "both refuse it",
    "agreed: under conditions": "the auditor names conditions, and the oracle's answer turns on the circumstances",
    "open": "the auditor names conditions, and the oracle answers alike in all circumstances tried",
}


def reason(auditor: Auditor, kind: str, verdict: str, action: str, resource: str) -> str:
    """The known reason for a difference; the verdict itself where there is none."""
    world = auditor.world
    carried = world.carried.get(resource, [])
    if kind == "own" and verdict == "too little" and carried and auditor.visit(action, resource) is not Said.NO:
        return "anybody"
    if verdict == "too little" and "aws:SourceVpce" in json.dumps(carried):
        return "network"
    if kind in ("visit", "opened"):
        about = carried if kind == "visit" else world.trust
        over = [one for level in world.controls.values() for one in level]
        return "organisation" if "aws:PrincipalOrgID" in json.dumps([about, over]) else verdict
    own = [*world.identity, *world.group, *(world.boundary or []), *world.trust, *carried]
    above = [one for level in (*world.above.values(), *world.controls.values()) for one in level]
    return "variable" if any(map(_lacks, [*own, *above])) else verdict


def _lacks(statement: dict) -> bool:
    """Whether what it leaves out has a variable in it."""
    negative = [keys for operator, keys in statement.get("Condition", {}).items() if "Not" in operator]
    return "${" in json.dumps([statement.get("NotResource", []), negative])


def page(told: Counter, options: argparse.Namespace) -> str:
    """docs/oracle.md."""
    total, open_ = sum(told.values()), sum(number for (_, verdict), number in told.items() if verdict == "open")
    agreed = sum(number for (_, verdict), number in told.items() if verdict.startswith("agreed"))
    lines = [
        "# AWS's policies against an oracle",
        "",
        "`make oracle` makes random sets of policies (identity, group, boundary, service control, resource control,",
        "resource and trust policies) and asks the auditor and an independent simulator, `@cloud-copilot/iam-simulate`,",
        "the same. The simulator is under the AGPL: the campaign installs it into `.cache/`, and nothing of it is part",
        "of the auditor. This page is what the last campaign wrote.",
        "",
        f"{options.worlds} sets of policies from seed {options.seed}, {total} requests in {options.contexts} circumstances",
        f"each: {agreed} agreed, {open_} left open, {total - agreed - open_} differ.",
        "",
        "| asked | answer | requests |",
        "| --- | --- | ---: |",
    ]
    for kind, words in KINDS.items():
        for verdict, number in sorted(told.items()):
            if verdict[0] == kind:
                lines.append(f"| {words} | {_AGREED.get(verdict[1], 'differs: ' + verdict[1])} | {number} |")
    lines += [
        "",
        "## Where they differ",
        "",
        "[Each of them](oracle.csv), by the seed of its set of policies, has one of these reasons:",
        "",
    ]
    lines += [f"- **{name}** ({_number(told, name)} requests). {words}" for name, words in REASONS.items()]
    left = sum(number for (_, verdict), number in told.items() if verdict.startswith(("too", "no verdict")))
    lines += ["", f"Differences without a known reason: {left}.", ""]
    return "\n".join(lines)


def _number(told: Counter, name: str) -> int:
    return sum(number for (_, verdict), number in told.items() if verdict == name)
