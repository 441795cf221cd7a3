"""The catalogue: every rule, in the order in which reports list them."""

from auditor.rules import changes, evidence, shared, standing, tasks
from auditor.rules.base import Rule

RULES: tuple[Rule, ...] = (
    standing.departed,
    standing.unknown_person,
    standing.admin_access,
    standing.outlived_task,
    standing.beyond_job,
    standing.write_access,
    standing.read_access,
    standing.old_credential,
    shared.login,
    shared.ssh_key,
    shared.root,
    tasks.none,
    tasks.unknown,
    tasks.unapproved,
    tasks.self_approved,
    tasks.late_approval,
    tasks.too_long,
    changes.no_window,
    changes.outside_window,
    changes.beyond_scope,
    changes.login_without_window,
    changes.audit_trail,
    evidence.source_failed,
    evidence.gap,
)
