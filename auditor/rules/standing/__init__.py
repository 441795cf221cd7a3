"""Rights that stay. A person's path to a system has one finding, of the most telling cause."""

from auditor.rules.standing.credentials import old_credential
from auditor.rules.standing.paths import admin_access, beyond_job, outlived_task, read_access, write_access
from auditor.rules.standing.people import departed, unknown_person

__all__ = [
    "admin_access",
    "beyond_job",
    "departed",
    "old_credential",
    "outlived_task",
    "read_access",
    "unknown_person",
    "write_access",
]
