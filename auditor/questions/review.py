"""What happened to a system, with the values that changes set and those before them."""

from auditor.case.incident import LOOK_BACK, Act, incident, with_before
from auditor.case.moment import place
from auditor.evidence.store import Store
from auditor.model.tables import Activity
from auditor.options import RunOptions
from auditor.questions.scene import Scene
from auditor.questions.values import Told, values
from reports.incident import Review, review_view


def review(options: RunOptions, store: Store, asked: Scene) -> Review:
    """What happened to a system between two moments."""
    store.expect(Activity, asked.from_ - LOOK_BACK, asked.to)
    found = incident(store, options.config, asked.system, asked.from_, asked.to, max(options.at, asked.to))
    changes = [act for act in found.acts if act.changes and act.count == 1]
    told = dict(values(options, map(_change, changes), found.then.policies))
    tells = {one for one, setting in told.items() if setting.tells}  # of others no value before is ever shown
    found = with_before(store, found, lambda act: place(act.told.evidence) in tells)
    before = (one for act in found.acts if (one := _before(act)) and place(one.evidence) not in told)
    told |= values(options, before)
    return review_view(found, told, asked.ticket, asked.unknown)


def _change(act: Act) -> Told:
    one = act.told
    return Told(one.provider, one.action, one.detail, one.evidence, (one.scope, one.resource), one.time)


def _before(act: Act) -> Told | None:
    """The one of its kind before a change."""
    before = act.before
    return Told(act.told.provider, act.told.action, before.detail, before.evidence) if before else None
