"""Robots' accounts in human hands."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import timedelta
from functools import partial

from auditor.activity.results import JudgedEvent, KeyUse
from auditor.case.case import Case
from auditor.model.findings import Outcome
from auditor.model.groups import grouped
from auditor.model.vocabulary import ROBOTS, ActorClass, Severity
from auditor.providers.registry import account_name, provider
from auditor.rules.base import Rule, controls, session_rule
from auditor.rules.facts import MOST_EVIDENCE
from auditor.rules.sittings import Session, sittings
from auditor.rules.words import listing, moment

_EVERYDAY = 3
"""Days with uses after which a key is at home somewhere."""

_EARLIER = timedelta(days=2)


@session_rule(
    "shared/service-account-by-person",
    heading="Service accounts used by people",
    severity=Severity.HIGH,
    reads=("activity",),
    why="What a person does in a robot's name is in nobody's name, and under no ticket.",
    controls=controls(soc2="CC6.1", iso="A.5.16 A.8.2", pci="8.6.1 8.2.2", nist="IA-2 AC-6", cis="5.1"),
)
def service_account_by_person(self: Rule, case: Case) -> Iterator[Outcome]:
    """A service account used by a person: impersonated, its role taken on, or signed in to a console with it.

    Asking for a session or token as it is a use, whether or not a log tells what was done with that. Or its key was
    used away from its pipeline: from a network and with a program that it was never used from and with before, after
    three days of use elsewhere. Failed sign-ins are no use. One finding a sitting of a person (or of somebody) with an
    account, and one for each other place that a key was used at.
    """
    used = [d for d in case.judged_events if d.actor_class in ROBOTS and d.outcome == "ok" and _by_hand(d)]
    together = sittings(used, who=lambda d: (d.account, d.person), gap=case.policy.session_gap)
    for sitting in together:
        first, last = sitting[0], sitting[-1]
        who = case.name(first.person) if first.person else "Somebody"
        name = case.holder(first.account or first.actor or "a service account")
        yield self.finding(
            thing=first.event_id,
            person=first.person,
            account=first.account,
            system=next((s for d in sitting if (s := case.systems.of(d.provider, d.scope, d.resource))), None),
            credential=first.credential,
            starts_at=first.time,
            ends_at=last.time,
            summary=f"{who} used {name} by hand on {moment(first.time, case.config.zone)} "
            f"({listing([d.action for d in sitting])})",
            next_step="Ask what it was for; give people access of their own for that, and robots no console.",
            facts={
                "actions": sorted({d.action for d in sitting}),
                "from": sorted({d.source_ip for d in sitting if d.source_ip}),
                "actor": first.actor,
            },
            evidence=tuple(d.evidence for d in sitting[:MOST_EVIDENCE]),
        )
    yield from _opened(self, case, {(_spelled(d.account or ""), d.person) for d in used})
    yield from _away(self, case)


def _opened(self: Rule, case: Case, told: Collection[tuple[str, str | None]]) -> Iterator[Outcome]:
    """Sessions and tokens of robots that people asked for, and of which no log tells a use."""
    asked: defaultdict[str, list[Session]] = defaultdict(list)
    for episode in case.episodes:
        if episode.person and episode.actor_class is ActorClass.PERSON:
            for account in {_spelled(target) for target in episode.login_targets}:
                span = episode.signed_in(partial(_names, account))
                if span and (account, episode.person) not in told and case.who(account).actor_class in ROBOTS:
                    asked[account].append(Session(episode, span))
    for account, sessions in sorted(asked.items()):
        for sitting in sittings(sessions, who=lambda one: one.episode.person, gap=case.policy.session_gap):
            episodes = [one.episode for one in sitting]
            first, begins = episodes[0], sitting[0].span[0]
            yield self.finding(
                thing=f"{account} {first.first_event}",
                person=first.person,
                account=account,
                system=first.system,
                credential=first.credential,
                starts_at=begins,
                ends_at=max(one.span[1] for one in sitting),
                summary=f"{case.doer(first)} asked for a session as {case.holder(account)} on "
                f"{moment(begins, case.config.zone)}; no log tells what was done with it",
                next_step="Ask what it was for; give people access of their own for that, and log what is read too.",
                facts={"actor": first.actor, "from": sorted({ip for e in episodes for ip in e.source_ips})},
                evidence=tuple(e.sample for e in episodes[:MOST_EVIDENCE]),
            )


def _names(account: str, target: str) -> bool:
    return _spelled(target) == account


def _spelled(account: str) -> str:
    """An account's name, however it is written where it is the thing that was asked for."""
    return next(iter(account_name(account).spellings), account)


def _away(self: Rule, case: Case) -> Iterator[Outcome]:
    """Keys of robots used at another place and with another program than ever before."""
    by_key = grouped((use.credential, use) for use in case.key_uses)
    for key, uses in sorted(by_key.items()):
        away = [use for n, use in enumerate(uses) if _is_new(use, uses[:n])]
        if not away:
            yield self.clear(account=uses[0].account, thing=key)
        for use in away:
            name = case.holder(use.account or "a service account")
            yield self.finding(
                thing=f"{key} {use.network} {use.program}",
                account=use.account,
                credential=key,
                starts_at=use.first_at,
                ends_at=use.last_at,
                summary=f"A key of {name} was used from {use.source_ip} with {use.program} on "
                f"{moment(use.first_at, case.config.zone)}, where and with what it never was before",
                next_step="Ask its owner whether it was moved; if not, replace the key at once: it is in other hands.",
                facts={
                    "uses": use.events,
                    "from": [use.source_ip],
                    "with": [use.user_agent],
                    "before_from": sorted({other.network for other in uses if other.first_at < use.first_at}),
                    "before_with": sorted({other.program for other in uses if other.first_at < use.first_at}),
                },
                evidence=(use.sample,),
            )


def _is_new(use: KeyUse, before: Sequence[KeyUse]) -> bool:
    """Whether both network and program are new to a key whose use was an everyday one by then."""
    known = any(use.network == other.network or use.program == other.program for other in before)
    everyday = any(other.days >= _EVERYDAY and use.first_at - other.first_at > _EARLIER for other in before)
    return everyday and not known


def _by_hand(event: JudgedEvent) -> bool:
    return event.person is not None or event.action in provider(event.provider).LOG.console_sign_ins
