"""Grants without a real task, and tickets that do not carry what they claim."""

from auditor.rules.tasks.approvals import late_approval, no_second_reviewer, self_approved, unapproved
from auditor.rules.tasks.grants import none, unknown, wider_than_approved
from auditor.rules.tasks.tickets import left_open, no_closeout, rewritten, too_long, vague

RULES = (
    none,
    unknown,
    unapproved,
    self_approved,
    late_approval,
    vague,
    too_long,
    no_second_reviewer,
    wider_than_approved,
    no_closeout,
    left_open,
    rewritten,
)
