"""Everything beside AWS that the company runs on, served on this machine: Google, GitLab and the two hosts."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from auditor.demo import cloud, forge
from auditor.demo.calendar import Calendar
from auditor.demo.folder import Folder
from auditor.demo.gitlab.server import gitlab
from auditor.demo.google.server import google
from auditor.demo.host_servers import Hosts, host_servers
from auditor.demo.serving import environment, served

# The tokens open nothing but the stand-ins, and whatever proxy the user has set leads to none of these: httplib2, which
# Google's library calls through, heeds it even where NO_PROXY excepts an address with a port.
_PROXIES = ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")
_ENVIRONMENT = {forge.TOKEN: forge.VALUE, cloud.TOKEN: cloud.VALUE, **dict.fromkeys(_PROXIES)}


@dataclass(frozen=True, slots=True)
class Servers:
    """Where Google and GitLab answer, and how the hosts are read."""

    google: str
    gitlab: str
    hosts: Hosts


@contextmanager
def servers(folder: Folder, calendar: Calendar) -> Iterator[Servers]:
    """All of them for as long as the block lasts, with the tokens for them in the environment."""
    with (
        environment(_ENVIRONMENT),
        served(google(cloud.cloud(calendar))) as cloud_url,
        served(gitlab(forge.forge(calendar))) as forge_url,
        host_servers(folder, calendar) as hosts,
    ):
        yield Servers(cloud_url, forge_url, hosts)
