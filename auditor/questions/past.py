"""Questions about the past that stored evidence answers without an audit: who had access, what happened."""

import re
from contextlib import AbstractContextManager

from auditor.case.incident import Act, with_before
from auditor.case.incident import incident as resolve
from auditor.case.moment import Moment, moment, place
from auditor.config.systems import System
from auditor.errors import StoreError
from auditor.evidence.store import Store
from auditor.options import RunOptions
from auditor.questions.scene import Times, named_system, scene
from auditor.questions.values import Told, values
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
    with stored(options) as store:
        return moment(store, options.config, system, options.at), system


def incident(options: RunOptions, what: str | None, times: Times, system: str | None = None) -> Review:
    """What happened to a system between two moments, or during a ticket.

    Raises:
        UsageError: nothing is known by that name, or it does not tell which system or when.
        StoreError: there is no evidence at all.
    """
    with stored(options) as store:
        asked = scene(options, what, system, times, store)
        review = resolve(store, options.config, asked.system, asked.from_, asked.to, max(options.at, asked.to))
        changes = [act for act in review.acts if act.changes and act.count == 1]
        told = dict(values(options, map(_change, changes), review.then.policies))
        tells = {one for one, setting in told.items() if setting.tells}  # of others no value before is ever shown
        review = with_before(store, review, lambda act: place(act.told.evidence) in tells)
    before = (one for act in review.acts if (one := _before(act)) and place(one.evidence) not in told)
    told |= values(options, before)
    return review_view(review, told, asked.ticket, asked.unknown)


def _change(act: Act) -> Told:
    one = act.told
    return Told(one.provider, one.action, one.detail, one.evidence, (one.scope, one.resource), one.time)


def _before(act: Act) -> Told | None:
    """The one of its kind before a change."""
    before = act.before
    return Told(act.told.provider, act.told.action, before.detail, before.evidence) if before else None


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
    return store.shared()
