"""A run in a process of its own that stores in a bucket: `url work run signal`.

It says `held` once it holds the lease, stores when it is told to go on, and sends itself the signal after its files are
in place and before HEAD names them.
"""

import os
import sys
from pathlib import Path

from auditor.errors import AuditorError
from auditor.evidence.manifest import SourceRun
from auditor.evidence.store import Store
from auditor.model.arrow import to_arrow
from auditor.model.tables import Activity
from tests.evidence.conftest import NIGHT, events_of


def main(url, work, run, signal):
    def hook(name, args):  # the first of the files that were uploaded is gone from the staging folder
        if name == "os.remove" and str(args[0]).endswith(".parquet"):
            os.kill(os.getpid(), int(signal))

    store = Store(url, work=Path(work))
    with store.lock():
        staging = store.staging(run, NIGHT)
        parts = staging.write("trail", Activity, to_arrow(Activity, events_of([1, 2])))
        print("held", flush=True)
        sys.stdin.readline()
        sys.addaudithook(hook)
        store.commit(staging, parts, version="1", sources={"trail": SourceRun(kind="made-up", status="ok")})


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except AuditorError as error:
        print(*error.diagnostics(), flush=True)
        sys.exit(error.exit_status)
