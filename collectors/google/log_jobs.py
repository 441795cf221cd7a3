"""Jobs of BigQuery in audit logs, in both forms that Google has for them: whether they write data, and where."""

from typing import Any

from msgspec import Struct

from collectors.google.log_fields import Object, object_in, text_in

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
        if job := text_in(object_in(metadata, name), "jobName"):
            return Job(job, table, writes=False)
    if asked := object_in(object_in(metadata, "jobInsertion"), "job"):
        return _job(asked, over=over)
    if changed := object_in(object_in(metadata, "jobChange"), "job") or object_in(
        object_in(service_data, "jobCompletedEvent"), "job"
    ):
        return _job(changed, over=(text_in(object_in(changed, "jobStatus"), "jobState") or "DONE") == "DONE")
    return None


def _job(job: Object, *, over: bool) -> Job:
    status = object_in(job, "jobStatus")
    failed = bool(object_in(status, "errorResult") or object_in(status, "error"))
    config = object_in(job, "jobConfig") or object_in(job, "jobConfiguration")
    query = object_in(config, "queryConfig") or object_in(config, "query")
    moved = next(
        filter(None, (object_in(config, name) for name in ("loadConfig", "load", "tableCopyConfig", "tableCopy"))), {}
    )
    table = _named(moved.get("destinationTable") or query.get("destinationTable"))
    kept = "" if _HIDDEN in table else table
    looks = text_in(query, "statementType").upper() in _LOOKING and not kept
    writes = (
        not looks
        if query
        else bool(moved or config.get("type") in ("EXPORT", "IMPORT", "TABLE_COPY") or "extract" in config)
    )
    return Job(_named(job.get("jobName")), kept, writes and over and not failed and config.get("dryRun") is not True)


def _named(value: Any) -> str:
    """A job's or a table's name, which older entries have in pieces."""
    if not isinstance(value, dict):
        return value if isinstance(value, str) else ""
    project, table = text_in(value, "projectId"), text_in(value, "tableId")
    place = f"datasets/{text_in(value, 'datasetId')}/tables/{table}" if table else f"jobs/{text_in(value, 'jobId')}"
    return f"projects/{project}/{place}"
