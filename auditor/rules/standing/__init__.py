"""Rights that stay. A person's path to a system has one finding, of the most telling cause."""

from auditor.rules.standing.credentials import old_credential, unused
from auditor.rules.standing.emergency import open_break_glass, repeated_extension
from auditor.rules.standing.limits import conflicting_rights, too_many_writers
from auditor.rules.standing.paths import admin_access, beyond_job, outlived_task, read_access, write_access
from auditor.rules.standing.people import departed, unknown_person
from auditor.rules.standing.secrets import known_secret

RULES = (
    departed,
    unknown_person,
    admin_access,
    outlived_task,
    beyond_job,
    write_access,
    read_access,
    conflicting_rights,
    too_many_writers,
    open_break_glass,
    repeated_extension,
    old_credential,
    unused,
    known_secret,
)
