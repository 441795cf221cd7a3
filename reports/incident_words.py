"""How an incident review says what was done, under which ticket, to which value, and how it can be reversed."""

from auditor.case.incident import Act, Incident
from auditor.case.placement import Where, farthest
from auditor.model.details import details
from auditor.model.tables import Deployment
from auditor.model.vocabulary import ROBOTS, ActorClass, Category
from auditor.providers.registry import begun_by
from auditor.providers.registry import provider as known
from auditor.rules.words import length
from reports.access_matrix import left_note
from reports.incident_links import merge_requests
from reports.words import account_name, listing, person, short, system

NAMES_NO_TICKET = "names no ticket"
_SEALED = {
    ActorClass.ROOT: "root",
    ActorClass.BREAK_GLASS: "emergency access",
    ActorClass.UNKNOWN: "whose is not known",
}
_DID = {
    Category.LOGIN: "logged in",
    Category.READ: "looked",
    Category.CHANGE: "changed",
    Category.GRANT: "changed rights",
    Category.SECRET: "changed a secret or setting",
    Category.AUDIT_TRAIL: "changed the audit trail",
}


def over_days(review: Incident) -> bool:
    """Whether it goes over several days, so that a time alone does not tell when."""
    zone = review.config.zone
    return review.from_.astimezone(zone).date() != review.to.astimezone(zone).date()


def actor(review: Incident, act: Act) -> tuple[str, str]:
    """Who acted, and what there is to say of them."""
    told = act.told
    behind = review.then.people.who(told.principal)
    roster = told.person or behind.person
    name = person(roster or behind.owner or told.principal, review.config) or "somebody"
    note = _SEALED.get(told.actor_class, told.actor_class.value)
    if roster in review.config.people_by_id:
        note = left_note(roster, review.config, told.time)
    through = known(told.provider).through(told.invoked_by) if told.person else None
    return name, ", ".join(filter(None, (note, through.note if through else "")))


def did(act: Act) -> str:
    """What was done, in two words."""
    told = act.told
    if told.outcome != "ok":
        login = told.category == Category.LOGIN
        return "was not let in" if login else "was denied" if told.outcome == "denied" else "failed at"
    if told.action.endswith(":logout"):
        return "logged out"
    if _ran(act):
        return "ran"
    if act.reveals:
        return "read a secret"
    return _DID.get(Category(told.category), told.category)


def command(act: Act) -> str:
    """The command, where it was one; else the action."""
    if act.told.category == Category.LOGIN and in_shell(act):
        return ""
    return _ran(act) or act.told.action


def by_machine(act: Act) -> bool:
    """Whether a robot or a service did it, and neither a person nor anybody unknown."""
    return act.told.actor_class in (*ROBOTS, ActorClass.PROVIDER)


def in_shell(act: Act) -> bool:
    """Whether it was done in a shell."""
    return known(act.told.provider).OPENS_SHELLS


def _ran(act: Act) -> str | None:
    """The command that somebody ran in a shell, as the log has it."""
    text = details(act.told.detail).get("command") if in_shell(act) else None
    return text if isinstance(text, str) else None


def target(act: Act) -> str:
    """What it was done to; of several, the first and how many more are known of. Of a login, from where."""
    told = act.told
    named = [account_name(resource) for resource in act.resources]
    where = listing([short(name, 70) for name in named], most=2) if named else told.scope
    where = told.scope if in_shell(act) else where
    comes = told.category == Category.LOGIN and told.source_ip and not told.action.endswith(":logout")
    return f"{where} from {told.source_ip}" if comes else where


def ticket(review: Incident, act: Act) -> str:
    """Under which ticket; empty where none is needed."""
    told = act.told
    if told.category == Category.GRANT and act.placement.inside is None:
        named = review.config.policy.ticket_in([told.detail])
        return f"names {named}" if named else NAMES_NO_TICKET
    quiet = told.category == Category.READ or told.action.endswith(":logout")
    if told.person is None or told.outcome != "ok" or quiet:
        return told.ticket or ""
    return _allowed_by(review, act)


def uncovered(review: Incident, act: Act) -> bool:
    """Whether a known person changed something and no ticket of theirs allowed it, as far as tickets are known."""
    bare = act.placement.where in (Where.OUTSIDE, Where.BEYOND, Where.NOWHERE)
    return act.changes and bare and (act.told.category != Category.GRANT or ticket(review, act) == NAMES_NO_TICKET)


def _allowed_by(review: Incident, act: Act) -> str:
    """The window that an act lies in, or how it lies to the one that it is not in."""
    window = act.placement.window
    match act.placement.where:
        case Where.UNKNOWN:
            return "tickets not known" if act.told.system else ""
        case Where.OUTSIDE if window:
            by, side = farthest(window, act.told.time, act.until)
            return f"{length(by)} {side} {window.ticket}"
        case Where.BEYOND if window:
            places = listing(place for _, place in window.only) if window.level.changes else ""
            is_for = system(window.system, review.config) if window.system != review.system.id else places
            return f"{window.ticket} {f'is for {is_for}' if is_for else 'allows reading only'}"
        case _:
            return window.ticket if window else "no ticket" if act.changes else ""


def deployer(review: Incident, deployment: Deployment) -> str:
    """Who started a deployment: a person by their name, or a schedule."""
    actor = review.then.people.roster_id(deployment.actor) or deployment.actor
    return begun_by(deployment) or person(actor, review.config) or "somebody"


def release(review: Incident, deployment: Deployment) -> str:
    """`main at 4f2c9e1d to production, merge request 88, approved by Mia Berg`."""
    what = " at ".join(text[:60] for text in (deployment.ref, (deployment.commit or "")[:12]) if text)
    by = (person(review.then.people.roster_id(one) or one, review.config) for one in deployment.approvers)
    approved = f"approved by {listing(by) or 'nobody'}"
    requests = listing(name for name, _ in merge_requests(deployment))
    parts = (f"{what} to {deployment.environment or ''}", requests, approved)
    return ", ".join(part for part in parts if part)
