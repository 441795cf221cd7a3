import pytest

_EXCEPTION = "exceptions: [{rule: x, reason: r, approved_by: mia, until: 2026-01-01, system: a}]"


@pytest.mark.parametrize(
    ("text", "path", "problem", "hint"),
    [
        (
            "systems: [{id: a, name: A}, {id: a, name: B}]",
            "systems[1].id",
            "the id 'a' is already taken",
            "systems[0].id",
        ),
        (
            "sources: [{name: t, kind: ssh-keys, path: x}, {name: t, kind: ssh-logins, path: y}]",
            "sources[1].name",
            "the name 't' is already taken",
            "sources[0].name on line 5",
        ),
        (
            "break_glass: [{id: e, accounts: [x], keeper: mia}, {id: e, accounts: [y], keeper: mia}]",
            "break_glass[1].id",
            "already taken",
            "break_glass[0].id",
        ),
        (
            "service_accounts: [{id: ci, owner: mia, purpose: p, accounts: ['gitlab:nina']}]",
            "service_accounts[0].accounts[0]",
            "already claimed by people[0].accounts[0] on line 3",
            "an account has one holder",
        ),
        (
            "systems: [{id: a, name: A, aliases: [shop]}, {id: b, name: B, aliases: [Shop]}]",
            "systems[1].aliases[0]",
            "already means another system",
            "systems[0].aliases[0]",
        ),
        (
            "systems: [{id: a, name: A, aliases: [b]}, {id: b, name: B}]",
            "systems[0].aliases[0]",
            "already means another system",
            "systems[1].id",
        ),
        ("systems: [{id: a, name: A, primary: ninna}]", "systems[0].primary", "got 'ninna'", "did you mean nina?"),
        ("systems: [{id: a, name: A, backup: tom}]", "systems[0].backup", "got 'tom'", "known: nina, mia"),
        ("systems: [{id: a, name: A, on_duty: [nina, m]}]", "systems[0].on_duty[1]", "person on the roster", ""),
        ("break_glass: [{id: e, accounts: [x], keeper: mai}]", "break_glass[0].keeper", "person on the roster", "mia?"),
        ("service_accounts: [{id: c, owner: x, purpose: p}]", "service_accounts[0].owner", "on the roster", ""),
        ("policy: {approvers: [tom@harbour.example]}", "policy.approvers[0]", "on the roster", ""),
        (
            "exceptions: [{rule: x, reason: r, approved_by: mia, until: 2026-01-01, system: shop}]",
            "exceptions[0].system",
            "expected the id of a system, got 'shop'",
            "add it to systems",
        ),
        (
            "exceptions: [{rule: x, reason: r, approved_by: mia, until: 2026-01-01, person: mya}]",
            "exceptions[0].person",
            "got 'mya'",
            "did you mean mia?",
        ),
    ],
)
def test_a_name_that_is_taken_or_leads_nowhere_is_a_mistake(roster_mistakes, text, path, problem, hint):
    [(line, where, what, suggestion)] = roster_mistakes(text)

    assert line == 5
    assert where == path
    assert problem in what
    assert hint in suggestion


def test_a_person_twice_on_the_roster_is_a_mistake(mistakes):
    found = mistakes("organisation: X\npeople:\n - {id: nina, name: Nina}\n - {id: nina, name: Nina}\n")

    assert found == [(4, "people[1].id", "the id 'nina' is already taken", "see people[0].id on line 3")]


def test_an_account_claimed_by_two_people_is_a_mistake(mistakes):
    [(line, path, problem, _)] = mistakes(
        "organisation: X\npeople:\n - {id: a, name: A, accounts: ['ssh:a']}\n - {id: b, name: B, accounts: ['ssh:a']}\n"
    )

    assert (line, path) == (4, "people[1].accounts[0]")
    assert problem == "the account 'ssh:a' is already claimed by people[0].accounts[0] on line 3"


def test_an_account_named_twice_by_one_person_does_no_harm(loads):
    assert loads("organisation: X\npeople: [{id: a, name: A, accounts: ['ssh:a', 'ssh:a']}]")


def test_an_email_of_two_people_is_a_mistake_whatever_its_case(mistakes):
    [(_, path, problem, _)] = mistakes(
        "organisation: X\npeople: [{id: a, name: A, email: k@x.example}, {id: b, name: B, email: K@x.example}]"
    )

    assert path == "people[1].email"
    assert "already belongs to someone else" in problem


def test_an_approver_may_be_named_by_email(with_roster):
    assert with_roster("policy: {approvers: [Nina@harbour.example]}").policy.approvers == ("Nina@harbour.example",)


def test_a_job_that_is_nearly_one_of_jobs_is_a_slip(mistakes):
    [(_, path, _, hint)] = mistakes(
        "organisation: X\njobs: {engineer: [deploy]}\npeople: [{id: a, name: A, job: enginer}]"
    )

    assert path == "people[0].job"
    assert hint == "did you mean engineer? If not, add it to jobs"


def test_checks_run_although_entries_have_other_shapes(mistakes):
    found = mistakes("organisation: X\npeople: [3, {id: [a], name: A}]\nsystems: {primary: x}\nexceptions: none")

    assert {path for _, path, _, _ in found} == {"people[0]", "people[1].id", "systems", "exceptions"}


def test_an_empty_file_is_a_mistake(mistakes):
    assert mistakes("")[0][3] == "the file is empty"
    assert mistakes("# nothing but a comment\n")[0][3] == "the file is empty"


def test_a_list_is_no_configuration(mistakes):
    assert "expected names and values" in mistakes("- organisation: X")[0][2]


def test_another_encoding_is_a_mistake_with_its_line(mistakes):
    assert mistakes(b"organisation: X\ntimezone: \xe9\n") == [
        (2, "(file)", "expected UTF-8, got the byte 0xe9", "save the file as UTF-8")
    ]


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(loads):
    assert loads(b"\xef\xbb\xbforganisation: X\r\ntimezone: UTC\r\n").organisation == "X"


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("peoples: [{id: mia, name: Mia}]\nsystems: [{id: a, name: A, primary: mia}]", "peoples"),
        (f"people: [{{id: mia, name: Mia}}]\nsystem: [{{id: a, name: A}}]\n{_EXCEPTION}", "system"),
    ],
)
def test_a_key_that_is_misspelt_is_one_mistake_and_not_one_for_every_name_below_it(mistakes, text, unknown):
    assert [(path, problem) for _, path, problem, _ in mistakes(f"organisation: X\n{text}\n")] == [
        (unknown, "unknown key")
    ]
