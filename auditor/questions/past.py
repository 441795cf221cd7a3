"""Questions about the past that stored evidence answers without an audit: who had access, what happened."""

import re
from datetime import datetime
from difflib import get_close_matches

from auditor.case.incident import incident as resolve
from auditor.case.moment import Moment, moment
from auditor.config.models import Config
from auditor.config.systems import System
from auditor.errors import StoreError, UsageError
from auditor.model.vocabulary import Category
from auditor.options import RunOptions
from auditor.providers.systems import Systems
from auditor.questions.values import values
from reports.files import Written
from reports.incident import Review, review_view

INCIDENTS = "incidents"


def who(options: RunOptions, name: str) -> tuple[Moment, System]:
    """Who had access at `options.at`, and the system that was asked about.

    Raises:
        UsageError: no system has that name.
        StoreError: there is no evidence at all.
    """
    system = named_system(options.config, name)
    _with_evidence(options)
    return moment(options.store, options.config, options.at), system


def incident(options: RunOptions, name: str, from_: datetime, to: datetime) -> Review:
    """What happened to a system between two moments.

    Raises:
        UsageError: no system has that name, or the time ends before it begins.
        StoreError: there is no evidence at all.
    """
    system = named_system(options.config, name)
    if to <= from_:
        raise UsageError("The time ends before it begins.", do="Give --from before --to.")
    _with_evidence(options)
    review = resolve(options.store, options.config, system, from_, to, max(options.at, to))
    changes = [act for act in review.acts if act.changes and act.count == 1]
    changes.sort(key=lambda act: act.told.category not in (Category.GRANT, Category.AUDIT_TRAIL))
    records = [(act.told.provider, one.evidence) for act in changes for one in (act.told, act.before) if one]
    return review_view(review, values(options, records))


def write(options: RunOptions, review: Review) -> Written:
    """Write the review as a page and a PDF into a folder of its own below the output."""
    from reports import incident_pages  # late: what is on the screen needs neither templates nor styles

    system = re.sub(r"[^A-Za-z0-9._-]", "_", review.system.id)
    folder = options.output / INCIDENTS / f"{system}-{review.from_:%Y%m%dT%H%M%SZ}"
    return incident_pages.write(review, folder)


def _with_evidence(options: RunOptions) -> None:
    if not options.store.manifests():
        raise StoreError(
            f"{options.store.name} holds no evidence.",
            means="Nothing can be said about the past.",
            do="Run `auditor collect` or `auditor run` first.",
        )


def named_system(config: Config, name: str) -> System:
    """A system by its id, name or alias.

    Raises:
        UsageError: there is none; it names the nearest.
    """
    found = Systems(config).named(name)
    if found:
        return config.systems_by_id[found]
    known = {word.casefold(): system.id for system in config.systems for word in system.names}
    near = [known[word] for word in get_close_matches(name.casefold(), known, n=1, cutoff=0.5)]
    ids = ", ".join(system.id for system in config.systems)
    raise UsageError(
        f"There is no system {name!r}.",
        do=f"Did you mean {near[0]}?" if near else f"Name one of auditor.yaml's: {ids or 'there are none'}.",
    )
