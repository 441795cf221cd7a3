from datetime import date, time, timedelta
from pathlib import Path

import pytest

from auditor.config import load
from auditor.config.models import Config
from auditor.config.policy import Policy, ReleaseHours
from auditor.config.systems import AwsResource
from auditor.errors import ConfigError
from auditor.model.vocabulary import Capability, Work

DESIGN = Path(__file__).parent.parent / "data/config/design.yaml"


def test_the_example_of_the_design_loads():
    config = load(DESIGN)

    assert config.organisation == "Harbour Shop"
    assert config.zone.key == "Europe/Berlin"
    assert config.base == DESIGN.parent
    assert config.people_by_id["nina"].joined == date(2024, 2, 1)
    assert config.systems_by_id["checkout"].owners == {"mia", "leon"}
    assert config.systems_by_id["checkout"].resources[0] == AwsResource(
        provider="aws", account="111122223333", match=("*checkout*",)
    )
    assert config.jobs["engineer"] == (Capability.READ_LOGS, Capability.DEPLOY)
    assert [source.kind for source in config.sources][:5] == [
        "aws-iam", "aws-iam", "aws-identity-center", "aws-cloudtrail", "aws-cloudtrail",
    ]  # fmt: skip
    assert config.exceptions[0].until == date(2026, 12, 31)


def test_the_example_of_the_design_shows_the_defaults_of_policy():
    shown = load(DESIGN).policy
    left_out = type(shown)(approvers=("tom",))

    assert shown == left_out
    assert shown.windows[Work.READ_ONLY] == timedelta(minutes=30)
    assert shown.release_hours.to == time(18)


def test_only_the_organisation_is_needed(loads):
    assert loads("organisation: Harbour Shop").timezone == "UTC"


def test_a_window_that_is_named_leaves_the_others_at_their_defaults(loads):
    windows = loads("organisation: X\npolicy: {windows: {risky: 1h}}").policy.windows

    assert windows[Work.RISKY] == timedelta(hours=1)
    assert windows[Work.ROUTINE] == timedelta(hours=1)


def test_times_dates_and_words_stay_what_was_written(with_roster):
    config = with_roster(
        """\
        systems:
          - {id: "2024-01-01", name: no, aliases: [12:30:00, off]}
        policy:
          release_hours: {from: 09:00, to: 17:30}
        """
    )

    assert config.systems[0].name == "no"
    assert config.systems[0].aliases == ("12:30:00", "off")
    assert config.policy.release_hours.to == time(17, 30)


def test_anchors_and_aliases_work(with_roster):
    systems = with_roster(
        "systems: [{id: a, name: A, on_duty: &us [nina, mia]}, {id: b, name: B, on_duty: *us}]"
    ).systems

    assert systems[1].on_duty == ("nina", "mia")


def test_two_people_may_have_one_name(loads):
    assert len(loads("organisation: X\npeople: [{id: a, name: Kim}, {id: b, name: Kim}]").people) == 2


def test_a_job_that_jobs_leaves_out_is_allowed(loads):
    config = loads("organisation: X\njobs: {engineer: [deploy]}\npeople: [{id: a, name: A, job: contractor}]")

    assert config.people[0].job == "contractor"


def test_a_source_path_that_does_not_exist_is_no_mistake_here(loads):
    assert loads("organisation: X\nsources: [{name: t, kind: aws-cloudtrail, path: no/such/folder}]").sources


def test_a_file_that_is_not_there_says_how_to_begin(tmp_path):
    with pytest.raises(ConfigError, match=r"There is no .*auditor\.yaml") as caught:
        load(tmp_path / "auditor.yaml")

    assert caught.value.do == "Write one with `auditor init`, or name yours with --config."
    assert caught.value.exit_status == 2


def test_a_folder_is_a_mistake(tmp_path):
    with pytest.raises(ConfigError) as caught:
        load(tmp_path)

    assert "is a directory" in caught.value.mistakes[0].problem


def test_every_mistake_is_reported_at_once_in_the_order_of_the_file(mistakes):
    found = mistakes(
        "organisation: X\n"
        "timezone: Mars/Base\n"
        "people:\n"
        "  - {id: nina, name: 12}\n"
        "policy:\n"
        "  windows: {routine: 60}\n"
        "  aprovers: [nina]\n"
        "systems:\n"
        "  - id: checkout\n"
        "    id: shop\n"
        "    name: Shop\n"
        "    primary: mia\n"
    )

    assert [(line, path) for line, path, _, _ in found] == [
        (2, "timezone"),
        (4, "people[0].name"),
        (6, "policy.windows.routine"),
        (7, "policy.aprovers"),
        (10, "systems[0].id"),
        (12, "systems[0].primary"),
    ]


def test_a_mistake_reads_as_one_line(loads):
    with pytest.raises(ConfigError) as caught:
        loads("organisation: X\nkeep_rw: true")

    headline, line, *_ = caught.value.diagnostics()
    assert headline.endswith("auditor.yaml has one mistake.")
    assert line.endswith("auditor.yaml:2: keep_rw: unknown key (did you mean keep_raw?)")


@pytest.mark.parametrize(
    ("text", "path", "problem", "hint"),
    [
        ("polcy: {}", "polcy", "unknown key", "did you mean policy?"),
        ("base: /etc", "base", "unknown key", "known: organisation"),
        ("policy: {windows: {routin: 1h}}", "policy.windows.routin", "expected one of routine", "mean routine?"),
        ("policy: {windows: {risky: 60}}", "policy.windows.risky", "such as 30m, 2h or 90d, got 60", ""),
        ("policy: {unused_after: 99999999d}", "policy.unused_after", "at most a hundred years", ""),
        ("policy: {second_reviewer_for: [riskey]}", "policy.second_reviewer_for[0]", "got 'riskey'", "mean risky?"),
        ("policy: {max_writers: '3'}", "policy.max_writers", "a whole number, got '3'", "without quotes"),
        ("policy: {max_writers: true}", "policy.max_writers", "a whole number, got true", ""),
        ("policy: {max_writers: -1}", "policy.max_writers", "greater than or equal to 0", ""),
        ("policy: {approvers: nina}", "policy.approvers", "expected a list, got 'nina'", "write it as [nina]"),
        ("policy: {freezes: }", "policy.freezes", "expected a list, got nothing", "leave the key out"),
        ("policy: [x]", "policy", "expected a mapping", ""),
        ("policy: {conflicting: [[deploy]]}", "policy.conflicting[0][1]", "one more item", ""),
        ("policy: {conflicting: [[deploy, shel]]}", "policy.conflicting[0][1]", "got 'shel'", "mean shell?"),
        ("policy: {ticket_pattern: '('}", "policy.ticket_pattern", "expected a regular expression", ""),
        ("policy: {ticket_pattern: '[0-9]*'}", "policy.ticket_pattern", "does not match the empty text", ""),
        ("policy: {release_hours: {from: 8am}}", "policy.release_hours.from", 'written as "08:00"', ""),
        ("policy: {release_hours: {from: 25:00}}", "policy.release_hours.from", "between", ""),
        ("policy: {release_hours: {from: '19:00'}}", "policy.release_hours", "later in the day", ""),
        ("policy: {freezes: [{from: 2026-02-02, to: 2026-02-01}]}", "policy.freezes[0]", "no earlier", ""),
        ("timezone: Europe", "timezone", "expected a time zone", ""),
        ("timezone: ../../etc/passwd", "timezone", "expected a time zone", ""),
        ("timezone: Europe/Berln", "timezone", "expected a time zone", ""),
        ("keep_raw: maybe", "keep_raw", "expected true or false, got 'maybe'", ""),
        ("jobs: {engineer: [depoly]}", "jobs.engineer[0]", "got 'depoly'", "did you mean deploy?"),
        ("notify: [somebody]", "notify[0]", "Apprise URL", ""),
        ("notify: ['env:ghp_16C7e42F292c6912E7710c838347Ae178B4a']", "notify[0]", "looks like the secret itself", ""),
        ("exceptions: [{rule: x, reason: r, approved_by: nina, until: soon}]", "exceptions[0].until", "a date", ""),
        ("exceptions: [{rule: x, approved_by: nina, until: 2026-01-01}]", "exceptions[0].reason", "is missing", "why"),
        ("sources: [{name: a, kind: aws_iam}]", "sources[0].kind", "got 'aws_iam'", "did you mean aws-iam?"),
        ("sources: [{name: a}]", "sources[0]", "kind is missing", "known: "),
        ("sources: [{name: a, kind: aws-cloudtrail}]", "sources[0]", "either bucket, path or lookup", ""),
        ("sources: [{name: a, kind: ssh-keys, pth: x}]", "sources[0].pth", "unknown key", "did you mean path?"),
        ("sources: [{name: a b, kind: ssh-keys, path: x}]", "sources[0].name", "letters, digits", ""),
        (
            "systems: [{id: s, name: S, resources: [{provider: aws, account: 111122223333}]}]",
            "systems[0].resources[0].account",
            "expected text, got 111122223333",
            'write it in quotes: "111122223333"',
        ),
        (
            "systems: [{id: s, name: S, resources: [{provider: aws, account: '1111'}]}]",
            "systems[0].resources[0].account",
            "expected twelve digits",
            "",
        ),
    ],
)
def test_a_wrong_value_is_explained(roster_mistakes, text, path, problem, hint):
    [(line, where, what, suggestion)] = roster_mistakes(text)

    assert line == 5
    assert where == path
    assert problem in what
    assert hint in suggestion


@pytest.mark.parametrize(
    ("person", "path", "problem"),
    [
        ("{name: A}", "people[0].id", "is missing"),
        ("{id: a, name: A, left: 2024}", "people[0].left", "expected a date written as 2026-12-31, got 2024"),
        ("{id: a, name: A, left: 86400}", "people[0].left", "expected a date"),
        ("{id: a, name: A, joined: 2024-02-30}", "people[0].joined", "in the calendar"),
        ("{id: a, name: A, joined: 2024-02-02, left: 2024-02-01}", "people[0]", "left on 2024-02-01, before joining"),
        ("{id: a, name: A, job: b, jobs: [{job: b, from: 2024-02-01}]}", "people[0]", "`job` or `jobs`, not both"),
        (
            "{id: a, name: A, jobs: [{job: b, from: 2024-02-02}, {job: c, from: 2024-02-01}]}",
            "people[0]",
            "begin later than the one before",
        ),
        ("{id: a, name: A, email: nobody}", "people[0].email", "expected an e-mail address"),
        ("{id: a, name: ''}", "people[0].name", "at least 1 character"),
        ("a", "people[0]", "expected a mapping of names to values, got 'a'"),
    ],
)
def test_a_wrong_person_is_explained(mistakes, person, path, problem):
    [(_, where, what, _)] = mistakes(f"organisation: X\npeople: [{person}]")

    assert where == path
    assert problem in what


@pytest.mark.parametrize(
    "source",
    [
        "{name: g, kind: gitlab-access, url: 'https://gitlab.harbour.example', token_env: glpat-hunter2}",
        "{name: g, kind: gitlab-access, url: 'https://mia:hunter2@gitlab.example', token_env: TOKEN}",
        "{name: g, kind: gitlab-access, url: 'https://g.example', token_env: T, token: hunter2}",
        "{name: g, kind: gitlab-access, url: 'https://g.example', token_env: [hunter2]}",
    ],
)
def test_a_secret_written_by_mistake_is_not_repeated(mistakes, source):
    [mistake] = mistakes(f"organisation: X\nsources: [{source}]")

    assert "hunter2" not in str(mistake)


def test_a_long_value_is_cut(mistakes):
    [(_, _, problem, _)] = mistakes(f"organisation: X\ntimezone: {'x' * 5000}")

    assert len(problem) < 150


def test_what_is_not_written_is_what_an_empty_section_is():
    assert Config.model_fields["policy"].default == Policy()
    assert Policy.model_fields["release_hours"].default == ReleaseHours()
