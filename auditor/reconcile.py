"""Runs every rule over the case: findings, what is clear, and what could not be judged."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from types import MappingProxyType

from msgspec import Struct
from msgspec.structs import replace

from auditor.case.case import Case
from auditor.case.coverage import NEEDED, no_source
from auditor.case.own_access import is_own
from auditor.config.models import RuleException
from auditor.ledger import Decision
from auditor.model.findings import Clear, Finding, NotJudged, Tally, tallied
from auditor.model.subjects import Subject, SubjectKind
from auditor.model.tables import Activity, Credential, Grant, Ticket
from auditor.model.vocabulary import CoverageStatus, Status
from auditor.rules.base import Rule
from auditor.rules.registry import RULES
from auditor.rules.strangers import folded
from auditor.rules.work import with_work

# Of the others, rules that need them say so themselves where there is anything to judge.
_BASIC = (Activity.TABLE, Grant.TABLE, Credential.TABLE, Ticket.TABLE)
NOTHING: Mapping[str, Decision] = MappingProxyType({})


class Verdict(Struct, frozen=True, kw_only=True):
    """What the rules said: `clear` counts subjects in order by rule.

    `told` is what could not be judged as people are told it: for want of a kind of source once a rule, not once a
    subject. `unseen` has the places that each rule could not see; an empty one stands for all of them. `tested` counts
    what each rule said, a finding for each subject.
    """

    findings: tuple[Finding, ...]
    not_judged: tuple[NotJudged, ...]
    told: tuple[NotJudged, ...]
    clear: dict[str, int]
    unseen: Mapping[str, Collection[str]]
    tested: Mapping[str, Tally]


def reconcile(case: Case, rules: Iterable[Rule] = RULES, decided: Mapping[str, Decision] = NOTHING) -> Verdict:
    """Every rule's outcome for every subject, exceptions applied, in a stable order.

    `decided` holds what the review said of findings, by id; of that, exceptions matter here.
    """
    findings: dict[str, Finding] = {}
    unjudged: dict[NotJudged, None] = {}
    clear: Counter[str] = Counter()
    unseen: dict[str, set[str]] = {}
    not_read: set[NotJudged] = set()
    for rule in rules:
        clear[rule.name] = 0
        for missing, place in _missing(rule, case):
            unjudged[missing] = None
            not_read.add(missing)
            if place is not None:
                unseen.setdefault(rule.name, set()).add(place)
        for outcome in rule(case):
            match outcome:
                case Finding():
                    findings.setdefault(outcome.id, _excepted(outcome, case, decided.get(outcome.id)))
                case NotJudged():
                    unjudged[outcome] = None
                case Clear():
                    clear[outcome.rule] += 1
    return Verdict(
        findings=tuple(with_work(one, case) for one in sorted(folded(findings.values()), key=_worst_first)),
        not_judged=_in_order(unjudged),
        told=_in_order(_once_a_kind(unjudged, case)),
        clear=dict(clear),
        unseen=unseen,
        # What stands for sources and scopes that were not read is no subject.
        tested=tallied(clear, findings.values(), unjudged.keys() - not_read, {one.rule for one in not_read}),
    )


def _once_a_kind(unjudged: Iterable[NotJudged], case: Case) -> Iterable[NotJudged]:
    """Those of a rule that lack the same kind of source as one, and all others as they are."""
    kinds = {lacks: _kind(table) for table in NEEDED if (lacks := no_source(case.config, table))}
    told: dict[tuple[str, Subject, str], NotJudged] = {}
    for one in unjudged:
        subject = kinds.get(one.reason, one.subject)
        key = one.rule, subject, one.reason
        if key not in told:
            told[key] = replace(one, subject=subject)
    return told.values()


def _kind(table: str) -> Subject:
    return Subject(kind=SubjectKind.LOG, thing=table, label=NEEDED[table])


def _in_order(unjudged: Iterable[NotJudged]) -> tuple[NotJudged, ...]:
    return tuple(sorted(unjudged, key=lambda one: (one.rule, str(one.subject), one.reason)))


def _missing(rule: Rule, case: Case) -> Iterable[tuple[NotJudged, str | None]]:
    """What the rule rests on and could not be had, each with the place that its findings cannot be called gone of.

    That is every place where it is empty, and none where it is None: tickets only excuse what other sources show.
    """
    reads = set(rule.reads)
    for source, tables in sorted(case.failed.items()):
        if reads & set(tables):
            subject = {"kind": SubjectKind.LOG, "thing": source, "label": f"what {source} covers"}
            yield rule.not_judged(**subject, reason=f"the source {source} could not be read"), ""
    for table in _BASIC:
        if table in reads and (lacks := no_source(case.config, table)):
            excusing = table == Ticket.TABLE and len(reads) > 1
            yield NotJudged(rule=rule.name, subject=_kind(table), reason=lacks), None if excusing else ""
    yield from _not_whole(rule, case)
    for lost in case.unresolved:
        if reads & set(lost.tables):
            yield NotJudged(rule=rule.name, subject=lost.subject, reason=lost.reason.removesuffix(".")), ""


def _not_whole(rule: Rule, case: Case) -> Iterable[tuple[NotJudged, str]]:
    """What sources that were read in part do not show of their scopes; a scope may be all of the source."""
    for source in case.config.feeding(*rule.reads):
        if source.name in case.failed:
            continue
        for seen in case.coverage:
            if seen.source == source.name and seen.status != CoverageStatus.OK:
                label = f"what {seen.source} does not show of {seen.scope}"
                subject = {"kind": SubjectKind.LOG, "thing": f"{seen.source} {seen.scope}", "label": label}
                all_of_it = seen.scope == source.name or seen.scope in source.model_dump().values()
                reason = f"{seen.source}: {seen.reason or 'it was not read whole'}"
                yield rule.not_judged(**subject, reason=reason), "" if all_of_it else seen.scope


def _excepted(finding: Finding, case: Case, decided: Decision | None) -> Finding:
    """The finding with the exception that covers it; one that has ended is a fact of it."""
    today = case.at.astimezone(case.config.zone).date()
    subject = finding.rule, finding.person, finding.account, finding.system
    named = [(one, _refused(one, finding, case)) for one in case.config.exceptions if one.covers(*subject)]
    if refused := [why for _, why in named if why]:
        finding = replace(finding, facts={**finding.facts, "exception_refused": refused[0]})
    agreed_on = [(one.until, one.reason, one.approved_by) for one, why in named if not why]
    if decided and decided.decision == "exception" and decided.until:
        agreed_on.append((decided.until, decided.reason, decided.decided_by))
    ended: date | None = None
    for until, reason, approved_by in agreed_on:
        if until >= today:
            agreed = {"reason": reason, "approved_by": approved_by, "until": until.isoformat()}
            return replace(finding, exception=agreed, status=Status.EXCEPTED)
        ended = max(ended or until, until)
    return replace(finding, facts={**finding.facts, "exception_ended": ended.isoformat()}) if ended else finding


def _refused(exception: RuleException, finding: Finding, case: Case) -> str | None:
    """Why whoever approved an exception could not: only approvers and owners can, and nobody for their own access."""
    approver = case.config.called(exception.approved_by)
    if approver is None:
        return None  # the configuration is checked for that
    if is_own(finding, approver, case.access):
        return f"{approver.name} approved it for their own access"
    may = case.config.deciders(finding.system)
    if may and approver.id not in may:
        return f"{approver.name}, who approved it, is neither an approver nor an owner"
    return None


def _worst_first(finding: Finding) -> tuple[object, ...]:
    who = finding.person or finding.account or ""
    return (-finding.severity.rank, finding.rule, finding.system or "", who, finding.subject.thing)
