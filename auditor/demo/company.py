"""The company's configuration: auditor.yaml as its team would have written it."""

from importlib.resources import files
from string import Template

from auditor.demo import cloud, forge
from auditor.demo.bucket import BUCKET
from auditor.demo.calendar import DAY, Calendar
from auditor.demo.keys import fingerprint
from auditor.demo.servers import Servers
from auditor.demo.stand_in import REGION, StandIn

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
        gitlab=others.gitlab,
        gitlab_token=forge.TOKEN,
        checkout=forge.CHECKOUT,
        ops=forge.OPS,
        google=others.google,
        google_token=cloud.TOKEN,
        google_project=cloud.PROJECT,
        releaser=cloud.RELEASER,
        hosts=others.hosts.sources.rstrip("\n"),
        auditor_key=auditors_key,
        piet_left=calendar.day(44),
        exception_until=calendar.today + 60 * DAY,
        **{f"{name}_key": fingerprint(owner) for name, owner in _KEYS.items()},
    )
