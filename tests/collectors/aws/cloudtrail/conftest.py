import pytest

from auditor.config.sources.aws import AwsCloudTrail
from collectors.aws.cloudtrail.collector import CloudTrail


@pytest.fixture
def trail(tmp_path, context, collect):
    """Reads a folder with the given files."""

    def read(files=None, seen=None, path="trail"):
        for name, data in (files or {}).items():
            place = tmp_path / "trail" / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
        source = AwsCloudTrail(name="trail", kind="aws-cloudtrail", path=path)
        return collect(CloudTrail(source=source, context=context), seen)

    return read
