"""What happened to a system: one Thursday, minute by minute."""

import json
import os
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from auditor.case.incident import incident as resolve
from auditor.case.placement import NOT_PLACED, Where
from auditor.cli.commands import cli
from auditor.cli.terminal.past import review_lines
from auditor.errors import UsageError
from auditor.model.vocabulary import ActorClass
from auditor.questions.past import incident
from auditor.questions.review import Told, values
from auditor.questions.scene import named_system
from auditor.questions.times import Times
from reports.incident import review_view
from reports.incident_pages import render
from reports.words import record
from tests.copies import replace
from tests.thursday import FLOOD, NEXT_NIGHT, WORKERS, at, options

GOLDEN = Path(__file__).parent / "golden"
FROM, TO = at("10:30:00"), at("12:30:00")


@pytest.fixture(scope="session")
def review(shop):
    """The view of the bad two hours."""
    return incident(options(shop), "checkout", Times(FROM, TO))


@pytest.fixture(scope="session")
def resolved(shop):
    """What was resolved of them, before it is put into words."""
    told = options(shop)
    return resolve(told.store, told.config, named_system(told.config, "checkout"), FROM, TO, NEXT_NIGHT)


def line(review, who, what):
    (found,) = [one for one in review.lines if one.who == who and what in one.what]
    return found


@pytest.mark.golden
def test_the_terminal_tells_the_whole_story(review):
    text = "\n".join(review_lines(review)) + "\n"
    place = GOLDEN / "incident.txt"
    if os.environ.get("AUDITOR_RENEW_SNAPSHOTS") == "1":
        place.parent.mkdir(exist_ok=True)
        place.write_text(text, encoding="utf-8")
    assert text == place.read_text(encoding="utf-8")


def test_a_change_shows_the_value_before_and_its_ticket_and_who_reversed_it(review):
    raised = next(one for one in review.lines if one.values == ("desiredCount 4 → 40",))
    assert (raised.who, raised.at, raised.ticket) == ("Leon Roth", at("11:04:12"), "PAY-310")
    assert raised.reversal.text == "Reversed 1 Oct 2026 13:12 CEST by Mia Berg."


def test_the_one_who_took_it_back_had_no_ticket_and_is_not_told_to_reverse_it(review):
    back = next(one for one in review.lines if one.values == ("desiredCount 40 → 4",))
    assert (back.who, back.ticket, back.reversal.text) == (
        "Mia Berg",
        "no ticket",
        "It took an earlier change back: leave it.",
    )


def test_a_value_that_nobody_took_back_is_named_as_the_one_to_set_again(shop):
    before_mia = incident(options(shop), "checkout", Times(FROM, at("11:12:00")))
    assert line(before_mia, "Leon Roth", "ecs:UpdateService").reversal.text == (
        "Set desiredCount back to 4, as set 28 Sep 2026 10:00 CEST by Mia Berg; look first whether anybody changed it since."
    )


def test_without_the_original_no_value_is_made_up(own_shop):
    (trail,) = (own_shop.folder / "logs/cloudtrail").rglob("*20261001T1115Z*")
    trail.unlink()
    raised = line(incident(options(own_shop), "checkout", Times(FROM, TO)), "Leon Roth", "ecs:UpdateService")
    assert raised.values == ()
    assert raised.reversal.text == (
        "Set it back to what it was before; its record was not read, so that value is not known."
    )


def test_a_flood_is_one_line_with_its_count_and_its_span(review):
    (flood,) = [one for one in review.lines if one.count == FLOOD]
    assert (flood.at, flood.until) == (at("11:05:00"), at("11:18:19"))
    assert (flood.did, flood.what) == ("failed at", "ecs:RunTask")


def test_sessions_denials_and_failed_logins_stand_beside_the_changes(review):
    kinds = {(one.who, one.did): one.kind for one in review.lines}
    assert kinds["Mia Berg", "logged in"] == kinds["Mia Berg", "logged out"] == "session"
    assert kinds["Nina Alvarez", "was denied"] == "refused"
    assert kinds["ssh:admin@web-1.harbour.example", "was not let in"] == "refused"


def test_a_command_on_a_host_is_told_as_it_was_run(review):
    assert line(review, "Mia Berg", "systemctl").what == "/usr/bin/systemctl restart checkout-worker"


def test_a_deployment_stands_in_its_place(review):
    (release,) = [one for one in review.lines if one.kind == "release"]
    assert release.what == "main at 4f2c9e1d to production, harbour/checkout!88, approved by Mia Berg"
    assert release.reversal.text == "Deploy the release before it; which one that was is not in the evidence."


def test_a_change_of_rights_names_its_ticket_and_that_no_system_claims_it(review):
    given = line(review, "Tom Weiss", "PutUserPolicy")
    assert (given.ticket, given.elsewhere, given.values) == (
        "names PAY-310",
        True,
        (f"policy Allow ecs:* on {WORKERS[0]}", "policyName jit-PAY-310"),
    )


def test_whoever_else_could_have_changed_it_is_named_also_when_given_the_right_meanwhile(review):
    assert [holder.name for holder in review.others] == ["Nina Alvarez", "Piet Old", "Sam Lind"]


def test_over_several_days_lines_are_dated(shop):
    days = incident(options(shop), "checkout", Times(at("10:30:00"), at("10:30:00", day=2)))
    assert any(line.startswith("  1 Oct 13:04:12  ● Leon Roth changed") for line in review_lines(days))


def test_the_work_of_a_service_is_not_to_be_reversed_one_by_one(resolved):
    act = next(act for act in resolved.acts if act.changes)
    own = replace(act, told=replace(act.told, actor_class=ActorClass.SERVICE, category="change", person=None))
    assert review_view(replace(resolved, acts=(own,), deployments=()), {}).lines[0].reversal.text == ""


@pytest.mark.parametrize(
    ("action", "reverse"),
    [
        ("ec2:StopInstances", "A restart or stop"),
        ("rds:RebootDBInstance", "A restart or stop"),
        ("ecs:UpdateService", "Set it back"),
        ("lambda:InvokeFunction", "Set it back"),
        ("rds:ResetDBParameterGroup", "Set it back"),
        ("rds:DeleteDBInstance", "A deletion"),
    ],
)
def test_what_stopped_is_started_and_what_was_deleted_is_made_again(resolved, action, reverse):
    act = next(act for act in resolved.acts if act.changes and act.told.provider == "aws")
    told = replace(act.told, action=action, category="change", level="write")
    view = review_view(replace(resolved, acts=(replace(act, told=told, before=None),), deployments=()), {})
    assert view.lines[0].reversal.text.startswith(reverse)


@pytest.mark.parametrize(
    ("level", "did", "reverse"),
    [
        ("read", "read a secret", "What was seen cannot be unseen: rotate the secret."),
        ("write", "changed a secret or setting", "Set it back to the value before: it is in the parameter's history"),
    ],
)
def test_a_secret_that_was_read_is_rotated_and_one_that_was_set_is_set_back(resolved, level, did, reverse):
    act = next(act for act in resolved.acts if act.changes and act.told.provider == "aws")
    told = replace(act.told, action="ssm:PutParameter", category="secret", level=level)
    view = review_view(replace(resolved, acts=(replace(act, told=told, before=None),), deployments=()), {})
    assert view.lines[0].did == did
    assert view.lines[0].reversal.text.startswith(reverse)


def test_a_secret_that_was_read_is_no_change(resolved):
    act = next(act for act in resolved.acts if act.changes and act.told.provider == "aws")
    told = replace(act.told, action="secretsmanager:GetSecretValue", category="secret", level="read")
    view = review_view(replace(resolved, acts=(replace(act, told=told, before=None),), deployments=()), {})
    assert [(one.kind, one.values) for one in view.lines] == [("secret", ())]
    assert view.actors[0].changes == 0


def test_what_an_agent_did_stands_apart_from_what_its_person_did(resolved):
    act = next(act for act in resolved.acts if act.changes and act.told.person)
    by_agent = replace(act, told=replace(act.told, provider="aws", invoked_by="aws-mcp.amazonaws.com"))
    view = review_view(replace(resolved, acts=(act, by_agent), deployments=()), {})
    assert [(one.name == view.lines[0].who, one.note) for one in view.actors] == [
        (True, ""),
        (True, "by an agent (AWS MCP server)"),
    ]
    (work,) = view.agents
    assert (work.agent, work.person, work.changes, work.reads) == ("AWS MCP server", act.told.person, act.count, 0)
    told = "\n".join(review_lines(view))
    assert f"What agents did\n  AWS MCP server for {view.lines[0].who} on " in told
    assert ": 1 change, 0 reads (" in told
    assert '<table class="agents stack">' in render(view)


def test_a_person_whose_login_failed_is_named(resolved):
    act = next(act for act in resolved.acts if act.told.outcome == "failed" and act.told.category == "login")
    nina = replace(act, told=replace(act.told, principal="ssh:nina@web-1.harbour.example"))
    view = review_view(replace(resolved, acts=(nina,), deployments=()), {})
    assert (view.lines[0].who, view.lines[0].note) == ("Nina Alvarez", "")
    assert view.headline == "No change to Checkout service; 1 act failed or denied."


def test_the_first_lines_tell_under_which_ticket_and_how_many_others_could_have(resolved):
    leon = next(act for act in resolved.acts if act.changes and act.placement.inside and act.told.person)
    view = review_view(replace(resolved, acts=(leon,), deployments=()), {})
    assert view.headline.startswith(f"{view.lines[0].who} changed Checkout service, with 1 change under PAY-")
    lost = replace(leon, placement=NOT_PLACED)
    both = review_view(replace(resolved, acts=(leon, lost), deployments=()), {})
    assert " under " not in both.headline
    assert view.others_sentence == f"At least {len(view.others)} people could have changed it too."
    read = replace(view, who=replace(view.who, sure=True), others=view.others[:1])
    assert read.others_sentence == "1 person could have changed it too."
    assert replace(read, others=()).others_sentence == "Nobody else could have changed it."
    assert replace(view, others=()).others_sentence == "Who else could have changed it is not known."


def test_of_more_kinds_of_looking_than_anybody_reads_some_are_counted_and_no_change_is(resolved):
    changed = next(act for act in resolved.acts if act.changes and act.told.category == "change")
    looked = [
        replace(changed, told=replace(changed.told, level="read", category="read", action=f"s3:Get{n}"))
        for n in range(70)
    ]
    refused = replace(changed, told=replace(changed.told, outcome="denied"))
    given = replace(changed, told=replace(changed.told, category="grant"))
    acts = (*looked * 4, *[refused] * 50, *[changed] * 250, *[given] * 200)
    later = tuple(
        replace(act, told=replace(act.told, time=FROM + timedelta(seconds=number))) for number, act in enumerate(acts)
    )
    view = review_view(replace(resolved, acts=later, deployments=()), {})
    assert [one.kind for one in view.lines] == ["change"] * 450 + ["refused"] + ["read"] * 59
    assert [one.count for one in view.lines[-60:]] == [50] + [4] * 59
    assert view.more == "Not listed: 44 looks. Choose a shorter time to see them."
    assert "44 that changed nothing not listed" in view.headline
    shorter = review_view(replace(resolved, acts=later[-400:], deployments=()), {})
    assert (len(shorter.lines), shorter.more) == (400, "")


def test_people_are_told_first_then_machines_then_what_failed_and_what_was_seen(review):
    parts = [one.part.value for one in review.lines]
    assert list(dict.fromkeys(parts)) == ["people", "machines", "refused", "seen"]
    assert parts == sorted(parts, key=["people", "machines", "refused", "seen"].index)
    assert review.reversible == (
        "2 of 5 changes can be reversed; 1 taken back already; 1 took another back; 1 with nothing to reverse."
    )


def test_a_robots_reading_of_its_own_secrets_is_a_look_and_asks_for_nothing(resolved):
    act = next(act for act in resolved.acts if act.changes and act.told.provider == "aws")
    fetched = {"action": "secretsmanager:GetSecretValue", "category": "secret", "level": "read", "person": None}
    own = replace(act, told=replace(act.told, actor_class=ActorClass.SERVICE, **fetched))
    view = review_view(replace(resolved, acts=(own, own, own), deployments=()), {})
    (line,) = view.lines
    assert (line.part, line.kind, line.count, line.reversal.text) == ("seen", "read", 3, "")


def test_every_line_points_at_its_record(review):
    assert all(one.evidence.origin for one in review.lines)
    assert record(line(review, "Mia Berg", "systemctl").evidence) == "logins: logs/sshd/web-1.harbour.example.log#6"


def test_a_time_without_any_record_says_so_and_what_is_silent(shop):
    quiet = incident(options(shop), "checkout", Times(at("03:00:00"), at("03:30:00")))
    assert quiet.headline == "Nothing is on record for Checkout service in this time."
    assert "111122223333: no record at all for 30 minutes (the whole time)." in quiet.gaps


def test_a_day_that_was_not_collected_yet_is_not_called_quiet(shop):
    later = incident(options(shop), "checkout", Times(at("10:00:00", day=5), at("11:00:00", day=5)))
    assert later.headline.startswith(
        "What happened to Checkout service in this time is not known: the logs end at 1 Oct"
    )
    assert any(gap.startswith("The logs end at 1 Oct 2026") for gap in later.gaps)
    assert "Tickets are known until 2 Oct 2026 05:10 CEST only." in later.gaps


def test_after_the_tickets_end_it_is_not_known_whether_something_was_allowed(resolved):
    blind = replace(resolved, acts=tuple(replace(act, placement=NOT_PLACED) for act in resolved.acts))
    told = {one.ticket for one in review_view(blind, {}).lines if one.who == "Mia Berg" and one.kind == "change"}
    assert told == {"tickets not known"}


def test_a_change_near_a_window_says_how_far_it_is_from_it(shop):
    told = options(shop)
    system = named_system(told.config, "checkout")
    found = resolve(told.store, told.config, system, FROM, TO, NEXT_NIGHT)
    leon = next(act for act in found.acts if act.told.person == "leon")
    late_at = leon.placement.window.ends_at + timedelta(minutes=12)
    placement = replace(leon.placement, where=Where.OUTSIDE)
    late = replace(leon, placement=placement, until=late_at, told=replace(leon.told, time=late_at))
    assert review_view(replace(found, acts=(late,)), {}).lines[0].ticket == "12 minutes after PAY-310"


def test_gaps_name_sources_that_were_not_read(review):
    assert "releases: failed; it has not been collected yet." in review.unknown


def test_what_comes_from_outside_cannot_turn_the_terminal_round(resolved):
    act = resolved.acts[0]
    hostile = replace(
        act, told=replace(act.told, action="\x1b[2Jiam:\u202eX", principal="\x1b]0;evil\x07", person=None)
    )
    text = "\n".join(review_lines(review_view(replace(resolved, acts=(hostile,)), {})))
    assert not {"\x1b", "\u202e", "\x07"} & set(text)


def test_values_are_read_once_more_from_the_originals_without_secrets(shop, resolved):
    leon = [act.told for act in resolved.acts if act.told.person == "leon"]
    told = [Told(one.provider, one.action, one.detail, one.evidence) for one in leon]
    (asked,) = values(options(shop), told).values()
    assert asked.values == {"cluster": "checkout-prod", "service": "checkout-worker", "desiredCount": "40"}


def test_the_end_comes_after_the_beginning(shop):
    with pytest.raises(UsageError, match="ends before it begins"):
        incident(options(shop), "checkout", Times(TO, FROM))


def test_an_unknown_system_is_answered_with_the_names_there_are(shop):
    with pytest.raises(UsageError) as raised:
        incident(options(shop), "billing", Times(FROM, TO))
    assert raised.value.diagnostics()[-1] == "Name one of auditor.yaml's: checkout."


def test_the_command_prints_the_review_or_one_json_object(shop):
    told = ["incident", "--config", str(shop.folder / "auditor.yaml"), "--system", "shop checkout"]
    told += ["--from", "2026-10-01T12:30:00+02:00", "--to", "2026-10-01T14:30:00+02:00", "--output", str(shop.output)]
    text = CliRunner().invoke(cli, told)
    assert text.exit_code == 0, text.output
    assert "PAY-310; desiredCount 4 → 40" in text.output
    said = json.loads(CliRunner().invoke(cli, [*told, "--json"]).output)
    assert said["lines"][0]["at"] == "2026-10-01T10:50:00Z"
