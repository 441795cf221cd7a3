"""Who is the same person, and who is not."""

from datetime import UTC, datetime

from auditor.discovery.logins import Login, logins_of
from auditor.discovery.people import joined
from auditor.model.tables import Account, Ticket
from tests import cases

AT = datetime(2026, 10, 2, 12, tzinfo=UTC)


def login(account, **known):
    handle = account.rpartition("/")[2].rpartition(":")[2].partition("@")[0]
    return Login(account, handle, "unknown", **known)


def ticket(**said):
    return Ticket(source="tickets", collected_at=AT, origin="t.csv", ticket="OPS-1", **said)


def together(*logins, tickets=()):
    return sorted(sorted(one.accounts) for one in joined(logins, tickets) if one.accounts)


def test_one_address_is_one_person():
    one, other = login("user:n.alvarez", email="nina@h.example"), login("gitlab:nalva", email="nina@h.example")
    assert together(one, other) == [["gitlab:nalva", "user:n.alvarez"]]


def test_the_ways_to_write_one_mailbox_of_gmail_are_one_person():
    one, other = login("user:a", email="nina.alvarez@gmail.com"), login("gitlab:b", email="ninaalvarez@googlemail.com")
    assert len(together(one, other)) == 1


def test_one_handle_is_one_person_unless_addresses_tell_two_apart():
    assert together(login("ssh:nina"), login("gitlab:nina")) == [["gitlab:nina", "ssh:nina"]]
    one, other = login("user:nina", email="nina@h.example"), login("gitlab:nina", email="nina@elsewhere.example")
    assert len(together(one, other)) == 2


def test_a_key_joins_a_login_with_a_forge_and_never_two_logins_of_hosts():
    key = {"ssh-key:SHA256:a": ""}
    assert len(together(login("ssh:deb", keys=key), login("gitlab:nina", keys=key))) == 1
    assert len(together(login("ssh:nina", keys=key), login("ssh:tom", keys=key))) == 2


def test_a_login_made_of_a_name_is_theirs_where_one_person_alone_has_such_a_name():
    asked = [ticket(person="Nina Alvarez"), ticket(person="Tom Okafor")]
    found = {one.name: set(one.accounts) for one in joined([login("ssh:nalvarez"), login("ssh:tokafor-admin")], asked)}
    assert found == {"Nina Alvarez": {"ssh:nalvarez"}, "Tom Okafor": {"ssh:tokafor-admin"}}
    asked.append(ticket(person="Nina Brandt"))
    assert together(login("ssh:nina"), tickets=asked) == [["ssh:nina"]]
    assert not any("ssh:nina" in one.accounts for one in joined([login("ssh:nina")], asked) if one.names)


def test_a_name_and_an_address_or_login_made_of_it_are_one_person():
    asked = [ticket(person="Joanna Kowalska", approver="Lena Sørensen", requester="Jörg Möller")]
    logins = [login("user:j.kowalska", email="joanna.kowalska@h.example"), login("user:lena.sorensen")]
    logins += [login("ssh:joanna"), login("ssh:lsorensen"), login("ssh:jmoeller")]
    people = joined(logins, asked)
    assert {one.name: one.perhaps for one in people if one.perhaps} == {"Joanna": ("Joanna Kowalska",)}
    assert {one.name: set(one.accounts) for one in people if not one.perhaps} == {
        "Joanna Kowalska": {"user:j.kowalska"},
        "Lena Sørensen": {"user:lena.sorensen", "ssh:lsorensen"},
        "Jörg Möller": {"ssh:jmoeller"},
    }


def test_people_of_tickets_are_written_in_many_ways():
    asked = [ticket(person="Nina Alvarez <nina@h.example>", requester="gitlab:tom", approver="frida@h.example")]
    people = {one.id: one for one in joined([login("gitlab:tom")], asked)}
    assert set(people) == {"nina", "tom", "frida"}
    assert people["frida"].approved == 1


def test_people_of_tickets_are_called_as_they_are_when_tickets_are_judged():
    written = ("me", "Herr Tom Okafor", "HARBOUR\\iris", "[~accountid:557058:max]", "gitlab:@hugo")
    asked = [ticket(person=one, requester="gitlab:nina", approver=None) for one in written]
    assert {one.id for one in joined([], asked)} == {"nina", "tom-okafor", "iris", "max", "hugo"}


def test_a_first_name_alone_is_a_person_only_where_that_is_how_logins_are_made():
    """Robots are called like people: where logins are made otherwise, it is a question."""
    asked = [ticket(person="Max Weber"), ticket(person="Iris Chen"), ticket(person="Hugo Berg")]
    made = [login("ssh:mweber"), login("ssh:ichen"), login("ssh:hberg")]
    assert ["ssh:max"] in together(*made, login("ssh:max"), tickets=asked)
    assert ["ssh:berg"] in together(*made, login("ssh:berg"), tickets=asked)
    assert together(login("ssh:max"), login("ssh:iris"), tickets=asked) == [["ssh:iris"], ["ssh:max"]]
    named = {one.name: set(one.accounts) for one in joined([login("ssh:max"), login("ssh:iris")], asked)}
    assert named == {"Max Weber": {"ssh:max"}, "Iris Chen": {"ssh:iris"}, "Hugo Berg": set()}


def test_a_handle_that_fits_two_is_nobodys_and_a_number_tells_two_apart():
    asked = [ticket(person="Anke Meyer"), ticket(person="Anna Schmidt")]
    logins = [login("user:a.meyer", email="a.meyer@h.example", name="Arne Meyer"), login("ssh:ameyer")]
    assert ["ssh:ameyer"] in together(*logins, tickets=asked)
    assert together(login("ssh:aschmidt"), login("ssh:aschmidt2"), tickets=asked) == [
        ["ssh:aschmidt"],
        ["ssh:aschmidt2"],
    ]
    found = {one.name: set(one.accounts) for one in joined([login("ssh:aschmidt"), login("ssh:aschmidt2")], asked)}
    assert found["Anna Schmidt"] == {"ssh:aschmidt"}


def test_what_stands_behind_a_plus_and_a_domain_that_was_renamed_tell_nobody_apart():
    one, other = login("user:bv", email="bernd@h.example"), login("gitlab:bernie", email="bernd+gitlab@h.example")
    assert len(together(one, other)) == 1
    names = ("kasia", "bob", "liz")
    moved = [
        login(f"user:{name}@{domain}.example", email=f"{name}@{domain}.example") for name in names for domain in "ab"
    ]
    assert len(together(*moved)) == 3
    assert len(together(*moved[:4])) == 4


def test_a_key_is_called_what_stands_beside_it_and_else_by_how_it_begins():
    def peer(key, name=None):
        return Account(
            source="vpn",
            collected_at=AT,
            origin="wg0.conf",
            account=f"vpn-key:{key}",
            provider="vpn",
            scope="vpn",
            kind="unknown",
            name=name,
        )

    peers = (peer("TrMvSoP4jYQlY6RIzBgb=", "raj"), peer("xTIBA5rboUvnH4ht=", "lena laptop"), peer("AbCdEfGh+/IjKl="))
    logins = logins_of(cases.case(accounts=peers))
    assert sorted((login.handle, login.name) for login in logins) == [
        ("abcdefgh", None),
        ("lena laptop", None),
        ("raj", None),
    ]
    assert together(*logins, tickets=[ticket(requester="Raj Patel")])[-1] == ["vpn-key:xTIBA5rboUvnH4ht="]


def test_whoever_did_something_where_nobody_lists_who_may_is_a_login():
    arn = f"arn:aws:iam::{cases.AWS}:"

    def did(account, **changes):
        return cases.episode(None, account=f"{arn}{account}", **{"logins": 0, "reads": 0, "changes": 0, **changes})

    episodes = [
        did("user/raj", changes=2),
        did("user/refused", denied=3),
        did("role/github-deploy", changes=1),
        did("role/admin", changes=1),
    ]
    known = {login.handle: login.is_machine for login in logins_of(cases.case(episodes=episodes))}
    assert known == {"raj": False, "github-deploy": True}
    listed = logins_of(cases.case(episodes=episodes, accounts=(cases.user("nina"),)))
    assert [login.handle for login in listed] == ["nina"]
