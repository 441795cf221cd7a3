"""Changes outside windows, outside duties, and to the audit trail itself."""

from auditor.rules.changes.duties import break_glass, incomplete_note, not_named
from auditor.rules.changes.emergency_record import unrecorded_emergency
from auditor.rules.changes.leavers import by_leaver
from auditor.rules.changes.pipelines import around_the_pipeline
from auditor.rules.changes.reads import bulk_read
from auditor.rules.changes.refused import refused
from auditor.rules.changes.releases import release_hours
from auditor.rules.changes.trail import audit_trail
from auditor.rules.changes.windows import beyond_scope, login_without_window, no_window, outside_window

RULES = (
    by_leaver,
    no_window,
    outside_window,
    beyond_scope,
    login_without_window,
    bulk_read,
    release_hours,
    around_the_pipeline,
    not_named,
    incomplete_note,
    audit_trail,
    refused,
    break_glass,
    unrecorded_emergency,
)
