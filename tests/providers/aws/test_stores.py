"""Where logs are kept: by settings, by whoever made a trail, by digests, by names that say so."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path

import pytest

from auditor.config.models import Config
from auditor.evidence.store import Store
from auditor.model.tables import Trail, TrailDigest
from auditor.providers.aws.trails.stores import log_stores
from tests.cases import AT, AWS, config, hour, row
from tests.stored import store_run

MADE = "arn:aws:cloudtrail:eu-west-1:111122223333:trail/all arn:aws:s3:::made arn:aws:kms:eu-west-1:1:key/k"
GROUP = f"arn:aws:logs:eu-west-1:{AWS}:log-group:"
DAYS = (date(2026, 9, 2), date(2026, 10, 2))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "evidence"))


def found(store: Store, settings: Config, trails: Iterable[Trail] = (), touched: Iterable[str] = ()) -> set[str]:
    return set(log_stores(store, settings, trails, touched, DAYS))


def test_a_trails_settings_and_its_maker_name_its_bucket_and_key(store: Store) -> None:
    arn = f"arn:aws:cloudtrail:eu-west-1:{AWS}:trail/set"
    set_so = Trail(**row(trail=arn, account=AWS, name="set"), bucket="kept", kms_key="arn:aws:kms:eu-west-1:1:key/j")
    touched = [MADE, "arn:aws:s3:::other arn:aws:kms:eu-west-1:1:key/other"]
    assert found(store, config(), [set_so], touched) == {
        "arn:aws:s3:::kept",
        "arn:aws:kms:eu-west-1:1:key/j",
        "arn:aws:s3:::made",
        "arn:aws:kms:eu-west-1:1:key/k",
    }


def test_the_bucket_that_a_trail_is_read_from_keeps_it(store: Store) -> None:
    read = config(
        sources=[
            {"name": "trail", "kind": "aws-cloudtrail", "bucket": "logs", "prefix": "AWSLogs/"},
            {"name": "disk", "kind": "aws-cloudtrail", "path": "logs/"},
        ]
    )
    assert found(store, read) == {"arn:aws:s3:::logs"}


def test_a_digest_says_which_bucket_it_lies_in_wherever_it_was_read(store: Store) -> None:
    digest = TrailDigest(
        **{**row(account=AWS, bucket="where-it-lay", object_key="d"), "source": "disk"},
        starts_at=AT - hour(2),
        ends_at=AT - hour(1),
        content_sha256="ab",
    )
    store_run(store, "r1", AT, digest)
    disk = config(sources=[{"name": "disk", "kind": "aws-cloudtrail", "path": "logs/"}])
    assert found(store, disk) == {"arn:aws:s3:::where-it-lay"}
    assert found(store, config()) == set()


@pytest.mark.parametrize(
    ("name", "keeps"),
    [
        ("arn:aws:s3:::aws-cloudtrail-logs-111122223333-5a1d", True),
        (f"{GROUP}CloudTrail/DefaultLogGroup", True),
        (f"{GROUP}/aws/eks/shop/cluster", True),
        (f"{GROUP}vpc-flow-logs", True),
        ("arn:aws:firehose:eu-west-1:111122223333:deliverystream/aws-waf-logs-shop", True),
        ("arn:aws:firehose:eu-west-1:111122223333:deliverystream/orders", False),
        ("arn:aws:s3:::aws-waf-logs-shop", False),
        (f"{GROUP}/aws/lambda/checkout", False),
        (f"{GROUP}/ecs/workflow-logs", False),
        ("arn:aws:s3:::checkout-uploads", False),
        ("cloudtrail", False),
    ],
)
def test_some_names_say_what_is_kept_in_them(store: Store, name: str, keeps: bool) -> None:
    assert found(store, config(), (), [name]) == ({name} if keeps else set())
