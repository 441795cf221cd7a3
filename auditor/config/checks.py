"""What no single entry can show: names used twice, and names that lead nowhere.

The checks look at the plain values, so that they run, and report, even where an entry is wrong in itself.
"""

from collections.abc import Iterable, Iterator

from auditor.config.document import Document, Path, dotted
from auditor.config.models import Config
from auditor.config.signals import SIGNAL_KINDS
from auditor.config.wording import nearest, quote, suggest

_UNIQUE_IDS = (
    "people.*.id",
    "service_accounts.*.id",
    "vendors.*.id",
    "break_glass.*.id",
    "systems.*.id",
    "sources.*.name",
)
_HOLDERS = ("people", "service_accounts", "break_glass")
_PERSON_IDS = (
    "service_accounts.*.owner",
    "vendors.*.owner",
    "break_glass.*.keeper",
    "systems.*.primary",
    "systems.*.backup",
    "systems.*.on_duty.*",
    "systems.*.rollback.*.owner",
    "exceptions.*.person",
)
_PERSON_IDS_OR_EMAILS = ("policy.approvers.*", "exceptions.*.approved_by")
_SYSTEM_IDS = (
    *("exceptions.*.system", "signals.*.system"),
    *("sources.*.systems.*", "sources.*.systems.*.*", "sources.*.schedules.*.*"),
)
_NEAR_MISS = 0.85


def check(document: Document) -> None:
    """Add a mistake for everything that is named twice, or not at all."""
    for pattern in _UNIQUE_IDS:
        what = "id" if pattern.endswith("id") else "name"
        _once(document, _texts(document, pattern), f"the {what} {{}} is already taken")
    _once(document, _texts(document, "people.*.email"), "the e-mail {} already belongs to someone else", fold=True)
    _accounts_have_one_holder(document)
    _system_names_mean_one_system(document)
    if not _is_misspelt(document, "people"):
        _people_are_on_the_roster(document)
    if not _is_misspelt(document, "systems"):
        _named_systems_exist(document)
    _jobs_are_spelt_right(document)
    _searches_can_be_asked(document)


def _is_misspelt(document: Document, part: str) -> bool:
    """Whether a part is missing and a key that nobody knows is nearly its name: that is the mistake then."""
    known = Config.model_fields
    return part not in document.data and any(nearest(key, known) == part for key in document.data if key not in known)


def _texts(document: Document, pattern: str) -> Iterator[tuple[Path, str]]:
    return ((path, value) for path, value in document.find(pattern) if isinstance(value, str))


def _names(document: Document, *patterns: str) -> list[str]:
    return [value for pattern in patterns for _, value in _texts(document, pattern)]


def _once(document: Document, entries: Iterable[tuple[Path, str]], problem: str, *, fold: bool = False) -> None:
    seen: dict[str, Path] = {}
    for path, value in entries:
        first = seen.setdefault(value.casefold() if fold else value, path)
        if first != path:
            document.mistake(path, problem.format(quote(value)), f"see {dotted(first)} on line {document.line(first)}")


def _accounts_have_one_holder(document: Document) -> None:
    """Two claims by one holder do no harm; two holders would make every finding about the account wrong."""
    seen: dict[str, Path] = {}
    for part in _HOLDERS:
        for path, account in _texts(document, f"{part}.*.accounts.*"):
            first = seen.setdefault(account, path)
            if first[:2] != path[:2]:
                hint = "an account has one holder; a login that several people use is a service account"
                where = f"{dotted(first)} on line {document.line(first)}"
                document.mistake(path, f"the account {quote(account)} is already claimed by {where}", hint)


def _system_names_mean_one_system(document: Document) -> None:
    seen: dict[str, Path] = {value.casefold(): path for path, value in _texts(document, "systems.*.id")}
    for path, alias in _texts(document, "systems.*.aliases.*"):
        first = seen.setdefault(alias.casefold(), path)
        if first[:2] != path[:2]:
            where = f"{dotted(first)} on line {document.line(first)}"
            document.mistake(path, f"the alias {quote(alias)} already means another system", f"see {where}")


def _people_are_on_the_roster(document: Document) -> None:
    ids = _names(document, "people.*.id")
    emails = {email.casefold() for email in _names(document, "people.*.email")}
    for pattern in (*_PERSON_IDS, *_PERSON_IDS_OR_EMAILS):
        for path, person in _texts(document, pattern):
            by_email = pattern in _PERSON_IDS_OR_EMAILS and person.casefold() in emails
            if person not in ids and not by_email:
                hint = suggest(person, ids) or "add them to people; those who have left stay there, with `left`"
                document.mistake(path, f"expected the id of a person on the roster, got {quote(person)}", hint)


def _named_systems_exist(document: Document) -> None:
    ids = _names(document, "systems.*.id")
    for path, system in (one for pattern in _SYSTEM_IDS for one in _texts(document, pattern)):
        if system not in ids:
            problem = f"expected the id of a system, got {quote(system)}"
            document.mistake(path, problem, suggest(system, ids) or "add it to systems")


def _jobs_are_spelt_right(document: Document) -> None:
    """A job that `jobs` leaves out holds nothing unasked; one that is nearly there is a slip."""
    jobs = [str(path[-1]) for path, _ in document.find("jobs.*")]
    held = (*_texts(document, "people.*.job"), *_texts(document, "people.*.jobs.*.job"))
    for path, job in held:
        near = None if job in jobs else nearest(job, jobs, cutoff=_NEAR_MISS)
        if near:
            document.mistake(path, f"jobs has no {quote(job)}", f"did you mean {near}? If not, add it to jobs")


def _searches_can_be_asked(document: Document) -> None:
    """Each once for a system, of a source of monitoring, with what that kind of source is asked by."""
    kinds = {s["name"]: s.get("kind") for _, s in document.find("sources.*") if isinstance(s, dict) and "name" in s}
    askable = [str(name) for name, kind in kinds.items() if kind in SIGNAL_KINDS]
    seen: dict[tuple[object, object], Path] = {}
    for path, search in document.find("signals.*"):
        if not isinstance(search, dict):
            continue
        named = search.get("system"), search.get("name")
        first = seen.setdefault(named, path)
        if first != path:
            hint = f"see {dotted(first)} on line {document.line(first)}"
            document.mistake((*path, "name"), f"{quote(named[0])} has a search {quote(named[1])} already", hint)
        source = search.get("source")
        if isinstance(source, str) and source not in askable:
            problem = f"expected the name of a source of monitoring, got {quote(source)}"
            document.mistake((*path, "source"), problem, suggest(source, askable) or "add it to sources")
        elif isinstance(source, str):
            _asks(document, path, search, str(kinds[source]))


def _asks(document: Document, path: Path, search: dict[str, object], kind: str) -> None:
    if kind == "sentry" and not search.get("project"):
        document.mistake(path, "expected project, for Sentry is asked by project", "add its slug")
    if kind != "sentry" and "project" in search:
        document.mistake((*path, "project"), "expected project only where Sentry is asked", "remove it")
    if kind != "sentry" and not search.get("query"):
        document.mistake(path, "expected query", "say what is asked")
    if kind not in ("prometheus", "loki") and "alive" in search:
        document.mistake((*path, "alive"), "expected alive only where Prometheus or Loki is asked", "remove it")
