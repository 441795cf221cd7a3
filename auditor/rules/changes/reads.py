"""What people read that is meant for programs: secrets and stored objects, many at once."""

from collections.abc import Iterator
from typing import Any

from auditor.activity.results import Episode
from auditor.case.case import CHANGING, Case
from auditor.model.findings import Outcome
from auditor.model.groups import only
from auditor.model.vocabulary import Category, Severity
from auditor.rules.base import Rule, controls, session_rule
from auditor.rules.episodes import whence
from auditor.rules.facts import MOST_EVIDENCE, stamp, told_through
from auditor.rules.recorded import unseen
from auditor.rules.sittings import sittings
from auditor.rules.words import count, listing, moment


@session_rule(
    "changes/bulk-read",
    heading="Secrets and data read in bulk",
    severity=Severity.HIGH,
    reads=("activity", "tickets", "trails", "policies"),
    why="Whoever holds production's secrets can act as production, from anywhere and for as long as they are valid; "
    "data that was taken cannot be taken back.",
    controls=controls(soc2="CC6.1 CC7.2", iso="A.8.15 A.8.16", pci="10.2.1.1", nist="AC-6(9) AU-6(3)", cis="8.11"),
)
def bulk_read(self: Rule, case: Case) -> Iterator[Outcome]:
    """More than `bulk_read` different secrets and stored objects read in one sitting by a person, without a window.

    Or by somebody unknown. Objects are those of buckets that a system's `resources` claim. A window of theirs
    on the system, for reading or writing, explains what was read there. A sitting is activity with no pause over
    `session_gap`, on any systems. One finding a sitting. A listing counts as one secret, as the log does not tell what
    it showed; where the most that it can have shown would be too many, that could not be judged.

    Nor could what was read where the log leaves out reads of secrets or of objects: one line an account or project,
    and no sitting there is clear.
    """
    readers = (
        e
        for e in case.episodes
        if (e.secrets_at_most or e.objects) and e.actor_class in CHANGING and not case.had_left(e)
    )
    unrecorded = list(unseen(self, case, Category.SECRET, Category.READ))
    yield from unrecorded
    hidden = {one.subject.account for one in unrecorded}
    for sitting in sittings(readers, who=_who, gap=case.policy.session_gap):
        first, about = sitting[0], _about(sitting)
        bare = [e for e in sitting if not any(case.allowed.windows(e.person, e.system, e.place, *e.span))]
        secrets, objects = sum(e.secrets for e in bare), sum(e.objects for e in bare)
        if max(secrets, _at_most(bare)) + objects <= case.policy.bulk_read:
            if not any(e.scope in hidden for e in sitting):
                yield self.clear(**about)
            continue
        reasons = (case.allowed.unknown(e.ends_at, e.person, e.system) for e in bare)
        if reason := next(filter(None, reasons), None):
            yield self.not_judged(**about, reason=reason)
            continue
        if secrets + objects <= case.policy.bulk_read:
            yield self.not_judged(**about, reason="the log does not tell which secrets a listing showed")
            continue
        read = listing(count(number, name) for number, name in ((secrets, "secret"), (objects, "object")) if number)
        where = [case.system_name(e.system) if e.system else e.scope for e in bare]
        yield self.finding(
            **about,
            resource=next(iter(bare[0].resources), None),
            credential=first.credential,
            starts_at=min(e.starts_at for e in bare),
            ends_at=max(e.ends_at for e in bare),
            summary=f"{case.doer(first)} read {read} of {listing(where)} on "
            f"{moment(bare[0].starts_at, case.config.zone)} with no ticket",
            next_step="Ask what it was for; if nobody can say, treat it as known to others, and replace secrets.",
            facts={
                "secrets": secrets or None,
                "objects": objects or None,
                "known_by": case.evidence_of(first),
                "through": told_through(case.through(first)),
                "actions": list(dict.fromkeys(action for e in bare for action in e.actions)),
                "resources": list(dict.fromkeys(resource for e in bare for resource in e.resources)),
                **whence(bare),
            },
            evidence=tuple(e.sample for e in bare[:MOST_EVIDENCE]),
        )


def _who(episode: Episode) -> str:
    return episode.person or episode.actor or episode.account or ""


def _at_most(episodes: list[Episode]) -> int:
    """The most secrets that can have been read; what a batch read unnamed is logged by name as well."""
    named, unnamed = (sum(e.secrets_at_most for e in episodes if bool(e.secrets) is told) for told in (True, False))
    return max(named, unnamed)


def _about(sitting: list[Episode]) -> dict[str, Any]:
    first = sitting[0]
    return {
        "person": first.person,
        "account": first.account,
        "system": only(e.system for e in sitting),
        "thing": first.first_event,
        "label": f"{_who(first)} at {stamp(first.starts_at)}",
    }
