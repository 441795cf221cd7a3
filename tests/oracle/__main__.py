"""The evaluation of AWS's policies against an oracle: random sets of policies, each asked of both.

The oracle is installed into a folder of its own when the campaign runs (`make oracle`), and spoken to in JSON. Where the
auditor says yes, the oracle has to allow the request in whatever circumstances; where it says no, to refuse it in all.
What came of it is written to docs/oracle.md; what nobody has explained fails the campaign.
"""

import argparse
import csv
import json
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

from tests.oracle.answers import Auditor, Said, asked, simulation
from tests.oracle.page import page, reason
from tests.oracle.worlds import ALIKE, circumstances, world

_SCRIPT = Path(__file__).with_name("oracle.mjs")
_AT_ONCE = 50


def ask(oracle: Path, simulations: list) -> list:
    """The oracle's verdicts: whether it allows each, or why it cannot say."""
    done = subprocess.run(
        ["node", str(_SCRIPT), str(oracle)], input=json.dumps(simulations), capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def campaign(options: argparse.Namespace) -> int:
    """Try every world; returns the number of requests of which both say different things for no known reason."""
    told: Counter = Counter()
    differing = [("seed", "asked", "action", "resource", "auditor", "oracle", "reason")]
    for first in range(options.seed, options.seed + options.worlds, _AT_ONCE):
        batch, simulations = [], []
        for seed in range(first, min(first + _AT_ONCE, options.seed + options.worlds)):
            one, chance = world(seed), random.Random(seed)
            auditor = Auditor(one)
            for kind, caller, action, resource in asked(one):
                arguments = (action, resource) if kind in ("own", "visit") else ()
                batch.append((seed, auditor, kind, action, resource, getattr(auditor, kind)(*arguments)))
                known = [circumstances(chance) for _ in range(options.contexts)]
                for name in named(kind, action):
                    simulations += [simulation(one, caller, name, resource, each) for each in known]
        verdicts = iter(ask(options.oracle, simulations))
        for seed, auditor, kind, action, resource, said in batch:
            each = [[next(verdicts) for _ in range(options.contexts)] for _ in named(kind, action)]
            verdict = judged(said, [either(*pair) for pair in zip(*each, strict=True)])
            if verdict.startswith("too"):
                other = "refused" if verdict == "too much" else "allowed"
                verdict = reason(auditor, kind, verdict, action, resource)
                differing.append((seed, kind, action, resource, said.value, other, verdict))
            told[kind, verdict] += 1
            if verdict.startswith(("too", "no verdict")):
                print(f"seed {seed}: {kind} {action} on {resource}: {said.value}; {verdict}", flush=True)
    text = page(told, options)
    print(text)
    if options.write:
        options.write.write_text(text, "utf-8")
        with options.write.with_suffix(".csv").open("w", encoding="utf-8", newline="") as listed:
            csv.writer(listed, lineterminator="\n").writerows(differing)
    return sum(number for (_, verdict), number in told.items() if verdict.startswith(("too", "no verdict")))


def named(kind: str, action: str) -> list:
    """What the oracle is asked: of foreign accounts the auditor tells capabilities, which several actions give."""
    return [action, *ALIKE.get(action, ())] if kind == "visit" else [action]


def either(*verdicts) -> bool | str:
    """Whether one of them allows it; why one cannot say."""
    return next((one for one in verdicts if isinstance(one, str)), True in verdicts)


def judged(said: Said, found: list) -> str:
    """What an answer is beside the verdicts in several circumstances."""
    if any(isinstance(one, str) for one in found):
        return "no verdict"
    if said is Said.IF:
        return "agreed: under conditions" if True in found and False in found else "open"
    if said is Said.YES:
        return "too much" if False in found else "agreed: allowed"
    return "too little" if True in found else "agreed: refused"


def main() -> int:
    """Run the campaign: 1 where the two differ and nobody has said why."""
    parser = argparse.ArgumentParser(prog="tests.oracle", description=__doc__)
    parser.add_argument("oracle", type=Path, help="the folder that holds the oracle under node_modules")
    parser.add_argument("--worlds", type=int, default=2000, help="how many sets of policies")
    parser.add_argument("--contexts", type=int, default=3, help="in how many circumstances each request is tried")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--write", type=Path, help="the page to write what came of it to, with each difference beside it in CSV"
    )
    return 1 if campaign(parser.parse_args()) else 0


if __name__ == "__main__":
    sys.exit(main())
