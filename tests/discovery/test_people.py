"""Who is the same person, and who is not."""

from datetime import UTC, datetime

from auditor.discovery.logins import Login
from auditor.discovery.people import joined
from auditor.model.tables import Ticket

AT = datetime(2026, 10, 2, 12, tzinfo=UTC)


def login(account, **known):
    handle = account.rpartition("/")[2].rpartition(":")[2].partition("@")[0]
    return Login(account, handle, "unknown", "any", **known)


def ticket(**said):
    return Ticket(source="tickets", collected_at=AT, origin="t.csv", ticket="OPS-1", **said)


def together(*logins, tickets=()):
    return sorted(sorted(one.accounts) for one in joined(logins, tickets) if one.accounts)


def test_one_address_is_one_person():
    one, other = login("user:n.alvarez", email="nina@h.example"), login("gitlab:nalva", email="nina@h.example")
    assert together(one, other) == [["gitlab:nalva", "user:n.alvarez"]]


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
    found = {one.name: set(one.accounts) for one in joined([login("ssh:nalvarez"), login("ssh:okafor-admin")], asked)}
    assert found == {"Nina Alvarez": {"ssh:nalvarez"}, "Tom Okafor": {"ssh:okafor-admin"}}
    asked.append(ticket(person="Nina Brandt"))
    assert together(login("ssh:nina"), tickets=asked) == [["ssh:nina"]]
    assert not any("ssh:nina" in one.accounts for one in joined([login("ssh:nina")], asked) if one.names)


def test_a_name_and_an_address_or_login_made_of_it_are_one_person():
    asked = [ticket(person="Joanna Kowalska", approver="Lena Sørensen", requester="Jörg Möller")]
    logins = [login("user:j.kowalska", email="joanna.kowalska@h.example"), login("user:lena.sorensen")]
    logins += [login("ssh:joanna"), login("ssh:lsorensen"), login("ssh:jmoeller")]
    found = {one.name: set(one.accounts) for one in joined(logins, asked)}
    assert found == {
        "Joanna Kowalska": {"user:j.kowalska", "ssh:joanna"},
        "Lena Sørensen": {"user:lena.sorensen", "ssh:lsorensen"},
        "Jörg Möller": {"ssh:jmoeller"},
    }


def test_people_of_tickets_are_written_in_many_ways():
    asked = [ticket(person="Nina Alvarez <nina@h.example>", requester="gitlab:tom", approver="frida@h.example")]
    people = {one.id: one for one in joined([login("gitlab:tom")], asked)}
    assert set(people) == {"nina", "tom", "frida"}
    assert people["frida"].approved == 1
