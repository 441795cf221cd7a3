"""Single events that rules judge by themselves, and how much accounts and keys were used."""

from auditor.model.vocabulary import ActorClass
from tests.activity.acts import AWS, BEGIN, LIMITS, MINUTE, act, at, digested, look, ssh
from tests.copies import replace


def grant(time, who="nina", **columns):
    return act(time, who, **{"category": "grant", "action": "iam:AttachUserPolicy", "level": "admin", **columns})


def test_grants_and_changes_to_the_audit_trail_are_deeds_whoever_did_them_but_the_provider() -> None:
    rows = [
        grant("3 10:00"),
        grant("3 10:01", who="ci"),
        grant("3 10:02", who="mallory", outcome="denied"),
        act("3 10:03", who="backup", category="audit-trail", action="cloudtrail:StopLogging"),
        grant("3 10:04", who="lambda"),
        act("3 10:05"),
    ]
    judged_events = digested(rows).judged_events
    assert [(d.time, d.actor_class, d.outcome) for d in judged_events] == [
        (at("3 10:00"), ActorClass.PERSON, "ok"),
        (at("3 10:01"), ActorClass.PIPELINE, "ok"),
        (at("3 10:02"), ActorClass.UNKNOWN, "denied"),
        (at("3 10:03"), ActorClass.SERVICE, "ok"),
    ]


def test_a_deed_tells_what_the_event_told_and_where_it_was_read() -> None:
    row = grant("3 10:00", detail='{"userName": "piet"}', ticket="PAY-1", invoked_by="cloudformation.amazonaws.com")
    (event,) = digested([row]).judged_events
    assert (event.person, event.detail, event.ticket, event.invoked_by) == ("nina", row.detail, "PAY-1", row.invoked_by)
    assert (event.evidence.source, event.evidence.origin, event.evidence.record, event.evidence.event_id) == (
        row.source,
        row.origin,
        row.record,
        row.event_id,
    )


def test_everything_that_root_and_break_glass_did_is_a_deed() -> None:
    rows = [look("3 10:00", who="root"), act("3 10:01", who="glass"), look("3 10:02", who="root", outcome="denied")]
    assert [d.actor_class for d in digested(rows).judged_events] == [
        ActorClass.ROOT,
        ActorClass.BREAK_GLASS,
        ActorClass.ROOT,
    ]


def test_a_flood_of_deeds_is_cut_by_day_and_outcome_and_counted() -> None:
    limits = replace(LIMITS, events_a_day=3)
    flood = [look(at("3 10:00") + n * MINUTE, who="root", outcome="denied") for n in range(10)]
    rows = [*flood, look("3 23:00", who="root"), look("4 00:00", who="root", outcome="denied"), grant("3 22:00")]
    digest = digested(rows, limits=limits)
    assert [d.time for d in digest.judged_events] == [
        at("3 10:00"),
        at("3 10:01"),
        at("3 10:02"),
        at("3 22:00"),
        at("3 23:00"),
        at("4 00:00"),
    ]
    assert digest.events_left_out == 7


def test_where_everybodys_are_too_many_the_later_ones_of_their_days_are_cut_and_counted() -> None:
    limits = replace(LIMITS, judged_events=3)
    rows = [grant("3 10:00"), grant("3 11:00"), grant("3 12:00"), grant("4 10:00"), grant("3 13:00", who="leon")]
    digest = digested(rows, limits=limits)
    assert [d.time for d in digest.judged_events] == [at("3 10:00"), at("3 13:00"), at("4 10:00")]
    assert digest.events_left_out == 2


def test_a_lasting_key_was_last_used_when_something_succeeded_with_it() -> None:
    role = f"arn:aws:iam::{AWS}:role/deploy"
    rows = [
        look("3 10:00"),
        act("3 11:00"),
        act("3 12:00", outcome="denied"),
        act("3 13:00", account=role, credential="ASIA1", who="nina"),
        act("3 14:00", who="ci", outcome="denied"),
        ssh("4 10:00"),
    ]
    assert digested(rows).last_used == {"AKIANINA": at("3 11:00"), "ssh-key:SHA256:nina": at("4 10:00")}


def test_a_use_before_the_period_counts_and_a_deed_before_it_does_not() -> None:
    digest = digested([grant(BEGIN - MINUTE)])
    assert list(digest.last_used.values()) == [BEGIN - MINUTE]
    assert digest.judged_events == ()


def test_robots_accounts_in_a_console_are_deeds_and_their_own_work_is_none() -> None:
    sign_in = act("3 10:00", who="ci", category="login", level="read", action="signin:ConsoleLogin")
    rows = [sign_in, act("3 10:01", who="ci"), act("3 10:02", who="backup")]
    assert [(d.action, d.actor_class) for d in digested(rows).judged_events] == [
        ("signin:ConsoleLogin", ActorClass.PIPELINE)
    ]


def test_a_session_that_somebody_was_refused_is_a_deed_and_one_that_a_pipeline_was_refused_is_none() -> None:
    refused = {"action": "sts:AssumeRole", "category": "login", "level": "read", "outcome": "denied"}
    digest = digested([act("3 10:00", **refused), act("3 10:01", "backup", **refused), act("3 10:02", "ci", **refused)])
    assert [(deed.person, deed.actor_class) for deed in digest.judged_events] == [
        ("nina", ActorClass.PERSON),
        (None, ActorClass.SERVICE),
    ]
    (episode,) = [one for one in digest.episodes if one.person]
    assert (episode.logins, episode.denied, episode.login_targets, episode.login_addresses) == (0, 1, (), ())


def test_what_an_agents_server_tells_of_a_call_counts_where_the_log_has_not_the_call_itself() -> None:
    told = act("3 10:00", event_id="request:r-1", request="r-1", action="ssm:PutParameter", on=None)
    itself = act("3 10:00", request="r-1", action="ssm:PutParameter")
    assert [(one.system, one.changes) for one in digested([told]).episodes] == [(None, 1)]
    assert [(one.system, one.changes) for one in digested([told, itself]).episodes] == [("checkout", 1)]
