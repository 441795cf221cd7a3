"""The company's configuration: auditor.yaml as its team would have written it."""

from importlib.resources import files
from string import Template

from auditor.demo import cloud, forge
from auditor.demo.bucket import BUCKET
from auditor.demo.calendar import PIET_LEFT, SAM_JOINED, Calendar
from auditor.demo.keys import fingerprint
from auditor.demo.servers import Servers
from auditor.demo.stand_in import REGION, StandIn

# The evening before the night that the story is told from, one more is allowed.
_WRITERS, _LOOSENED = 3, 1
_IDA_LEFT = 23
_KEYS = {"mia": "mia", "leon": "leon", "tom": "tom", "piet": "piet", "runner": "gitlab-runner"}


def configuration(aws: StandIn, others: Servers, calendar: Calendar) -> str:
    """auditor.yaml, with everything where it is served."""
    template = Template(files("auditor.demo").joinpath("harbour-shop.yaml").read_text("utf-8"))
    auditors_key = f', "ssh-key:{others.hosts.key}"' if others.hosts.key else ""
    return template.substitute(
        account=aws.account,
        region=REGION,
        endpoint=aws.url,
        bucket=BUCKET,
        gitlab=others.gitlab.url,
        gitlab_token=forge.TOKEN,
        checkout=forge.CHECKOUT,
        ops=forge.OPS,
        google=others.google.url,
        prometheus=others.prometheus,
        google_token=cloud.TOKEN,
        google_project=cloud.PROJECT,
        releaser=cloud.RELEASER,
        hosts=others.hosts.sources.rstrip("\n"),
        auditor_key=auditors_key,
        sam_joined=calendar.day(SAM_JOINED),
        piet_left=_left(calendar, PIET_LEFT),
        ida_left=_left(calendar, _IDA_LEFT),
        max_writers=_WRITERS if calendar.over(_LOOSENED) else _WRITERS - 1,
        **{f"{name}_key": fingerprint(owner) for name, owner in _KEYS.items()},
    )


def _left(calendar: Calendar, back: int) -> str:
    return f", left: {calendar.day(back)}" if calendar.over(back) else ""
