"""Projects by id and by number, what lies above them, and whose what lies in them is."""

import pytest

from auditor.providers.google.projects import ProjectTree, machine_at, project_numbers, with_ids
from tests.providers.google.conftest import config

BUCKET, SECRET = "//storage.googleapis.com/mail-1", "//secretmanager.googleapis.com/projects/42/secrets/mail-key"


@pytest.fixture
def tree(quay):
    quay.place("quay-shared", "projects/42", "folders/12", "organizations/3", number="42")
    quay.place("folders/12", "organizations/3")
    quay.place(BUCKET, "projects/42", home="42")
    quay.place("//storage.googleapis.com/far", "folders/99", home="777")
    quay.role("roles/own", "a.b.c")
    return ProjectTree.of(quay.config, quay.policies)


def test_a_project_is_told_with_its_number_and_what_lies_above_it(tree):
    known = tree.projects["quay-shared"]
    assert (known.id, known.number, known.ancestors) == (
        "quay-shared", "42", ("projects/42", "folders/12", "organizations/3")
    )  # fmt: skip
    assert (tree.id_of("42"), tree.id_of("quay-shop")) == ("quay-shared", "quay-shop")
    assert sorted(tree.projects) == ["777", "quay-shared", "quay-shop"]
    assert (tree.projects["777"].ancestors, tree.projects["quay-shop"].ancestors) == (("folders/99",), ())
    assert tree.seen == {"quay-shared", "folders/12"}
    assert tree.unmatched == (["777"], ["quay-shop"])


@pytest.mark.parametrize(
    ("resource", "home"),
    [
        (SECRET, "quay-shared"),
        (BUCKET, "quay-shared"),
        ("//storage.googleapis.com/far", "777"),
        ("//storage.googleapis.com/unknown", None),
    ],
)
def test_what_does_not_name_its_project_lies_where_the_evidence_has_it(tree, resource, home):
    assert tree.home(resource) == home


@pytest.mark.parametrize(
    ("name", "projects"),
    [
        ("42", ("quay-shared",)),
        ("quay-shop", ("quay-shop",)),
        ("folders/12", ("quay-shared",)),
        ("organizations/3", ("quay-shared",)),
        ("folders/99", ("777",)),
        ("folders/1", ()),
    ],
)
def test_what_a_policy_on_a_place_reaches(tree, name, projects):
    assert tree.under(name) == projects


@pytest.mark.parametrize(
    ("resource", "systems"),
    [
        (SECRET, ("mail",)),
        (BUCKET, ("mail",)),
        ("//storage.googleapis.com/unknown", ()),
        ("42", ("mail", "search")),
        ("folders/12", ("mail", "search")),
        ("quay-shop", ("shop",)),
        ("folders/99", ()),
    ],
)
def test_which_systems_a_binding_reaches(tree, resource, systems):
    assert tree.reached(resource) == systems


@pytest.mark.parametrize(
    ("patterns", "systems"),
    [
        ((), ("mail", "search")),
        (("projects/quay-shared/*",), ("mail", "search")),
        (("projects/quay-shared/secrets/mail-*",), ("mail",)),
        (("projects/42/secrets/mail-*",), ("mail",)),
        (("projects/quay-shop/secrets/mail-*",), ()),
        (("projects/_/buckets/mail-*", "projects/_/buckets/search-*"), ()),
        (("projects/_/buckets/bl*",), ()),
        (("projects/_/buckets/*",), ("mail", "search")),
    ],
)
def test_which_systems_resources_of_these_names_may_belong_to(tree, patterns, systems):
    assert tree.systems_of("quay-shared", patterns) == systems


def test_systems_have_every_project_by_both_its_names_once(quay):
    quay.place("quay-shop", number="41")
    quay.place("quay-other")
    numbers = project_numbers(quay.policies)
    assert numbers == {"41": "quay-shop"}
    once = with_ids(config(), numbers)
    assert [one.project for one in once.systems[0].resources] == ["quay-shop", "41"]
    assert with_ids(once, numbers) == once
    assert [one.project for one in once.systems[1].resources] == ["quay-shared"]


@pytest.mark.parametrize(
    ("host", "found"),
    [
        ("web-1.europe-west3-a.c.quay-shop.internal", ("quay-shop", "projects/quay-shop/zones/europe-west3-a/instances/web-1")),
        ("Web-1.c.quay-shop.internal", ("quay-shop", "projects/quay-shop/zones/-/instances/web-1")),
        ("web-1.c.quay-shop.quay.example.internal",
            ("quay.example:quay-shop", "projects/quay.example:quay-shop/zones/-/instances/web-1")),
        ("web-1.quay.example", None),
    ],
)  # fmt: skip
def test_the_machine_that_an_internal_address_is_of(host, found):
    assert list(machine_at(host)) == ([found] if found else [])
