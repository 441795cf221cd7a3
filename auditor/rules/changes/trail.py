"""What a change to the audit trail leaves recorded."""

from collections.abc import Iterator

from auditor.case.case import Case
from auditor.model.findings import Outcome
from auditor.model.subjects import SubjectKind
from auditor.model.vocabulary import Severity
from auditor.providers.registry import place, provider
from auditor.rules.asks import ASK
from auditor.rules.base import Rule, controls, rule
from auditor.rules.facts import told_through
from auditor.rules.words import moment


@rule(
    "changes/audit-trail",
    heading="Changes to the audit trail",
    judges=SubjectKind.EVENT,
    severity=Severity.CRITICAL,
    reads=("activity",),
    asks=ASK,
    why="Whoever narrows the log decides what can be known later.",
    controls=controls(
        soc2="CC7.2", iso="A.8.15 A.8.16", pci="10.2.1.5 10.3.4", nist="AU-9 CM-5(1)", cis_aws="3.1 4.5", cis="8.11"
    ),
)
def audit_trail(self: Rule, case: Case) -> Iterator[Outcome]:
    """Logging stopped, narrowed or deleted, by anyone, pipelines and services too. Denied attempts changed nothing.

    New event selectors are a finding when they leave out management events, reads or writes; an updated trail when it
    gives up regions, global events or log validation, or is sent to another bucket; a change to a trail's bucket, key
    or log group when it is deleted, keeps less than 90 days or shuts CloudTrail out; a recorder, a detector, or the log
    of a bucket, a database, a search domain, a balancer, a firewall or of sessions when something of it is switched
    off. For Google: a sink or flow log that is switched off, a sink that leaves more out, an exclusion, a bucket that
    keeps less than 30 days, what a sink writes to when it is deleted, audit logs that a policy no longer asks for, and
    a database that is told to log no more. Of PostgreSQL: a setting of its log that is switched off or set back. On a
    host: what writes or ships its log is stopped, auditing is switched off, or the log of logins and commands is
    emptied or deleted. Of HashiCorp Vault: an audit device that is taken away. What records more is none.
    """
    for event in case.judged_events:
        room = provider(event.provider)
        if not room.bears_on_trail(event):
            continue
        if event.outcome != "ok" or not room.narrows_trail(event):
            yield self.clear(account=event.account or event.actor, thing=event.event_id)
            continue
        yield self.finding(
            thing=event.event_id,
            person=event.person,
            account=event.account,
            system=case.systems.of(event.provider, event.scope, event.resource),
            resource=event.resource,
            credential=event.credential,
            starts_at=event.time,
            ends_at=event.time,
            summary=f"{case.doer(event)} narrowed the audit trail of {place(event.provider, event.scope)} "
            f"({event.action}) on {moment(event.time, case.config.zone)}",
            next_step="Restore the trail, and review what happened in the account since then by other means.",
            facts={
                "action": event.action,
                "detail": event.detail,
                "from": event.source_ip,
                "actor": event.actor,
                "known_by": case.evidence_of(event),
                "through": told_through(case.through(event)),
            },
            evidence=(event.evidence,),
        )
