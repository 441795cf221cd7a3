"""Which system a resource belongs to."""

import pytest

from auditor.providers.systems import Systems
from tests.cases import AWS, config

SYSTEMS = [
    {"id": "shop", "name": "Shop", "resources": [{"provider": "aws", "account": AWS, "match": ["*shop*"]}]},
    {"id": "admin", "name": "Admin", "resources": [{"provider": "aws", "account": AWS, "match": ["*shop-admin*"]}]},
    {"id": "web", "name": "Web", "resources": [{"provider": "ssh", "host": "web-*.harbour.example"}]},
    {"id": "canary", "name": "Canary", "resources": [{"provider": "ssh", "host": "web-9.harbour.example"}]},
    {"id": "mail", "name": "Mail", "resources": [{"provider": "ssh", "host": "mail-1"}]},
    {"id": "east", "name": "East", "resources": [{"provider": "ssh", "host": "db-1.east.example"}]},
    {"id": "west", "name": "West", "resources": [{"provider": "ssh", "host": "db-1.west.example"}]},
    {"id": "data", "name": "Data", "resources": [{"provider": "gcp", "project": "harbour-data"}]},
]


@pytest.mark.parametrize(
    ("provider", "scope", "resource", "system"),
    [
        ("aws", AWS, "arn:aws:s3:::shop-data/x", "shop"),
        ("aws", AWS, "arn:aws:s3:::shop-admin-data/x", "admin"),
        ("aws", "999900001111", "arn:aws:s3:::shop-data", None),
        ("aws", AWS, "arn:aws:s3:::other", None),
        ("aws", AWS, "line\nbreak-shop", "shop"),
        ("ssh", "web-1.harbour.example", None, "web"),
        ("ssh", "web-9.harbour.example", None, "canary"),
        ("ssh", "WEB-1.Harbour.example", None, "web"),
        ("ssh", "web-1.harbour.example.evil.example", None, None),
        ("ssh", "web-1", None, "web"),
        ("ssh", "web-9", "web-9", "canary"),
        ("ssh", "mail-1.harbour.example", None, "mail"),
        ("ssh", "web-1.other.example", None, None),
        ("ssh", "db-1.west.example", None, "west"),
        ("ssh", "db-1", None, None),
        ("gcp", "harbour-data", "anything", "data"),
    ],
)
def test_the_most_specific_match_wins(provider: str, scope: str, resource: str | None, system: str | None) -> None:
    systems = Systems(config(systems=SYSTEMS, people=[], service_accounts=[], break_glass=[], policy={}))
    assert systems.of(provider, scope, resource) == system


def test_people_call_a_system_by_id_name_or_alias_in_any_case() -> None:
    systems = Systems(config())
    assert {systems.named(n) for n in ("checkout", "CHECKOUT", "Production  checkout service")} == {"checkout"}
    assert systems.named("billing") is None


def test_a_system_is_found_with_words_around_its_name_where_just_one_fits():
    shop = {"id": "shop", "name": "Shop", "resources": []}
    admin = {"id": "shop-admin", "name": "Shop admin", "resources": []}
    systems = Systems(config(systems=[shop, admin]))
    assert systems.named("Shop web servers") == "shop"
    assert systems.named("the Shop admin, please") == "shop-admin"
    assert systems.named("Webshop") is None
    assert systems.named("SHOP_admin") == "shop-admin"
    assert systems.named("workshop") is None
    assert {systems.named(n) for n in ("shop-prod", "PROD_shop", "shop-production")} == {"shop"}
    assert {systems.named(n) for n in ("shop-nonprod", "shop-prod-eu", "prod")} == {None}


@pytest.mark.parametrize(
    ("name", "system"), [("web-1", "shop"), ("host web-2", "shop"), ("web-*", None), ("db-1", None)]
)
def test_a_host_that_one_system_has_is_a_name_of_that_system(name, system):
    place = {"provider": "ssh", "host": "web-*"}
    assert Systems(config(systems=[{"id": "shop", "name": "Shop", "resources": [place]}])).named(name) == system


@pytest.mark.parametrize(
    "words", ["all except shop", "Shop (staging)", "test environment of the shop", "not the shop", "tout sauf shop"]
)
def test_words_that_leave_a_system_out_or_name_another_environment_of_it_do_not_mean_it(words):
    assert Systems(config(systems=[{"id": "shop", "name": "Shop"}])).named(words) is None


@pytest.mark.parametrize(
    ("name", "system"),
    [
        ("bucket shop-data", "shop"),
        ("the S3 bucket shop-admin-data", "admin"),
        ("shop-data bucket", "shop"),
        ("s3://shop-data/", "shop"),
        ("function: shop-resize", "shop"),
        ("Datenbank shop-orders", "shop"),
        ("arn:aws:s3:::shop-data", "shop"),
        ("invoices", "bills"),
        ("bucket invoices", "bills"),
        ("shop-data", None),
        ("workshop", None),
        ("bucket shop-staging-data", None),
        ("bucket other", None),
        ("every bucket but shop-data", None),
        ("bucket", None),
    ],
)
def test_a_thing_that_a_text_names_is_of_the_system_that_claims_it(name: str, system: str | None) -> None:
    place = {"provider": "aws", "account": AWS, "match": ["arn:aws:s3:::invoices"]}
    bills = {"id": "bills", "name": "Bills", "resources": [place]}
    systems = Systems(config(systems=[*SYSTEMS, bills], people=[], service_accounts=[], break_glass=[], policy={}))
    assert systems.named(name) == system
    assert systems.places(name) == ()
