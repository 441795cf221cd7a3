"""Accounts of database servers by name, and what commands of their logs take."""

import pytest

from auditor.model.vocabulary import ActorClass, Capability
from auditor.providers.registry import account_name, provider


@pytest.mark.parametrize(
    ("account", "spellings", "email", "user"),
    [
        ("postgres:nina@orders", ("postgres:nina@orders", "postgres:nina"), None, "nina"),
        ("postgres:nina@orders@shop", ("postgres:nina@orders@shop",), "nina@orders", None),
        ("postgres:nina@harbour.example@shop", ("postgres:nina@harbour.example@shop",), "nina@harbour.example", None),
        ("postgres:nina", ("postgres:nina",), None, None),
        ("mysql:nina@10.%@shop", ("mysql:nina@10.%@shop", "mysql:nina"), None, "nina"),
        ("mysql:nina@shop", ("mysql:nina@shop", "mysql:nina"), None, "nina"),
        ("mysql:a@b@%@shop", ("mysql:a@b@%@shop",), "a@b", None),
        ("mysql:@localhost@shop", ("mysql:@localhost@shop",), None, None),
    ],
)
def test_an_account_may_be_declared_of_all_servers_unless_it_could_be_another_s(account, spellings, email, user):
    name = account_name(account)
    assert (name.spellings, name.email, name.user, name.actor_class) == (spellings, email, user, None)


@pytest.mark.parametrize(
    "account",
    [
        "postgres:rdsadmin@db",
        "postgres:cloudsqladmin@db",
        "postgres:cloudsqlsuperuser@db",
        "postgres:cloudsqlimportexport@db",
        "mysql:rdsadmin@localhost@db",
        "mysql:cloudsqlimport@127.0.0.1@db",
    ],
)
def test_the_provider_s_own_accounts(account):
    assert account_name(account).actor_class is ActorClass.PROVIDER


def test_another_provider_s_account_is_none_of_its_own():
    assert provider("mysql").account_name("mysql:cloudsqlimport@%@db").actor_class is None
    assert provider("postgres").account_name("mysql:nina@%@db") is None


@pytest.mark.parametrize(
    ("command", "takes"),
    [
        ("login", set()),
        *((one, {Capability.READ_DATA}) for one in ("SELECT", "COPY TO", "SHOW", "EXPLAIN", "FETCH", "DECLARE CURSOR")),
        *((one, {Capability.MANAGE_ACCESS}) for one in ("GRANT", "REVOKE", "ALTER ROLE", "CREATE USER", "DROP USER")),
        *((one, {Capability.WRITE_DATABASE}) for one in ("INSERT", "COPY FROM", "DROP TABLE")),
    ],
)
def test_what_a_command_takes(command, takes):
    assert provider("postgres").capabilities(f"postgres:{command}") == takes
