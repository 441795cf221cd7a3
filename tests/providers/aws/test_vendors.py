"""Foreign accounts that are let in on purpose, and those that are not."""

import pytest

from auditor.config.models import Config
from auditor.evidence.snapshots import Snapshots
from auditor.model.vocabulary import ActorClass
from auditor.providers.aws.rights import aws_access
from tests.providers.conftest import AT, identify

VENDOR = {"id": "monitoring", "owner": "mia", "purpose": "reads metrics"}
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
TRUST = {"Principal": {"AWS": "arn:aws:iam::464622532012:root"}}


def with_id(external_id):
    return {**TRUST, "Condition": {"StringEquals": {"sts:ExternalId": external_id}}}


def rights(iam, config, **vendor):
    company = Config.model_validate({**config.model_dump(mode="json"), "vendors": [{**VENDOR, **vendor}]})
    tables = ("accounts", "memberships", "policies", "grants", "credentials", "service_uses")
    return aws_access(company, Snapshots(**{table: getattr(iam, table) for table in tables}), identify, AT)


@pytest.mark.parametrize(
    ("vendor", "trust"),
    [
        ({"account": "464622532012"}, TRUST),
        ({"account": "464622532012"}, {"Principal": {"AWS": "464622532012"}}),
        ({"account": "464622532012", "external_id": "x-1"}, with_id("x-1")),
        ({"external_id": "x-1"}, with_id(["x-1"])),
    ],
)
def test_what_a_declared_vendor_holds_is_judged_like_anyones(iam, config, vendor, trust):
    iam.role("scraper", trust=[trust], inline={"all": [EVERYTHING]})
    found = rights(iam, config, **vendor)
    (access,) = found.access
    assert not found.foreign_trusts
    assert (access.identity.actor_class, access.identity.owner) == (ActorClass.SERVICE, "monitoring")
    assert (access.account, access.unrestricted) == ("arn:aws:iam::464622532012:root", True)
    assert access.path == ("vendor monitoring", "assumes role scraper", "inline policy all")


@pytest.mark.parametrize(
    ("vendor", "trust"),
    [
        ({"account": "999900001111"}, TRUST),
        ({"account": "464622532012", "external_id": "x-1"}, TRUST),
        ({"external_id": "x-1"}, with_id("x-2")),
        ({"external_id": "x-1"}, with_id(["x-1", "x-2"])),
        ({"external_id": "x-1"}, {**TRUST, "Condition": {"StringNotEquals": {"sts:ExternalId": "x-1"}}}),
    ],
)
def test_trust_that_is_not_the_vendors_is_told(iam, config, vendor, trust):
    iam.role("scraper", trust=[trust], inline={"all": [EVERYTHING]})
    found = rights(iam, config, **vendor)
    assert not found.access
    assert [one.principal for one in found.foreign_trusts] == ["arn:aws:iam::464622532012:root"]
