"""The company's configuration: auditor.yaml as its team would have written it."""

from importlib.resources import files
from string import Template

from auditor.demo.bucket import BUCKET
from auditor.demo.calendar import DAY, Calendar
from auditor.demo.keys import fingerprint
from auditor.demo.stand_in import REGION, StandIn

_KEYS = {"mia": "mia", "leon": "leon", "tom": "tom", "piet": "piet", "runner": "gitlab-runner"}


def configuration(aws: StandIn, calendar: Calendar) -> str:
    """auditor.yaml, with AWS where the stand-in serves it."""
    template = Template(files("auditor.demo").joinpath("harbour-shop.yaml").read_text("utf-8"))
    return template.substitute(
        account=aws.account,
        region=REGION,
        endpoint=aws.url,
        bucket=BUCKET,
        piet_left=calendar.day(44),
        exception_until=calendar.today + 60 * DAY,
        **{f"{name}_key": fingerprint(owner) for name, owner in _KEYS.items()},
    )
