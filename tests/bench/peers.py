"""Other programs on the same files, and the floor. Run by a Python of their own, in which nothing of this project is."""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.bench.measure import report

PACKAGES = ("duckdb", "isal", "polars", "pysimdjson", "trailscraper")
# What the activity table is made from.
_TEXTS = ("eventID", "eventTime", "eventSource", "eventName", "recipientAccountId", "awsRegion", "sourceIPAddress")
_TEXTS += ("userAgent", "errorCode", "requestID")
_CALLER = ("type", "arn", "accountId", "accessKeyId", "invokedBy")
_ISSUER, _CREATED = "sessionContext.sessionIssuer.arn", "sessionContext.attributes.creationDate"


def _unpacked(path: Path) -> bytes:
    from isal import isal_zlib

    content: bytes = isal_zlib.decompress(path.read_bytes(), wbits=31, bufsize=16 << 20)
    return content


def floor(files: list[Path]) -> None:
    """Unpack and parse every file on one core, and keep nothing."""
    import simdjson

    parser = simdjson.Parser()
    for path in files:
        assert parser.parse(_unpacked(path))["Records"]


def duckdb(files: list[Path]) -> None:
    """DuckDB's reading of JSON to Parquet, with two threads. Unless told that a file is a record, it takes ten times as long."""
    import duckdb

    issuer = "sessionIssuer STRUCT(arn VARCHAR), attributes STRUCT(creationDate VARCHAR)"
    caller = ", ".join(f'"{name}" VARCHAR' for name in _CALLER) + f", sessionContext STRUCT({issuer})"
    rest = "requestParameters JSON, readOnly BOOLEAN, resources STRUCT(ARN VARCHAR)[]"
    record = ", ".join(f'"{name}" VARCHAR' for name in _TEXTS) + f", userIdentity STRUCT({caller}), {rest}"
    who = ", ".join(f"r.userIdentity.{name}" for name in (*_CALLER, _ISSUER, _CREATED))
    picked = ", ".join(f"r.{name}" for name in _TEXTS) + f", {who}, r.requestParameters, r.readOnly, r.resources"
    database = duckdb.connect(config={"threads": 2, "preserve_insertion_order": False})
    with tempfile.TemporaryDirectory(prefix="auditor-bench-") as folder:
        database.execute(
            f"COPY (SELECT {picked} FROM (SELECT unnest(Records) AS r FROM read_json(?, columns={{'Records': "
            f"'STRUCT({record})[]'}}, records='true', maximum_object_size={1 << 28}))) "
            f"TO '{folder}/activity.parquet' (COMPRESSION zstd)",
            [list(map(str, files))],
        )


def polars(files: list[Path]) -> None:
    """Polars' reading of JSON to Parquet, file by file, with two threads, unpacked by isal."""
    import polars as pl

    texts: dict[str, Any] = dict.fromkeys(_TEXTS, pl.String)
    issuer = {"sessionIssuer": pl.Struct({"arn": pl.String}), "attributes": pl.Struct({"creationDate": pl.String})}
    caller = pl.Struct({**dict.fromkeys(_CALLER, pl.String), "sessionContext": pl.Struct(issuer)})
    rest = {"readOnly": pl.Boolean, "resources": pl.List(pl.Struct({"ARN": pl.String}))}
    record = pl.Struct({**texts, "userIdentity": caller, **rest})
    with tempfile.TemporaryDirectory(prefix="auditor-bench-") as folder:
        for number, path in enumerate(files):
            read = pl.read_json(io.BytesIO(_unpacked(path)), schema={"Records": pl.List(record)})
            events = read.explode("Records").unnest("Records").unnest("userIdentity")
            events.write_parquet(f"{folder}/{number}.parquet", compression="zstd", compression_level=1)


def trailscraper(files: list[Path]) -> None:
    """trailscraper's loading, every record made and dropped."""
    from trailscraper.record_sources.local_directory_record_source import LocalDirectoryRecordSource

    span = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
    top = next(folder for folder in files[0].parents if folder.name == "AWSLogs").parent
    assert sum(1 for _ in LocalDirectoryRecordSource(str(top)).load_from_dir(*span))


def jq(files: list[Path]) -> None:
    """jq picking the same fields, unpacked by gzip."""
    who = ", ".join(f"{name}: .userIdentity.{name}" for name in _CALLER)
    picked = f"{', '.join(_TEXTS)}, {who}, issuer: .userIdentity.{_ISSUER}, requestParameters, readOnly, resources"
    pipe = f"xargs -0 cat | gzip -dc | jq -c '.Records[] | {{{picked}}}'"
    names = "\0".join(map(str, files)).encode()
    subprocess.run(["sh", "-c", pipe], check=True, input=names, stdout=subprocess.DEVNULL)


PEERS: dict[str, Callable[[list[Path]], None]] = {
    one.__name__: one for one in (floor, duckdb, polars, trailscraper, jq)
}


def main() -> None:
    """Let the peer that the command line names go through a folder."""
    files = sorted(Path(sys.argv[2]).rglob("*.json.gz"))
    begin = time.perf_counter()
    PEERS[sys.argv[1]](files)
    report(time.perf_counter() - begin)


if __name__ == "__main__":
    main()
