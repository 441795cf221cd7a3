"""The team's rule in plain words, for a wiki page: Markdown from auditor.yaml."""

from collections.abc import Iterator

from auditor.config.durations import format_duration as lasting
from auditor.config.models import Config
from auditor.model.vocabulary import Work
from reports.words import listing, plural, shown


def policy(config: Config) -> str:
    """A few lines that say how production access is given and taken away."""
    lines = [f"# Production access at {shown(config.organisation)}", ""]
    lines += [
        "Production access is given for a named task, to a named person, for a short time, with a record of who asked,",
        "who approved, when it started and ended, and what changed; and then it is gone.",
        "",
    ]
    return "\n".join([*lines, *(f"- {shown(line)}" for line in _rules(config)), ""])


def _rules(config: Config) -> Iterator[str]:
    rule = config.policy
    approvers = listing(_names(config, rule.approvers)) or "nobody yet (`policy.approvers`)"
    askers = listing(_names(config, rule.requesters)) or "Everybody"
    yield f"**Ask** with a ticket: who, which system, what for, from when to when. {askers} may ask."
    yield f"**Approve:** {approvers}, before it begins, in the ticket; nobody their own."
    windows = listing([f"{work.value} {lasting(rule.windows[work])}" for work in Work])
    yield f"**How long at most:** {windows}; extended at most {plural(rule.max_extensions, 'time')}."
    if rule.second_reviewer_for:
        yield f"**A second pair of eyes:** for {listing([work.value for work in rule.second_reviewer_for])} work."
    yield (
        f"**In an incident** act first; note and approval follow within {lasting(rule.incident_note_within)}, the "
        f"review of rights within {lasting(rule.review_after_incident_within)} after it."
    )
    yield "**Afterwards** write down what was done, take the access away, say so in the ticket, and close it."
    for system in config.systems:
        owners = listing(_names(config, [name for name in (system.primary, system.backup) if name]))
        yield f"**{system.name}** belongs to {owners or 'nobody yet'}; who else changes it needs a ticket."
    yield (
        f"**Standing access:** at most {plural(rule.max_writers, 'person', 'people')} on one system; unused for "
        f"{lasting(rule.unused_after)} it goes, and so do keys older than {lasting(rule.max_credential_age)}."
    )
    hours = rule.release_hours
    yield f"**Releases:** {', '.join(hours.days)}, {hours.from_:%H:%M} to {hours.to:%H:%M}, with an owner there."
    for sealed in config.break_glass:
        keeper = listing(_names(config, [sealed.keeper]))
        yield f"**Emergency access** ({sealed.id}) is kept sealed by {keeper}, and used in incidents only."


def _names(config: Config, people: tuple[str, ...] | list[str]) -> list[str]:
    """People by name, as far as the roster knows them by what names them: id or e-mail."""
    known = {name: person.name for person in config.people for name in (person.id, person.email) if name}
    return [known.get(name, name) for name in people]
