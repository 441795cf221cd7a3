"""Sources that failed, and times and places that no log covers."""

from collections.abc import Iterator, Mapping
from itertools import chain
from zoneinfo import ZoneInfo

from auditor.activity.results import Silence
from auditor.case.case import Case
from auditor.model.findings import Outcome, pointer
from auditor.model.groups import grouped
from auditor.model.tables import Row
from auditor.model.vocabulary import CoverageStatus, Severity
from auditor.providers.registry import PROVIDERS
from auditor.rules.base import Rule, controls, log_rule
from auditor.rules.words import length, listing, moment

_Due = Mapping[str, Mapping[str, Row]]
"""Accounts and hosts of which a log is due, by provider, each with a row that shows rights on it."""


@log_rule(
    "evidence/source-failed",
    heading="Sources that could not be read",
    severity=Severity.HIGH,
    reads=(),
    why="What this source would have shown is unknown, and unknown is not clean.",
    controls=controls(soc2="CC4.2", iso="A.5.28", pci="10.7.2", nist="AU-5", cis="8.2"),
)
def source_failed(self: Rule, case: Case) -> Iterator[Outcome]:
    """A source could not be read, in whole. One finding a source; what it could not see in part stands in coverage."""
    lost = (seen for seen in case.coverage if seen.status == CoverageStatus.FAILED)
    reasons = grouped((seen.source, seen.reason or "it could not be read") for seen in lost)
    for source in case.config.sources:
        if source.name not in case.failed:
            yield self.clear(thing=source.name)
            continue
        why = listing(reasons.get(source.name, ["it could not be read"]))
        yield self.finding(
            thing=source.name,
            summary=f"The source {source.name} ({source.kind}) could not be read",
            next_step="Mend the source and run again; until then, nothing that rests on it can be called clean.",
            facts={"source": source.name, "kind": source.kind, "reason": why, "feeds": list(case.failed[source.name])},
            starts_at=case.at,
        )


@log_rule(
    "evidence/gap",
    heading="Times and places no log covers",
    severity=Severity.HIGH,
    reads=("activity", "accounts", "credentials"),
    why="What happened in that time or place left no record here.",
    controls=controls(soc2="CC7.2 CC4.2", iso="A.8.15", pci="10.4.1.1 10.7.2", nist="AU-6 AU-12", cis="8.2"),
)
def gap(self: Rule, case: Case) -> Iterator[Outcome]:
    """A time or place that no log covers: an AWS account or sshd host without a record for over `max_log_silence`.

    One finding an account or host, with its longest silence. What was before the first record of a log that was first
    read after it had begun could not be judged. A host whose keys were read but whose log never was, and
    an account whose IAM was read but whose trail never was, are gaps over the whole period. When a source of such logs
    failed, that is the finding and the place could not be judged; nor could accounts and hosts of systems of which
    neither rights nor a log was read.
    """
    begun = {one.scope: one for one in case.silences if _only_begins(case, one)}
    silences = grouped((one.scope, one) for one in case.silences if one is not begun.get(one.scope))
    for scope in sorted(case.heard):
        if scope in begun and scope not in silences:
            yield self.not_judged(thing=scope, reason=_began(begun[scope], case.config.zone))
        elif scope not in silences:
            yield self.clear(thing=scope)
    for scope, found in sorted(silences.items()):
        longest = max(found, key=lambda s: (s.length, s.from_))
        zone = case.config.zone
        span = f"{moment(longest.from_, zone)} to {moment(longest.to, zone)}"
        silent = f"The log of {scope} is silent for {length(longest.length)}, {span}"
        yield self.finding(
            thing=scope,
            account=scope,
            system=case.systems.of(None, scope, None),
            resource=scope,
            starts_at=longest.from_,
            ends_at=longest.to,
            summary=silent,
            next_step="Find out whether logging stopped or files were not delivered, and fetch what is missing.",
            facts={
                "source": longest.source,
                "silences": len(found),
                "hours": round(longest.length.total_seconds() / 3600, 1),
            },
        )
    due = {
        name: one.places_to_log(case.accounts, case.credentials)
        for name, one in sorted(PROVIDERS.items())
        if one.LOG_KIND
    }
    yield from _never_logged(self, case, due)
    yield from _never_heard(self, case, due)


def _only_begins(case: Case, silence: Silence) -> bool:
    """Whether a log was first read when it had begun, inside the period, and what was before is in no evidence."""
    if not silence.at_start or silence.at_end or (case.first_run and case.first_run < silence.to):
        return False
    return not any(line.scope == silence.scope and line.from_ and line.from_ < silence.from_ for line in case.coverage)


def _began(silence: Silence, zone: ZoneInfo) -> str:
    """Whether it was set up then, or begins there because older files are gone, is not known."""
    return (
        f"its log begins on {moment(silence.to, zone)}: what happened in the period's first {length(silence.length)} "
        "is in no evidence"
    )


def _never_logged(self: Rule, case: Case, due: _Due) -> Iterator[Outcome]:
    """Accounts and hosts whose rights were read but whose log never was."""
    for name, places in due.items():
        one = PROVIDERS[name]
        for place in one.without_log(places, case.heard):
            yield _unlogged(self, case, place, places[place], one.LOG_KIND)


def _never_heard(self: Rule, case: Case, due: _Due) -> Iterator[Outcome]:
    """Accounts and hosts that systems claim, and of which nothing was read."""
    for place in {place.scope: place for system in case.config.systems for place in system.resources}.values():
        rights = due.get(place.provider_name)
        if rights is not None and not any(map(place.has_scope, chain(case.heard, rights))):
            yield self.not_judged(thing=place.scope, reason="no log of it was read: what happened there is not known")


def _unlogged(self: Rule, case: Case, scope: str, row: Row, kind: str | None) -> Outcome:
    broken = [s.name for s in case.config.sources if s.kind == kind and s.name in case.failed]
    if broken:
        return self.not_judged(thing=scope, reason=f"the source {listing(broken)} could not be read")
    return self.finding(
        thing=scope,
        account=scope,
        system=case.systems.of(None, scope, None),
        resource=scope,
        starts_at=case.period_from,
        ends_at=case.at,
        summary=f"There are rights on {scope}, and no log of it",
        next_step=f"Add its log to a source of kind {kind}.",
        facts={"rights_from": row.source},
        evidence=(pointer(row),),
    )
