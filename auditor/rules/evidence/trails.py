"""What audit trails leave out, and whether their stored files are still as they were delivered."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from auditor.case.case import Case
from auditor.model.findings import Outcome, pointer
from auditor.model.tables import Trail
from auditor.model.trail_files import Alteration, Break
from auditor.model.vocabulary import Category, Severity
from auditor.providers.protocol.logs import Unrecorded
from auditor.providers.registry import PROVIDERS
from auditor.rules.base import Rule, controls, log_rule
from auditor.rules.recorded import doubt, left_out_by_policies, left_out_by_trails
from auditor.rules.words import count, listing, moment

_MOST_NAMES = 100
_READS = (Category.SECRET, Category.READ)


@log_rule(
    "evidence/not-recorded",
    heading="Trails that leave things out",
    severity=Severity.MEDIUM,
    reads=("trails",),
    why="What no trail records no audit can find: neither the change nor who made it.",
    controls=controls(
        soc2="CC7.2 CC2.1", iso="A.8.15", pci="10.2.1.2 10.7.2", nist="AU-2 AU-12", cis_aws="3.1 3.8 3.9", cis="8.2"
    ),
)
def not_recorded(self: Rule, case: Case) -> Iterator[Outcome]:
    """The trails of a system's AWS account leave something out: a region, reads, writes, or data.

    All trails of the account and of its organisation that are on count together. An account without any trail is a
    finding too: CloudTrail's event history forgets after 90 days. Data events are missing where no trail has any; which
    buckets, tables and functions matter the team decides. One finding an account: high where changes are not recorded,
    low where data events alone are missing. What the trails could not be asked could not be judged.
    """
    for account, found, trails in left_out_by_trails(case):
        yield _recorded(self, case, account, trails, found)


@log_rule(
    "evidence/reads-not-recorded",
    heading="Reads that no log records",
    severity=Severity.MEDIUM,
    reads=("policies", "activity"),
    why="Who read a secret or customers' data cannot be told afterwards where no log records it.",
    controls=controls(soc2="CC7.2 CC2.1", iso="A.8.15", pci="10.2.1.2 10.7.2", nist="AU-2 AU-12", cis="8.2"),
)
def reads_not_recorded(self: Rule, case: Case) -> Iterator[Outcome]:
    """The Data Access logs of a system's Google project leave out reads of secrets, or reads or writes of data.

    They are off until a policy on the project, or above it, asks for them, and may exempt members. One finding a
    project, low where secrets are recorded. Where a policy was not read with its audit settings, and no read of a
    secret or an object is in the log, it could not be judged.
    """
    for account, found in left_out_by_policies(case):
        yield _reads_recorded(self, case, account, found)


def _reads_recorded(self: Rule, case: Case, account: str, found: Unrecorded) -> Outcome:
    if found.unknown:
        return self.not_judged(account=account, reason=doubt(found, _READS) or found.unknown)
    if not found.lacks:
        return self.clear(account=account)
    return self.finding(
        severity=found.severity or self.severity,
        account=account,
        resource=account,
        starts_at=case.at,
        summary=found.sentence(listing(found.lacks)),
        next_step="Switch on Data Access audit logs, for secrets and for what customers entrusted to you at least; "
        "until then no log shows who read them.",
        facts={"lacks": list(found.lacks)},
        evidence=tuple(map(pointer, found.evidence)),
    )


def _recorded(self: Rule, case: Case, account: str, trails: Sequence[Trail], found: Unrecorded) -> Outcome:
    if found.unknown:
        return self.not_judged(account=account, reason=found.unknown)
    if not found.lacks:
        return self.clear(account=account)
    return self.finding(
        severity=found.severity or self.severity,
        thing="trails",
        account=account,
        resource=account,
        starts_at=case.at,
        summary=found.sentence(listing(found.lacks)),
        next_step="Let one trail record all regions, and reads and writes, and add data events for what customers "
        "entrusted to you.",
        facts={
            "lacks": list(found.lacks),
            "trails": [trail.trail for trail in trails],
            "on": [trail.name for trail in trails if trail.logging],
        },
        evidence=tuple(pointer(trail) for trail in trails),
    )


@log_rule(
    "evidence/altered",
    heading="Evidence that was altered",
    severity=Severity.HIGH,
    reads=("digests",),
    why="What a log says is worth nothing where somebody could change or delete it unseen.",
    controls=controls(soc2="CC2.1 CC4.2", iso="A.5.28 A.5.33", pci="10.3.4", nist="AU-9 AU-9(3)", cis_aws="3.2"),
)
def altered(self: Rule, case: Case) -> Iterator[Outcome]:
    """Stored CloudTrail files are not what CloudTrail delivered, by the hashes in its own hourly digest files.

    One finding a broken place: a log file that differs from what its digest states, or has anything after the end of
    its gzip stream; log files that a digest lists and that are not there, neighbouring hours together; a digest that
    cannot be read or whose signature does not hold; one that does not continue the one before it; and digests that are
    missing between others, each missing hour named. Files that come late or twice are normal.

    The evidence that the auditor stored is judged likewise: runs that its ledger knows and that are no longer in the
    chain are one finding, from the first of them on.

    Signatures are checked for buckets; files on disk do not carry them, and a finding says so. A chain is clear when
    all of it holds. An account or region without digests, hours in which validation was off, and digests that end
    while log files go on could not be judged.
    """
    if case.lost:
        yield _rolled_back(self, case)
    for broken in case.trail_files.alterations:
        yield _altered(self, case, broken)
    for chain in case.trail_files.in_order:
        yield self.clear(thing=chain)
    for chain, reason in case.trail_files.unjudged:
        yield self.not_judged(thing=chain, reason=reason)
    due = frozenset().union(*(one.due_digests(case.config, case.coverage) for one in PROVIDERS.values()))
    for account in sorted(due - case.trail_files.accounts):
        reason = "there is no digest of its log files: is log file validation switched on?"
        yield self.not_judged(account=account, reason=reason)


def _rolled_back(self: Rule, case: Case) -> Outcome:
    first, number = case.lost[0], len(case.lost)
    return self.finding(
        thing="evidence store",
        starts_at=first.at,
        summary=f"The evidence store has lost what {count(number, 'earlier judgement')} rested on: it was rolled back, "
        "deleted or made anew",
        next_step="Restore the store from a backup, and compare it by `auditor verify --head` with the hash that the "
        "PDF or the message of such a run has.",
        facts={"runs": [head.run for head in case.lost], "hashes": [head.sha256 for head in case.lost]},
    )


def _altered(self: Rule, case: Case, broken: Alteration) -> Outcome:
    zone, name = case.config.zone, broken.resource.rsplit("/", 1)[-1]
    span = f"{moment(broken.starts_at, zone)} to {moment(broken.ends_at, zone)}"
    number, be = len(broken.missing), "is" if len(broken.missing) == 1 else "are"
    summaries = {
        Break.LOG_FILE: f"The log file {name} is not what was delivered",
        Break.LOG_FILES_GONE: f"{count(number, 'log file')} of {broken.account} delivered {span} {be} gone",
        Break.DIGEST: f"The digest {name} is not what the provider wrote",
        Break.LINK: f"The digest {name} does not continue the one before it",
        Break.HOLE: f"{count(number, 'digest')} of {broken.chain} {be} missing, {span}",
    }
    return self.finding(
        thing=f"{broken.chain}: {broken.kind} {name}",
        account=broken.account,
        resource=broken.resource,
        starts_at=broken.starts_at,
        ends_at=broken.ends_at,
        summary=summaries[broken.kind],
        next_step="Find out who could write to the place where the logs lie, and compare with a copy that they could "
        "not reach.",
        facts=_altered_facts(broken),
        evidence=broken.evidence,
    )


def _altered_facts(broken: Alteration) -> Mapping[str, Any]:
    facts: dict[str, Any] = {"trail": broken.chain, "signatures": broken.signatures}
    if broken.reason:
        facts["reason"] = broken.reason
    if broken.missing:
        more = len(broken.missing) - _MOST_NAMES
        facts["missing"] = [*broken.missing[:_MOST_NAMES], *([f"and {more} more"] if more > 0 else [])]
    return facts
