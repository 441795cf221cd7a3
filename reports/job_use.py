"""What each job really used, as a proposal for `jobs`: in sentences, as JSON and as a draft."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import yaml

from auditor.case.job_use import JobUse
from auditor.config.models import Config
from auditor.model.vocabulary import Capability
from reports.words import listing, person, plural


def rows(uses: Iterable[JobUse]) -> Iterator[tuple[str, str, str, str, str, str]]:
    """Job, capability, by whom, on how many days, how many of them under a ticket, and what is proposed."""
    for one in uses:
        for use in one.uses:
            now = use.capability in (one.stated or ())
            drafted = use.capability in one.proposed
            said = "keep" if now and drafted else "add" if drafted else "drop" if now else "leave to tickets"
            yield (
                one.job,
                use.capability,
                f"{len(set(use.people) & set(one.people))} of {len(one.people)}",
                f"{use.days:,}",
                f"{use.asked:,}",
                said if not one.lacks else "not enough seen",
            )


def sentences(uses: Iterable[JobUse], config: Config) -> Iterator[str]:
    """What was held and never used, what could not be told, and of which jobs too little was seen."""
    for one in uses:
        who = listing((person(name, config) for name in one.people), 6) or "nobody"
        if one.lacks:
            yield f"{one.job} ({who}): {one.lacks}, so that nothing is proposed."
        if one.never_used:
            yield f"{one.job} ({who}): held and never used: {_words(one.never_used)}."
        if one.not_seen:
            yield f"{one.job} ({who}): held and not seen, which logs need not show: {_words(one.not_seen)}."
        if idle := (one.stated or frozenset()) - one.proposed - one.never_used - {use.capability for use in one.uses}:
            yield f"{one.job} ({who}): neither held nor used: {_words(idle)}."
        if one.unknown:
            yield f"{one.job} ({who}): of {plural(one.unknown, 'kind of change')} it is not known what it took."


def draft(uses: Sequence[JobUse]) -> str:
    """The proposal as a file that `auditor simulate --policy` takes."""
    jobs = {one.job: [str(name) for name in Capability if name in one.proposed] for one in uses}
    text: str = yaml.safe_dump({"jobs": jobs}, sort_keys=True, default_flow_style=None, allow_unicode=True)
    return text


def job_use_json(uses: Sequence[JobUse]) -> list[dict[str, Any]]:
    """The same for machines."""
    return [
        {
            "job": one.job,
            "people": list(one.people),
            "seen": list(one.seen),
            "stated": None if one.stated is None else sorted(one.stated),
            "used": [
                {
                    "capability": use.capability,
                    "people": list(use.people),
                    "days": use.days,
                    "days_with_a_ticket": use.asked,
                }
                for use in one.uses
            ],
            "never_used": sorted(one.never_used),
            "not_seen": sorted(one.not_seen),
            "unknown": one.unknown,
            "lacks": one.lacks or None,
            "proposed": sorted(one.proposed),
        }
        for one in uses
    ]


def _words(some: Iterable[Capability]) -> str:
    return listing(sorted(map(str, some)))
