"""PCI DSS's checklists, with what the evidence answers of them: 8.2.2 for shared accounts, 7.2.4 for the review."""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from auditor.config.models import Config
from auditor.model.findings import Audit, Finding
from auditor.rules.shared.credentials import PCI_8_2_2
from reports.agenda import Reviewed
from reports.history import History
from reports.words import account_name, day, listing, person, plural, system

POINTS = PCI_8_2_2
"""What is to be answered for every shared account."""
_MOST_NAMES = 4


class SharedAccount(Struct, frozen=True):
    """An account of several people, or for emergencies, and what is known of it."""

    name: str
    known: str


class Question(Struct, frozen=True):
    """A point of the review, and what is known of it."""

    asked: str
    known: str


def shared_accounts(rows: Sequence[Reviewed], config: Config) -> tuple[SharedAccount, ...]:
    """Those that findings ask the six points of, and the declared emergency access."""
    asked = [row.finding for row in rows if row.finding.facts.get("to_answer") and row.stands]
    sealed = [
        SharedAccount(entry.id, f"emergency access; its keeper is {person(entry.keeper, config)}")
        for entry in config.break_glass
    ]
    return (*(SharedAccount(account_name(one.account or ""), _shared_by(one, config)) for one in asked), *sealed)


def review_questions(
    audit: Audit, rows: Sequence[Reviewed], past: History, holders: int | None, config: Config
) -> Iterator[Question]:
    """7.2.4: whether all access was reviewed, is appropriate, was put right, and management acknowledged it."""
    decided = [one.decided_at for one in past.decided.values()]
    last = f"the last decision is of {day(max(decided), config.zone)}" if decided else "no decision is on record"
    yield Question("reviewed at least once every six months", last)
    unseen = listing((system(one, config) for one in audit.unseen_systems), _MOST_NAMES)
    seen = f"; the rights of {unseen} were not all read" if unseen else ""
    known = "not known" if holders is None else plural(holders, "holder of access", "holders of access")
    yield Question("all accounts, those of vendors too", f"{known}{seen}")
    beyond = sum(row.finding.rule == "standing/beyond-job" and row.stands for row in rows)
    jobs = f"{plural(beyond, 'holder has', 'holders have')} more than the job includes" if beyond else "no finding"
    yield Question("access fits the job", jobs if config.jobs else "auditor.yaml says of no job what it includes")
    revoke = [row for row in rows if row.verdict == "revoke"]
    yield Question(
        "what does not fit is put right", f"{plural(len(revoke), 'right')} decided to be revoked, still there"
    )
    yield Question("management acknowledges that access remains appropriate", "by the sign-off")


def _shared_by(finding: Finding, config: Config) -> str:
    people = listing((person(str(one), config) for one in finding.facts.get("people", ())), _MOST_NAMES)
    keys = finding.facts.get("keys", ())
    told = [f"used by {people}" if people else "", f"by {plural(len(keys), 'key')}" if keys else ""]
    return ", ".join(filter(None, told)) or "not known whose"
