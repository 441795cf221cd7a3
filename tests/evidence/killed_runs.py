"""Runs that are killed. One line on stdin, `store run kill`, is one run in a process of its own (forked, as imports are slow).

The process kills itself with SIGKILL just before it changes a file for the `kill`th time; 0 lets it end. Answers on stdout with
the number of operations and the exit status.
"""

import os
import signal
import sys
from datetime import UTC, datetime

# Here, so that each run need not: `Store` is late with both.
import duckdb  # noqa: F401

import auditor.evidence.staging  # noqa: F401
from auditor.evidence.manifest import SourceRun
from auditor.evidence.objects_read import seen
from auditor.evidence.store import Store
from auditor.model.arrow import columns_to_arrow
from auditor.model.tables import Account, Activity, ReadObject

AT = datetime(2026, 10, 2, 4, tzinfo=UTC)
OPERATIONS = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "shutil.rmtree", "tempfile.mkstemp"}
FILES = {"a.json": [1, 2, 3, 14], "b.json": [3, 4, 15], "c.json": [15, 26, 1]}
done = []


def count_down(kill):
    """Count the operations that change files, and die before the chosen one."""

    def hook(name, args):
        if name in OPERATIONS or (name == "open" and (args[2] or 0) & (os.O_WRONLY | os.O_RDWR)):
            done.append(name)
            if len(done) == kill:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def events(origin):
    days, n = FILES[origin], len(FILES[origin])
    same = {"source": "trail", "collected_at": AT, "origin": origin, "provider": "aws", "scope": "111122223333"}
    same |= {"action": "s3:GetObject", "category": "read", "level": "read", "outcome": "ok"}
    columns = {name: [value] * n for name, value in same.items()} | {"record": range(n)}
    columns |= {"event_id": [f"id-{d}" for d in days], "time": [AT.replace(day=1 + d // 10, hour=d % 10) for d in days]}
    return columns_to_arrow(Activity, columns, n)


def night(url, run):
    """What is new, committed as a night's run does."""
    store = Store(url)
    with store.lock():
        staging = store.staging(run, AT)
        new = FILES.keys() - seen(store, "trail").keys()
        parts = [part for origin in sorted(new) for part in staging.write("trail", Activity, events(origin))]
        if new:
            names = sorted(new)
            columns = {"source": ["trail"] * len(names), "collected_at": [AT] * len(names), "origin": names}
            parts += staging.write("trail", ReadObject, columns_to_arrow(ReadObject, columns, len(names)))
        columns = {"source": ["iam"], "collected_at": [AT], "origin": ["page"], "account": ["mia"]}
        columns |= {"provider": ["aws"], "scope": ["111122223333"], "kind": ["person"]}
        parts += staging.write("iam", Account, columns_to_arrow(Account, columns, 1))
        sources = {name: SourceRun(kind="made-up", status="ok") for name in ("trail", "iam")}
        store.commit(staging, parts, version="1", sources=sources, raw=[staging.keep_raw("iam", "page", b"page")])


def main():
    for line in sys.stdin:
        url, run, kill = line.split()
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.set_blocking(writer, True)
            count_down(int(kill))
            night(url, run)
            os.write(writer, str(len(done)).encode())
            os._exit(0)
        os.close(writer)
        with os.fdopen(reader, "rb") as answer:
            operations = answer.read().decode() or "0"
        _, status = os.waitpid(child, 0)
        print(operations, os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
