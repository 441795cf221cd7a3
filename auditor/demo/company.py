"""The company's configuration: auditor.yaml as its team would have written it."""

from importlib.resources import files
from string import Template

from auditor.demo import cloud, forge
from auditor.demo.bucket import BUCKET
from auditor.demo.calendar import Calendar
from auditor.demo.exports import ITEM
from auditor.demo.keys import fingerprint
from auditor.demo.servers import Servers
from auditor.demo.stand_in import REGION, StandIn

# In days before the night that the story is told from. On the evening before it, one more is allowed to write.
_WRITERS, _LOOSENED = 3, 1
_PIET_LEFT, _SAM_JOINED, _IDA_LEFT = 70, 45, 23
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
        item=ITEM,
        hosts=others.hosts.sources.rstrip("\n"),
        auditor_key=auditors_key,
        sam_joined=calendar.day(_SAM_JOINED),
        piet_left=calendar.day(_PIET_LEFT),
        ida_left=f", left: {calendar.day(_IDA_LEFT)}" if calendar.over(_IDA_LEFT) else "",
        max_writers=_WRITERS if calendar.over(_LOOSENED) else _WRITERS - 1,
        **{f"{name}_key": fingerprint(owner) for name, owner in _KEYS.items()},
    )
