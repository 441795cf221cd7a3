"""Questions about the past, put to a month of evidence: what is on the screen, without the page and PDF of a review."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from auditor.model.handles import write_handle
from tests.bench import various
from tests.bench.activity import PEOPLE
from tests.bench.measure import Line, at_most, interleaved, program, task
from tests.bench.reconcile import AT, AWS, company, settings, stored
from tests.copies import replace

EVENTS = int(os.environ.get("AUDITOR_BENCH_EVENTS", "1_000_000"))
ROUNDS = int(os.environ.get("AUDITOR_BENCH_ROUNDS", "3"))
_ASKED = {"incident": "incident, twelve hours of one system", "who": "who had access to one system"}
_JUDGED = {
    "replay": ("replay of one right", 2),
    "fit_person": ("grants that fit one person", 5),
    "fit_system": ("grants that fit whoever works on a system", 5),
}


def past() -> list[Line]:
    """Seconds from starting the program until it has answered, on calm and on various data."""
    calm = _with_rights(stored(EVENTS))
    various_store = _various(EVENTS)
    account = {"provider": "aws", "account": various.account_id(0), "match": ["*"]}
    one = {
        "systems": [{"id": "system-1", "name": "System 1", "resources": [account]}],
        "sources": [settings()["sources"][0]],
    }
    places = {
        "calm": (_configured(calm, settings()), AT),
        "various": (_configured(various_store, settings() | one), various.END),
    }
    asked = {
        f"{name}: {label}": partial(program, what, "system-1", *_times(what, at), "--config", config)
        for name, (config, at) in places.items()
        for what, label in _ASKED.items()
    }
    judged = {name: partial(task, name, calm) for name in _JUDGED}
    costs = interleaved(asked | judged, ROUNDS)
    return [
        *(at_most(f"{what}, {EVENTS:,} events a month", costs[what], costs[what].seconds, 1, "s") for what in asked),
        *(
            at_most(f"{what}, 90 days, {EVENTS:,} events", costs[name], costs[name].seconds, most, "s")
            for name, (what, most) in _JUDGED.items()
        ),
    ]


def _times(what: str, at: datetime) -> tuple[str, ...]:
    """Twelve hours, or their end: a nightly snapshot is never much further away."""
    if what == "who":
        return "--at", at.isoformat()
    return "--from", (at - timedelta(hours=12)).isoformat(), "--to", at.isoformat(), "--format", "markdown"


def _configured(evidence: Path, company: dict[str, Any]) -> Path:
    """The file of a company's configuration, for a store; YAML takes JSON."""
    file = evidence.with_suffix(".yaml")
    file.write_text(json.dumps(company | {"evidence": str(evidence), "output": str(evidence / "output")}))
    return file


def _various(events: int) -> Path:
    """A store of the archive in which little repeats; made when it is not there yet."""
    archive = various.archive(events)
    folder = archive.with_name(f"store-{archive.name}")
    if not folder.exists():
        unfinished = folder.with_suffix(".unfinished")
        task("collect_into", archive, unfinished)
        unfinished.rename(folder)
    return folder


def replay(evidence: str) -> float:
    """Seconds to tell what would have failed without one right."""
    begin = time.perf_counter()
    from auditor.case.replayed import replayed
    from auditor.cli.terminal.replay import print_replay
    from auditor.model.handles import read_handle
    from reports.replay import replay_view

    told = _options(evidence)
    with told.store.shared() as store:
        found = replayed(store, told.config, [read_handle(_handle(3))], AT, timedelta(days=90))
    print_replay(replay_view(found))
    if not found.removal.judged:
        sys.exit("nothing was replayed")
    return time.perf_counter() - begin


def fit_person(evidence: str) -> float:
    """Seconds for the grants that fit somebody's work."""
    return _fitted(evidence, f"arn:aws:iam::{AWS}:user/person-3")


def fit_system(evidence: str) -> float:
    """Seconds for the grants that fit everybody's work on one system."""
    return _fitted(evidence, "system-1")


def _fitted(evidence: str, what: str) -> float:
    begin = time.perf_counter()
    from auditor.questions.fit import fit
    from reports.fit import lines

    told = replace(_options(evidence), period=timedelta(days=90))
    found = fit(told, what)
    print("\n".join(lines(found, told.config.zone)))
    if not found.grants:
        sys.exit("nothing was fitted")
    return time.perf_counter() - begin


def _with_rights(evidence: Path) -> Path:
    """The same evidence with a policy for everybody; made when it is not there yet."""
    from auditor.evidence.manifest import SourceRun
    from auditor.evidence.store import Store
    from auditor.model.arrow import to_arrow
    from auditor.model.tables import Account, Grant, Policy

    folder = evidence.with_name(f"{evidence.name}-rights")
    if folder.exists():
        return folder
    unfinished = folder.with_suffix(".unfinished")
    shutil.copytree(evidence, unfinished)
    at: dict[str, Any] = {"source": "iam", "collected_at": AT, "origin": "iam.json"}
    accounts, policies, grants = [], [], []
    text = json.dumps({"Statement": [{"Effect": "Allow", "Action": ["ecs:*", "s3:*", "logs:*"], "Resource": "*"}]})
    for number in range(PEOPLE):
        name = f"arn:aws:iam::{AWS}:user/person-{number}"
        of = {"account": name, "provider": "aws", "scope": AWS, "kind": "person", "name": f"person-{number}"}
        accounts.append(Account(**at, **of, enabled=True))
        policies.append(
            Policy(**at, policy=f"{name}#own", kind="identity", attached_to=name, name="own", document=text)
        )
        right = {"principal": name, "role": "own", "resource": AWS, "provider": "aws", "handle": _handle(number)}
        grants.append(Grant(**at, **right))
    store = Store(str(unfinished))
    with store.lock():
        staging = store.staging("rights", AT)
        written = [*staging.write("iam", Account, to_arrow(Account, accounts))]
        written += staging.write("iam", Policy, to_arrow(Policy, policies))
        written += staging.write("iam", Grant, to_arrow(Grant, grants))
        store.commit(staging, written, version="bench", sources={"iam": SourceRun(kind="aws-iam", status="ok")})
    unfinished.rename(folder)
    return folder


def _handle(number: int) -> str:
    return write_handle("aws", "inline-user-policy", AWS, user=f"person-{number}", policy="own")


def _options(evidence: str) -> Any:
    from auditor.options import RunOptions

    return RunOptions(
        config=company(), at=AT, period=timedelta(days=30), evidence=evidence, output=Path(evidence), workers=1
    )
