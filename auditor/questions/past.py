"""Questions about the past that stored evidence answers without an audit: who had access, what happened."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from auditor.errors import StoreError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from auditor.case.moment import Moment
    from auditor.config.systems import System
    from auditor.evidence.store import Store
    from auditor.options import RunOptions
    from auditor.questions.times import Times
    from reports.files import Written
    from reports.incident import Review

INCIDENTS = "incidents"


def who(options: RunOptions, name: str) -> tuple[Moment, System]:
    """Who had access at `options.at`, and the system that was asked about.

    Raises:
        UsageError: no system has that name.
        StoreError: there is no evidence at all.
    """
    with stored(options) as store:
        from auditor.case.moment import moment  # late: DuckDB starts meanwhile
        from auditor.questions.scene import named_system

        system = named_system(options.config, name)
        return moment(store, options.config, system, options.at), system


def incident(options: RunOptions, what: str | None, times: Times, system: str | None = None) -> Review:
    """What happened to a system between two moments, or during a ticket.

    Raises:
        UsageError: nothing is known by that name, or it does not tell which system or when.
        StoreError: there is no evidence at all.
    """
    with stored(options) as store:
        from auditor.questions.review import review  # late: DuckDB starts meanwhile
        from auditor.questions.scene import scene

        return review(options, store, scene(options, what, system, times, store))


def write(options: RunOptions, review: Review) -> Written:
    """Write the review as a page and a PDF into a folder of its own below the output."""
    from reports import incident_pages  # late: what is on the screen needs neither templates nor styles

    system = re.sub(r"[^A-Za-z0-9._-]", "_", review.system.id)
    folder = options.output / INCIDENTS / f"{system}-{review.from_:%Y%m%dT%H%M%SZ}"
    return incident_pages.write(review, folder)


def stored(options: RunOptions) -> AbstractContextManager[Store]:
    """The evidence, opened once for all that a question reads of it.

    Raises:
        StoreError: there is none at all.
    """
    store = options.store
    if not store.manifests():
        raise StoreError(
            f"{store.name} holds no evidence.",
            means="Nothing can be said about the past.",
            do="Run `auditor collect` or `auditor run` first.",
        )
    return store.shared(soon=True)
