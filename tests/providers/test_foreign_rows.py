"""Rows of other providers say nothing of a provider's rights, however much they look like its own."""

from itertools import chain
from types import SimpleNamespace

import pytest

from auditor.case.people import People
from auditor.evidence.snapshots import Snapshots
from auditor.model.tables import Account, Credential, Membership
from auditor.providers.registry import provider
from tests.activity.acts import used
from tests.cases import AT, config, row
from tests.copies import replace
from tests.providers.conftest import Iam
from tests.providers.databases import test_rights as databases
from tests.providers.github import test_rights as github
from tests.providers.gitlab import test_rights as gitlab
from tests.providers.google.conftest import Quay
from tests.providers.google.conftest import config as google_config
from tests.providers.ssh import test_rights as hosts

EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def aws():
    iam = Iam()
    iam.group("deployers", inline={"deploy": [EVERYTHING]})
    iam.user("bea", groups=["deployers"])
    iam.user("cem")
    iam.role("operator", trust={"AWS": iam.arn("user", "bea")}, inline={"all": [EVERYTHING]})
    iam.key(iam.arn("user", "bea"), enabled=True)
    # Who may become something is no member of it.
    assumes = row(group=iam.arn("group", "deployers"), member=iam.arn("user", "cem"), via="assume")
    iam.memberships.append(Membership(**assumes))
    place = {"provider": "aws", "account": iam.number}
    settings = config(systems=[{"id": "shop", "name": "Shop", "primary": "mia", "resources": [place]}])
    acts = [
        used(account=iam.arn("user", name), action="ecs:UpdateService", scope=iam.number) for name in ("bea", "cem")
    ]
    return settings, vars(iam), acts


def gcp():
    quay = Quay()
    quay.place("quay-shop", number="42")
    quay.group("group:devs@quay.example", "user:nina@quay.example")
    quay.bind("group:devs@quay.example", "roles/run.admin")
    quay.bind(quay.robot("ci"), "roles/editor")
    ask = {
        "provider": "gcp",
        "scope": "quay-shop",
        "permissions": "run.services.update",
        "action": "run:ReplaceService",
    }
    acts = [used(account=f"user:{name}@quay.example", **ask) for name in ("nina", "tom")]
    return google_config(), vars(quay), acts


def of_gitlab():
    member = Membership(**gitlab.PLACE, group="gitlab-group:quay", member="gitlab:nina")
    rows = {
        "accounts": [Account(**gitlab.PLACE, account="gitlab:nina", provider="gitlab", scope="git", kind="person")],
        "grants": [gitlab.holds("nina", "maintainer"), gitlab.holds("mia", "developer")],
        "policies": gitlab.protected({"access_level": 40}, deploy=[{"access_level": 30}]),
        "memberships": [member],
    }
    act = used(
        provider="gitlab", account="gitlab:nina", action="gitlab:deployment", scope="quay/shop", resource="quay/shop"
    )
    return gitlab.config(), rows, [act, replace(act, account="gitlab:mia")]


def of_github():
    rows = {"grants": [github.holds("github:nina", "write")], "policies": [github.repository(), github.environment()]}
    act = used(
        provider="github", account="github:nina", action="github:deployment", scope="quay/shop", resource="quay/shop"
    )
    return github.CONFIGURED, rows, [act]


def ssh():
    place = {"provider": "ssh", "host": "web-*"}
    settings = config(systems=[{"id": "shop", "name": "Shop", "primary": "mia", "resources": [place]}])
    return settings, {"credentials": [hosts.line()], "grants": [hosts.sudo("admin")]}, []


def postgres():
    own = databases.has("INSERT on table orders", "shop/public", "write-database")
    own_login = {"account": databases.named("nina"), "provider": "postgres", "resource": "db-1"}
    password = Credential(**row(credential="p", kind="password", **own_login))
    rows = {
        "accounts": [databases.login("nina", enabled=True), databases.login("writers", enabled=False)],
        "policies": [databases.SERVER],
        "grants": [own, databases.INSERT, *databases.OPEN],
        "memberships": [databases.member("writers")],
        "credentials": [password],
    }
    act = used(provider="postgres", account=databases.named("nina"), action="postgres:INSERT", scope="db-1", resource="shop",
        category="change")  # fmt: skip
    return databases.claims("shop"), rows, [act]


WORLDS = {"aws": aws, "gcp": gcp, "gitlab": of_gitlab, "github": of_github, "ssh": ssh, "postgres": postgres}
TABLES = ("accounts", "memberships", "grants", "policies", "credentials")


def noise(rows):
    """Each row again as another provider's: of somebody else, and somewhere else."""
    for one in rows.accounts:
        yield "accounts", replace(one, provider="quux", scope="elsewhere")
        yield "accounts", replace(one, provider="quux", account=f"{one.account}x", name="x")
    for one in rows.grants:
        yield "grants", replace(one, provider="quux", resource="elsewhere")
        yield "grants", replace(one, provider="quux", principal=f"{one.principal}x")
    for one in rows.credentials:
        yield "credentials", replace(one, provider="quux", account=f"{one.account}x")
        yield "credentials", replace(one, provider="quux", credential=f"{one.credential}x", expires_at=AT)
    for one in rows.policies:
        yield "policies", replace(one, kind="quux", policy=f"{one.policy}x")


def told(name, settings, rows, acts):
    """What a provider answers of rows."""
    asked = provider(name)
    rights = asked.rights(settings, rows, People(settings, rows.accounts, rows.credentials).who, AT)
    return SimpleNamespace(
        access=rights.access,
        lost=rights.unresolved,
        strangers=rights.foreign_trusts,
        scopes=asked.scopes_read(rows),
        logs=set(asked.places_to_log(rows.accounts, rows.credentials)),
        read=asked.read_at(rows),
        permitted=asked.permitted(settings, rows, acts, AT),
        unseen=set(asked.unseen(rows, Snapshots(), AT, AT)),
    )


@pytest.mark.parametrize("name", WORLDS)
def test_rows_of_others_change_nothing(name):
    settings, made, acts = WORLDS[name]()
    rows = Snapshots(**{table: tuple(made.get(table, ())) for table in TABLES})
    more = {
        table: tuple(chain(getattr(rows, table), (one for of, one in noise(rows) if of == table))) for table in TABLES
    }
    alone, among = told(name, settings, rows, acts), told(name, settings, replace(rows, **more), acts)
    assert alone.access
    assert vars(among) == vars(alone)
