"""Names on the command line that nothing is called: a slip of the pen must not read as nothing found."""

from collections.abc import Iterable

from auditor.config.models import Config
from auditor.config.wording import nearest
from auditor.errors import UsageError
from auditor.model.findings import Audit
from auditor.model.named import fits_rule


def refuse_unknown(config: Config, audit: Audit, *, person: str | None, system: str | None, rule: str | None) -> None:
    """Go on where each name that is given is known.

    Raises:
        UsageError: a person or a system is neither in the configuration nor in any finding, or there is no such rule.
    """
    if person is not None:
        people = {*config.people_by_id, *(who for one in audit.findings for who in (one.person, one.account) if who)}
        _refuse(person, people, f"No finding is about {person!r}, and nobody on the roster has that id.")
    if system is not None:
        systems = {*(one.id for one in config.systems), *(name for one in audit.findings for name in one.systems)}
        _refuse(system, systems, f"There is no system {system!r}.")
    if rule is not None:
        from auditor.rules.registry import RULES  # late: most questions name no rule

        if not any(fits_rule(one.name, rule) for one in RULES):
            _refuse(rule, (one.name for one in RULES), f"There is no rule {rule!r}.", "`auditor rules` lists them.")


def _refuse(word: str, known: Iterable[str], what: str, else_: str = "") -> None:
    names = sorted(known)
    if word not in names:
        near = nearest(word, names)
        raise UsageError(what, do=f"Did you mean {near}?" if near else else_)
