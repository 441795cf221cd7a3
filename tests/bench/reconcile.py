"""The whole reconcile: stored evidence into a case, and every rule over it, with each rule's share."""

from __future__ import annotations

import json
import os
import random
import sys
import time
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from tests.bench.activity import BEGIN, DAYS, PEOPLE, SYSTEMS, activity
from tests.bench.measure import Line, at_most, interleaved, task

EVENTS = int(os.environ.get("AUDITOR_BENCH_EVENTS", "1_000_000"))
ROUNDS = int(os.environ.get("AUDITOR_BENCH_ROUNDS", "3"))
TICKETS = 20_000
AT = BEGIN + timedelta(days=DAYS)
AWS = "111122223333"


def reconcile() -> list[Line]:
    """Time and memory for 200 people, 50 systems and 20,000 tickets. The target is 25 s for ten million events."""
    evidence = stored(EVENTS)
    cost = interleaved({"reconcile": partial(task, "reconcile", evidence)}, ROUNDS)["reconcile"]
    shares = json.loads((evidence / "shares.json").read_text())
    target = max(25 * EVENTS / 10_000_000, 6)
    total = sum(shares.values())
    return [
        at_most(f"reconcile {EVENTS:,} events, {TICKETS:,} tickets", cost, cost.seconds, target, "s"),
        at_most("memory", cost, cost.peak_mb, 2000, "MB"),
        *(
            Line(f"  {name}", value=f"{seconds:.2f} s, {seconds / total:.0%}")
            for name, seconds in sorted(shares.items(), key=lambda share: -share[1])
            if seconds / total >= 0.001
        ),
    ]


def stored(events: int) -> Path:
    """A store of one run with the activity, and a company around it; made when it is not there yet."""
    import pyarrow.parquet as pq

    from auditor.evidence.manifest import SourceRun
    from auditor.evidence.store import Store
    from auditor.model.arrow import columns_to_arrow, to_arrow
    from auditor.model.tables import Account, Activity, Ticket

    parts = activity(events)
    folder = parts.with_name(f"store-{events}")
    if folder.exists():
        return folder
    unfinished = folder.with_suffix(".unfinished")
    store = Store(str(unfinished))
    with store.lock():
        staging = store.staging("bench", AT)
        written = []
        for path in sorted(parts.glob("*.parquet")):
            rows = pq.read_table(path)
            whole = columns_to_arrow(Activity, {name: rows[name] for name in rows.column_names}, rows.num_rows)
            written += staging.write("trail", Activity, whole)
        written += staging.write("tickets", Ticket, to_arrow(Ticket, _tickets()))
        written += staging.write("iam", Account, to_arrow(Account, _accounts()))
        kinds = {"trail": "aws-cloudtrail", "tickets": "tickets-file", "iam": "aws-iam"}
        sources = {name: SourceRun(kind=kind, status="ok") for name, kind in kinds.items()}
        store.commit(staging, written, version="bench", sources=sources)
    unfinished.rename(folder)
    return folder


def run(folder: str) -> float:
    """Seconds from the store to the verdict; leaves each rule's share beside the store."""
    from auditor.case.build import build_case
    from auditor.evidence.store import Store
    from auditor.reconcile import reconcile as judge
    from auditor.rules.registry import RULES

    begin = time.perf_counter()
    case = build_case(Store(folder), company(), AT, timedelta(days=DAYS))
    shares = {"resolution and digest": time.perf_counter() - begin}
    found = 0
    for rule in RULES:
        start = time.perf_counter()
        found += len(judge(case, [rule]).findings)
        shares[rule.name] = time.perf_counter() - start
    seconds = time.perf_counter() - begin
    if not found:
        sys.exit(f"nothing was found in {folder}")
    (Path(folder) / "shares.json").write_text(json.dumps(shares))
    return seconds


def company() -> Any:
    """The configuration as it is read."""
    from auditor.config.models import Config

    return Config.model_validate(settings())


def settings() -> dict[str, Any]:
    """The configuration: every system has a person on duty, and everybody may deploy."""
    people = [
        {"id": f"p{n}", "name": f"Person {n}", "job": "engineer", "accounts": [f"arn:aws:iam::{AWS}:user/person-{n}"]}
        for n in range(PEOPLE)
    ]
    systems = [
        {
            "id": f"system-{n}",
            "name": f"System {n}",
            "primary": f"p{n}",
            "backup": f"p{n + 1}",
            "on_duty": [f"p{n}"],
            "resources": [{"provider": "aws", "account": AWS, "match": [f"*service/system-{n}/*"]}],
        }
        for n in range(SYSTEMS)
    ]
    sources = [
        {"name": "trail", "kind": "aws-cloudtrail", "path": "."},
        {"name": "tickets", "kind": "tickets-file", "path": "tickets.csv"},
        {"name": "iam", "kind": "aws-iam", "account": AWS, "file": "iam.json"},
    ]
    return {
        "organisation": "Bench",
        "people": people,
        "systems": systems,
        "sources": sources,
        "jobs": {"engineer": ["read-logs", "deploy"]},
        "policy": {"approvers": ["p0"]},
    }


def _accounts() -> list[Any]:
    from auditor.model.tables import Account

    place = {"source": "iam", "collected_at": AT, "origin": "iam.json", "provider": "aws", "scope": AWS}
    return [
        Account(**place, account=f"arn:aws:iam::{AWS}:user/person-{n}", kind="person", name=f"person-{n}", enabled=True)
        for n in range(PEOPLE)
    ]


def _tickets() -> list[Any]:
    from auditor.model.tables import Ticket

    chance = random.Random(7)
    rows = []
    for number in range(TICKETS):
        begin = BEGIN + timedelta(seconds=chance.randrange(DAYS * 86_400))
        end = begin + timedelta(minutes=chance.randrange(10, 120))
        who, what = f"p{chance.randrange(PEOPLE)}", f"system-{chance.randrange(SYSTEMS)}"
        rows.append(
            Ticket(
                source="tickets",
                collected_at=AT,
                origin="tickets.csv",
                record=number,
                ticket=f"OPS-{number}",
                kind="access",
                work="risky",
                reason="Queue length limit too small for the month's end",
                requester=who,
                person=who,
                systems=(what,),
                level="write" if chance.random() < 0.9 else "read",
                opened_at=begin - timedelta(minutes=20),
                starts_at=begin,
                ends_at=end,
                approver="p0",
                approved_at=begin - timedelta(minutes=5),
                approval=f"Approved OPS-{number} for {who} on {what} until 12:00",
                second_reviewer="p1",
                closed_at=end,
                closeout="Done, and the access is gone",
                removal_confirmed=True,
            )
        )
    return rows
