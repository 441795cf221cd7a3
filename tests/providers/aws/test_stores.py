"""Where trails are kept: by their settings, by whoever made one, by where the log is read from."""

from auditor.model.tables import Trail
from auditor.providers.aws.trails.stores import log_stores
from tests.cases import AWS, config, row

MADE = "arn:aws:cloudtrail:eu-west-1:111122223333:trail/all arn:aws:s3:::made arn:aws:kms:eu-west-1:1:key/k"


def test_a_trails_settings_and_its_maker_name_its_bucket_and_key() -> None:
    arn = f"arn:aws:cloudtrail:eu-west-1:{AWS}:trail/set"
    set_so = Trail(**row(trail=arn, account=AWS, name="set"), bucket="kept", kms_key="arn:aws:kms:eu-west-1:1:key/j")
    found = log_stores(config(), [set_so], [MADE, "arn:aws:s3:::other arn:aws:kms:eu-west-1:1:key/other"])
    assert found == {
        "arn:aws:s3:::kept",
        "arn:aws:kms:eu-west-1:1:key/j",
        "arn:aws:s3:::made",
        "arn:aws:kms:eu-west-1:1:key/k",
    }


def test_the_bucket_that_a_trail_is_read_from_keeps_it() -> None:
    read = config(
        sources=[
            {"name": "trail", "kind": "aws-cloudtrail", "bucket": "logs", "prefix": "AWSLogs/"},
            {"name": "disk", "kind": "aws-cloudtrail", "path": "logs/"},
        ]
    )
    assert log_stores(read, [], []) == {"arn:aws:s3:::logs"}
