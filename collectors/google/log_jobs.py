"""Jobs of BigQuery in audit logs, in both forms that Google has for them: whether they write data, and where."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

Object = Mapping[str, Any]

# What a query may be that writes nothing by itself: the statements of a script are jobs of their own.
_LOOKING = frozenset({"", "SELECT", "SCRIPT", "CALL", "ASSERT", "EXPLAIN", "STATEMENT_TYPE_UNSPECIFIED"})
# Results that nobody wanted kept go to a hidden data set.
_HIDDEN = "/datasets/_"
_MADE = ("tableDataChange", "tableCreation", "tableChange", "tableDeletion")


class Job(Struct, frozen=True):
    """What one entry tells of a job.

    Args:
        name: `projects/shop/jobs/…`.
        table: what it writes, by its name in the log; empty where that is none, or not told.
        writes: whether it wrote data, there or to a bucket.
    """

    name: str
    table: str
    writes: bool

    @property
    def key(self) -> str | None:
        """What all entries of one job about one table share, in whichever form and log."""
        return f"{self.name} {self.table}" if self.name and self.table else None


def job_of(metadata: Object, service_data: Object, *, over: bool, table: str) -> Job | None:
    """The job that an entry is about, or that did what it is about; None where it is about none.

    Args:
        metadata: the entry's metadata.
        service_data: what older entries have instead.
        over: whether no later entry tells what came of what was asked for here.
        table: the name of the entry's resource, for what a job did to a table.
    """
    for name in _MADE:
        if isinstance(made := metadata.get(name), dict) and (job := _text(made.get("jobName"))):
            return Job(job, table, writes=False)
    if asked := _inside(metadata, "jobInsertion", "job"):
        return _job(asked, over=over)
    if changed := _inside(metadata, "jobChange", "job") or _inside(service_data, "jobCompletedEvent", "job"):
        return _job(changed, over=_text(_inside(changed, "jobStatus").get("jobState") or "DONE") == "DONE")
    return None


def _job(job: Object, *, over: bool) -> Job:
    status = _inside(job, "jobStatus")
    failed = bool(_inside(status, "errorResult") or _inside(status, "error"))
    config = _inside(job, "jobConfig") or _inside(job, "jobConfiguration")
    query = _inside(config, "queryConfig") or _inside(config, "query")
    moved = next(
        filter(None, (_inside(config, name) for name in ("loadConfig", "load", "tableCopyConfig", "tableCopy"))), {}
    )
    table = _named(moved.get("destinationTable") or query.get("destinationTable"))
    kept = "" if _HIDDEN in table else table
    looks = _text(query.get("statementType")).upper() in _LOOKING and not kept
    writes = (
        not looks
        if query
        else bool(moved or config.get("type") in ("EXPORT", "IMPORT", "TABLE_COPY") or "extract" in config)
    )
    return Job(_named(job.get("jobName")), kept, writes and over and not failed and config.get("dryRun") is not True)


def _named(value: Any) -> str:
    """A job's or a table's name, which older entries have in pieces."""
    if not isinstance(value, dict):
        return _text(value)
    project, table = _text(value.get("projectId")), _text(value.get("tableId"))
    place = f"datasets/{_text(value.get('datasetId'))}/tables/{table}" if table else f"jobs/{_text(value.get('jobId'))}"
    return f"projects/{project}/{place}"


def _inside(value: Object, *names: str) -> Object:
    for name in names:
        inner = value.get(name)
        value = inner if isinstance(inner, dict) else {}
    return value


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
