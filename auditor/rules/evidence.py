"""What was not seen: an audit over missing evidence must say so."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from auditor.digest.results import Silence
from auditor.model.findings import Outcome
from auditor.model.tables import Row
from auditor.model.vocabulary import CoverageStatus, Severity
from auditor.resolve.case import Case, pointer
from auditor.resolve.types import Alteration, Break
from auditor.rules.base import Rule, rule
from auditor.rules.controls import controls
from auditor.rules.words import count, length, listing, moment

_AWS_ACCOUNT = re.compile(r"[0-9]{12}")
_MOST_NAMES = 100
_LOG_KINDS = {"ssh": "ssh-logins", "aws": "aws-cloudtrail"}


@rule(
    "evidence/source-failed",
    severity=Severity.HIGH,
    reads=(),
    why="What this source would have shown is unknown, and unknown is not clean.",
    controls=controls(soc2=("CC4.2",), iso=("A.5.28",), pci=("10.7.2",), nist=("AU-5",), cis=("8.2",)),
)
def source_failed(self: Rule, case: Case) -> Iterator[Outcome]:
    """A source could not be read, in whole. One finding a source; what it could not see in part stands in coverage."""
    reasons: dict[str, list[str]] = {}
    for seen in case.coverage:
        if seen.status == CoverageStatus.FAILED:
            reasons.setdefault(seen.source, []).append(seen.reason or "it could not be read")
    for source in case.config.sources:
        if source.name not in case.failed:
            yield self.clear(source.name)
            continue
        why = listing(reasons.get(source.name, ["it could not be read"]))
        yield self.finding(
            thing=source.name,
            summary=f"The source {source.name} ({source.kind}) could not be read",
            next_step="Mend the source and run again; until then, nothing that rests on it can be called clean.",
            facts={"source": source.name, "kind": source.kind, "reason": why, "feeds": list(case.failed[source.name])},
            starts_at=case.at,
        )


@rule(
    "evidence/gap",
    severity=Severity.HIGH,
    reads=("activity",),
    why="What happened in that time or place left no record here.",
    controls=controls(
        soc2=("CC7.2", "CC4.2"), iso=("A.8.15",), pci=("10.4.1.1", "10.7.2"), nist=("AU-6", "AU-12"), cis=("8.2",)
    ),
)
def gap(self: Rule, case: Case) -> Iterator[Outcome]:
    """A time or place that no log covers: an AWS account or sshd host without a record for over `max_log_silence`.

    One finding an account or host, with its longest silence. A host whose keys were read but whose log never was, and
    an account whose IAM was read but whose trail never was, are gaps over the whole period. When a source of such logs
    failed, that is the finding and the place could not be judged.
    """
    silences: dict[str, list[Silence]] = {}
    for silence in case.silences:
        silences.setdefault(silence.scope, []).append(silence)
    for scope in sorted(case.heard):
        if scope not in silences:
            yield self.clear(scope)
    for scope, found in sorted(silences.items()):
        longest = max(found, key=lambda s: (s.length, s.from_))
        zone = case.config.zone
        span = f"{moment(longest.from_, zone)} to {moment(longest.to, zone)}"
        yield self.finding(
            thing=scope,
            account=scope,
            system=case.system_of_host(scope),
            resource=scope,
            starts_at=longest.from_,
            ends_at=longest.to,
            summary=f"The log of {scope} is silent for {length(longest.length)}, {span}",
            next_step="Find out whether logging stopped or files were not delivered, and fetch what is missing.",
            facts={
                "source": longest.source,
                "silences": len(found),
                "hours": round(longest.length.total_seconds() / 3600, 1),
            },
        )
    yield from _never_logged(self, case)


def _never_logged(self: Rule, case: Case) -> Iterator[Outcome]:
    """Hosts and AWS accounts whose rights were read but whose log never was."""
    rights: dict[tuple[str, str], Row] = {}
    for key in case.credentials:
        if key.provider == "ssh" and key.resource:
            rights.setdefault(("ssh", key.resource), key)
    for account in case.accounts:
        if account.provider == "aws":
            rights.setdefault(("aws", account.scope), account)
    for (provider, scope), row in sorted(rights.items()):
        if scope in case.heard:
            continue
        kind = _LOG_KINDS[provider]
        broken = [s.name for s in case.config.sources if s.kind == kind and s.name in case.failed]
        if broken:
            yield self.not_judged(scope, f"the source {listing(broken)} could not be read")
            continue
        yield self.finding(
            thing=scope,
            account=scope,
            system=case.system_of_host(scope),
            resource=scope,
            starts_at=case.period_from,
            ends_at=case.at,
            summary=f"There are rights on {scope}, and no log of it",
            next_step=f"Add its log to a source of kind {kind}.",
            facts={"rights_from": row.source},
            evidence=(pointer(row),),
        )


@rule(
    "evidence/altered",
    severity=Severity.HIGH,
    reads=("digests",),
    why="What a log says is worth nothing where somebody could change or delete it unseen.",
    controls=controls(
        soc2=("CC2.1", "CC4.2"), iso=("A.5.28", "A.5.33"), pci=("10.3.4",), nist=("AU-9", "AU-9(3)"), cis_aws=("3.2",)
    ),
)
def altered(self: Rule, case: Case) -> Iterator[Outcome]:
    """Stored CloudTrail files are not what CloudTrail delivered, by the hashes in its own hourly digest files.

    One finding a broken place: a log file that differs from what its digest states, or has anything after the end of
    its gzip stream; log files that a digest lists and that are not there, neighbouring hours together; a digest that
    cannot be read or whose signature does not hold; one that does not continue the one before it; and digests that are
    missing between others, each missing hour named. Files that come late or twice are normal.

    Signatures are checked for buckets; files on disk do not carry them, and a finding says so. A chain is clear when
    all of it holds. An account or region without digests, hours in which validation was off, and digests that end
    while log files go on could not be judged.
    """
    for broken in case.trails.alterations:
        yield _altered(self, case, broken)
    for chain in case.trails.in_order:
        yield self.clear(chain)
    for chain, reason in case.trails.unjudged:
        yield self.not_judged(chain, reason)
    trails = {source.name for source in case.config.sources if source.kind == _LOG_KINDS["aws"]}
    seen = {line.scope for line in case.coverage if line.source in trails and _AWS_ACCOUNT.fullmatch(line.scope)}
    for account in sorted(seen - case.trails.accounts):
        yield self.not_judged(account, "there is no digest of its log files: is log file validation switched on?")


def _altered(self: Rule, case: Case, broken: Alteration) -> Outcome:
    zone, name = case.config.zone, broken.resource.rsplit("/", 1)[-1]
    span = f"{moment(broken.starts_at, zone)} to {moment(broken.ends_at, zone)}"
    number, be = len(broken.missing), "is" if len(broken.missing) == 1 else "are"
    summaries = {
        Break.LOG_FILE: f"The log file {name} is not what CloudTrail delivered",
        Break.LOG_FILES_GONE: f"{count(number, 'log file')} of {broken.account} delivered {span} {be} gone",
        Break.DIGEST: f"The digest {name} is not what CloudTrail wrote",
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
