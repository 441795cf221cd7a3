"""What keeps secrets: how its items and callers are called, and what acts of its server take."""

import pytest

from auditor.model.vocabulary import ActorClass, Capability
from auditor.providers.registry import account_name, provider
from tests.cases import event

ITEM = "vault-item:1a2b3c4d-0000-4000-8000-000000000001"


@pytest.mark.parametrize(
    ("account", "spellings", "short", "user"),
    [
        ("vault:userpass-nina@main", ("vault:userpass-nina@main", "vault:userpass-nina"), "userpass-nina", "userpass-nina"),
        ("vault:userpass-nina", ("vault:userpass-nina",), "userpass-nina", None),
        ("vault:oidc-nina@harbour@main", ("vault:oidc-nina@harbour@main", "vault:oidc-nina@harbour"), "oidc-nina@harbour",
            "nina@harbour"),
        ("vault:token-nina@harbour@main", ("vault:token-nina@harbour@main", "vault:token-nina@harbour"),
            "token-nina@harbour", "token-nina@harbour"),
    ],
)  # fmt: skip
def test_a_caller_may_be_declared_without_its_server(account, spellings, short, user):
    name = account_name(account)
    assert (name.spellings, name.short, name.user, name.actor_class) == (spellings, short, user, None)


@pytest.mark.parametrize(("account", "is_root"), [("root@main", True), ("root", True), ("rooted@main", False)])
def test_a_root_token_is_nobodys(account, is_root):
    assert (account_name(f"vault:{account}").actor_class is ActorClass.ROOT) is is_root


def test_an_item_goes_by_the_beginning_of_its_id_in_any_case():
    assert account_name(ITEM.replace("1a2b3c4d", "1A2B3C4D")).spellings == ("vault-item:1a2b3c4d",)
    assert account_name("vault-item:Shop DB").spellings == ("vault-item:shop db",)
    assert provider("vault").account_name("ssh:nina") is None


@pytest.mark.parametrize(
    ("action", "takes"),
    [
        ("update-secret", {Capability.MANAGE_SECRETS}),
        ("create-secret-id", {Capability.MANAGE_SECRETS}),
        ("read-secret", {Capability.READ_DATA}),
        ("list-secret", {Capability.READ_DATA}),
        ("read-credentials", {Capability.READ_DATA}),
        ("read-policy", set()),
        ("update-elsewhere", set()),
        *((f"update-{what}", {Capability.MANAGE_ACCESS})
            for what in ("auth-method", "identity", "login-role", "policy", "root-token", "token")),
        *((f"delete-{what}", {Capability.MANAGE_INFRASTRUCTURE})
            for what in ("audit-device", "mount", "server", "settings")),
    ],
)  # fmt: skip
def test_what_an_act_takes(action, takes):
    assert provider("vault").capabilities(f"vault:{action}") == takes


@pytest.mark.parametrize(
    ("operation", "keeps_log", "narrows"), [("delete", False, True), ("update", False, False), ("delete", True, False)]
)
def test_only_an_audit_device_that_is_taken_away_narrows_the_trail(operation, keeps_log, narrows):
    act = event(provider="vault", action=f"vault:{operation}-audit-device", category="audit-trail", keeps_log=keeps_log)
    assert provider("vault").narrows_trail(act) is narrows
