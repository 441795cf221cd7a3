"""Is a system ready for a release now: asked of stored evidence, of auditor.yaml and of the latest audit."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from auditor.case.build import build_case
from auditor.case.case import Case
from auditor.case.coverage import judged_run
from auditor.case.duty import OnDuty
from auditor.config.systems import System
from auditor.errors import ReportError, UsageError
from auditor.model.entitlements import Entitlement
from auditor.model.findings import Clear, Finding, NotJudged
from auditor.model.tables import Ticket
from auditor.model.vocabulary import ActorClass, Capability, Severity, TicketKind
from auditor.options import RunOptions
from auditor.providers.registry import place
from auditor.providers.systems import reaches
from auditor.questions.scene import named_system
from auditor.rules.base import Rule
from auditor.rules.changes.duties import note_lacks
from auditor.rules.changes.releases import incidents_on, untimely
from auditor.rules.readiness import log_access, ownership, reads_logs, rollback_drill, rollback_owner
from auditor.rules.words import length, listing
from auditor.seal import latest
from reports.agenda import reviewed
from reports.ready import Answer, Condition, Readiness
from reports.words import account_name, plural, when

STOP_POINT = "Stop point"
_HOUR = timedelta(hours=1)
_FRESH = timedelta(hours=36)
"""A night's run may be late; what is older than the one before it says nothing of today."""
_MOST = 6


def ready(options: RunOptions, name: str, ticket: str | None = None, present: Sequence[str] = ()) -> Readiness:
    """Whether a system is ready for a release at `options.at`, condition by condition.

    Without its ticket, that is the system's only open change; `present` are those whom somebody says to be there.

    Raises:
        UsageError: no system or person has that name.
        StoreError: there is no evidence at all.
    """
    system = named_system(options.config, name)
    there = {_known(options, who) for who in present}
    newest = judged_run(options.store, options.at, "Whether a release may begin cannot be told.")
    # Of what came after it was read, evidence tells nothing.
    with options.store.shared() as store:
        case = build_case(store, options.config, newest.at, timedelta(0))
    asked = _Asked(case, system, options.at, _age(newest.at, options.at))
    release, why = asked.release(ticket)
    return Readiness(
        system=system.id,
        name=system.name,
        at=options.at,
        ticket=release.ticket if release else ticket,
        conditions=(
            asked.deployers(),
            asked.on_duty(),
            asked.logs(),
            asked.rule("drill", rollback_drill, "rollback of code and of config practised in time, within target"),
            asked.rule("rollback owner", rollback_owner, "each way back has an owner and steps"),
            asked.note(release, why),
            asked.owners(there),
            asked.hours(),
            _findings(options, system),
        ),
    )


def _known(options: RunOptions, who: str) -> str:
    person = options.config.called(who)
    if person is None:
        raise UsageError(f"Nobody on the roster is called {who!r:.60}.", do="Give --present an id or an e-mail.")
    return person.id


def _age(read: datetime, at: datetime) -> str:
    """What is said of evidence that is too old to tell of today."""
    return f"the evidence is {length(at - read)} old: run `auditor collect` first" if at - read > _FRESH else ""


class _Asked(Struct, frozen=True):
    """The case, asked about one system `at` a moment; `stale` says that its evidence is too old, else it is empty."""

    case: Case
    system: System
    at: datetime
    stale: str

    def rule(self, name: str, rule: Rule, met: str) -> Condition:
        """What a rule says of the system. What it misses where a source was not read is not known."""
        outcomes = [one for one in rule(self.case) if one.subject.system in (self.system.id, None)]
        found = [one.summary for one in outcomes if isinstance(one, Finding)]
        lacking = [one.reason for one in outcomes if isinstance(one, NotJudged)]
        unread = [f"{source} could not be read" for source in self._unread(rule.reads)]
        if rule.reads and self.stale:
            return Condition(name, Answer.NOT_KNOWN, self.stale)
        if found:
            return Condition(name, Answer.NOT_KNOWN if unread else Answer.NOT_READY, "; ".join([*found, *unread]))
        if lacking or not any(isinstance(one, Clear) for one in outcomes):
            return Condition(name, Answer.NOT_KNOWN, listing(lacking) or "there is nothing to judge it by")
        return Condition(name, Answer.READY, met)

    def deployers(self) -> Condition:
        """Who can deploy today: people on the roster and pipelines."""
        able = [path for path in self.case.access if self._deploys(path)]
        people = _names(self.case.name(path.person) for path in able if path.person and self.case.is_here(path.person))
        robots = _names(path.identity.owner for path in able if path.identity.actor_class is ActorClass.PIPELINE)
        strangers = _names(account_name(path.account) for path in able if _is_strange(path))
        pipelines = [f"pipeline{'s' * (len(robots) > 1)} {listing(robots)}"] if robots else []
        told = [listing(people, _MOST) or "no person", *pipelines]
        told += [f"and {listing(strangers)}, which nobody owns"] if strangers else []
        unread = self._unread(("grants", "policies", "memberships", "accounts"))
        if self.stale:
            return Condition("deploy", Answer.NOT_KNOWN, self.stale)
        if people or robots:
            return Condition("deploy", Answer.READY, ", ".join(told))
        if unread or self.system.id in self.case.unseen_systems:
            return Condition("deploy", Answer.NOT_KNOWN, "not all rights on it were read, and nobody was seen to")
        return Condition("deploy", Answer.NOT_READY, "nobody on the roster and no pipeline can")

    def on_duty(self) -> Condition:
        """Who is on duty in the next hour, as a rota or auditor.yaml has it."""
        duty = self.duty
        here = [who for who in duty.people if self.case.is_here(who)]
        if not here and duty.doubt:
            return Condition("on duty", Answer.NOT_KNOWN, duty.doubt)
        if not here:
            why = "whoever is on duty has left" if duty.people else "the rota names nobody"
            return Condition("on duty", Answer.NOT_READY, why)
        return Condition("on duty", Answer.READY, listing(map(self.case.name, here), _MOST))

    def logs(self) -> Condition:
        """Whether everybody on duty reads its logs, and how far their rights reach."""
        reach = []
        for who in self.duty.people:
            paths = [path for path in self.case.access if path.person == who and reads_logs(path, self.system)]
            places = _names(place(path.provider, path.scope) for path in paths)
            reach.append(f"{self.case.name(who)} in {listing(places)}")
        return self.rule("logs", log_access, f"read by {'; by '.join(reach)}")

    def release(self, name: str | None) -> tuple[Ticket | None, str]:
        """The release's ticket, or why there is none."""
        changes = [row for row in self.case.tickets if self.case.refs[row.ticket].kind is TicketKind.CHANGE]
        if name is not None:
            found = [row for row in self.case.tickets if row.ticket.casefold() == name.strip().casefold()]
            if not found:
                return None, f"{name} is not in the evidence: run `auditor collect` to read newer tickets"
            return found[0], ""
        about = [row for row in changes if self.system.id in self.case.refs[row.ticket].systems and not row.closed_at]
        if len(about) == 1:
            return about[0], ""
        several = f"{listing(row.ticket for row in about)} are open: name one with --ticket"
        return None, several if about else "no change ticket of it is open: name the release with --ticket"

    def note(self, ticket: Ticket | None, why: str) -> Condition:
        """Whether the release's note has every line that policy asks for, and a stop point."""
        name = "release note"
        if ticket is None or self.stale:
            return Condition(name, Answer.NOT_KNOWN, why or self.stale)
        ref = self.case.refs[ticket.ticket]
        unnamed = self.system.id not in ref.systems
        lacking = note_lacks(ticket.note, dict.fromkeys((*self.case.policy.release_note, STOP_POINT)))
        faults = {
            f"is no release: its kind is {ref.kind}": ref.kind is not TicketKind.CHANGE,
            f"does not name {self.system.name}": unnamed,
            "is closed": ticket.closed_at is not None,
            f"lacks {listing((line.lower() for line in lacking), _MOST)}": bool(lacking),
        }
        if wrong := [words for words, holds in faults.items() if holds]:
            vague = unnamed and (ref.unknown_systems or not ref.systems) and len(wrong) == 1
            answer = Answer.NOT_KNOWN if vague else Answer.NOT_READY
            return Condition(name, answer, f"{ticket.ticket} {listing(wrong)}")
        return Condition(name, Answer.READY, f"{ticket.ticket} has every line, and a stop point")

    def owners(self, present: Collection[str]) -> Condition:
        """Whether both owners are there in the next hour: on duty, or said to be."""
        condition = self.rule("owners", ownership, "")
        if condition.answer is Answer.NOT_READY:
            return condition
        two = [who for who in (self.system.primary, self.system.backup) if who]
        absent = [who for who in two if who not in present and who not in self.duty.people]
        if absent:
            names = listing(map(self.case.name, absent))
            why = f"no evidence tells whether {names} will be there in the next hour: say it with --present"
            return Condition("owners", Answer.NOT_KNOWN, why)
        said = [f"{self.case.name(who)} ({'said to be there' if who in present else 'on duty'})" for who in two]
        return Condition("owners", Answer.READY, listing(said))

    def hours(self) -> Condition:
        """Whether now, and in an hour still, is a time to release; during an incident on it, any is."""
        now = self.at
        if any(begins <= now <= ends for begins, ends in incidents_on(self.case, self.system)):
            return Condition("hours", Answer.READY, "an incident on it is open: a release may mend it")
        if faults := list(dict.fromkeys(fault for at in (now, now + _HOUR) for fault in untimely(self.case, at))):
            return Condition("hours", Answer.NOT_READY, f"the next hour lies {listing(faults)}")
        return Condition("hours", Answer.READY, "within release hours, and in no freeze")

    @property
    def duty(self) -> OnDuty:
        """Who is on duty in the next hour."""
        return self.case.on_duty(self.system, self.at, self.at + _HOUR)

    def _deploys(self, path: Entitlement) -> bool:
        able = path.unrestricted or Capability.DEPLOY in path.capabilities
        return path.lasts(self.at) and able and not path.conditions and reaches(path, self.system)

    def _unread(self, tables: Collection[str]) -> list[str]:
        return [source for source, feeds in sorted(self.case.failed.items()) if set(tables) & set(feeds)]


def _names(names: Iterator[str | None]) -> list[str]:
    return sorted({name for name in names if name})


def _is_strange(path: Entitlement) -> bool:
    return path.identity.actor_class is ActorClass.UNKNOWN and not path.person


def _findings(options: RunOptions, system: System) -> Condition:
    """What the latest audit found on the system, and nobody decided on: high and critical speak against a release.

    One of no system (a leaver at work in the account, root) may concern any.
    """
    try:
        _, audit = latest(options)
    except ReportError:
        return Condition("findings", Answer.NOT_KNOWN, "no audit is there: run `auditor run` first")
    audited = when(audit.audited_at, options.config.zone)
    if not timedelta(0) <= options.at - audit.audited_at <= _FRESH:
        return Condition("findings", Answer.NOT_KNOWN, f"the latest audit is of {audited}")
    with options.ledger as ledger:
        rows = reviewed(audit, ledger.in_force(options.at), options.config)
    undecided = [row.finding for row in rows if row.undecided]
    about = [finding for finding in undecided if system.id in finding.systems]
    if grave := _grave(about):
        return Condition("findings", Answer.NOT_READY, _told(grave, "undecided"))
    if grave := _grave(finding for finding in undecided if not finding.systems):
        return Condition("findings", Answer.NOT_KNOWN, _told(grave, "undecided, and of no one system"))
    if system.id in audit.unseen_systems or not audit.complete:
        return Condition("findings", Answer.NOT_KNOWN, f"the audit of {audited} did not see everything")
    less = f", {plural(len(about), 'lesser one')} undecided" if about else ""
    return Condition("findings", Answer.READY, f"none of high severity in the audit of {audited}{less}")


def _grave(findings: Iterable[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.severity.rank >= Severity.HIGH.rank]


def _told(grave: Sequence[Finding], how: str) -> str:
    """How many there are, and the first two."""
    more = [f"and {len(grave) - 2} more"] if len(grave) > 2 else []  # noqa: PLR2004 - two are told
    count = plural(len(grave), "high or critical finding is", "high or critical findings are")
    return f"{count} {how}: {'; '.join([*(finding.summary for finding in grave[:2]), *more])}"
