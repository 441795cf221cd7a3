"""Everything beside AWS that the company runs on, served on this machine: Google, GitLab, Prometheus, two hosts."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from msgspec import Struct

from auditor.demo import cloud, forge
from auditor.demo.calendar import Calendar
from auditor.demo.folder import Folder
from auditor.demo.gitlab.server import STATE, gitlab
from auditor.demo.gitlab.state import State
from auditor.demo.google.calls import CLOUD
from auditor.demo.google.server import google
from auditor.demo.google.state import Cloud
from auditor.demo.host_servers import Hosts, host_servers
from auditor.demo.metrics import prometheus
from auditor.demo.serving import environment, served

# The tokens open nothing but the stand-ins, and whatever proxy the user has set leads to none of these: httplib2, which
# Google's library calls through, heeds it even where NO_PROXY excepts an address with a port.
_PROXIES = ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")
_ENVIRONMENT = {forge.TOKEN: forge.VALUE, cloud.TOKEN: cloud.VALUE, **dict.fromkeys(_PROXIES)}


class Served(Struct, frozen=True):
    """An application, and the URL where it answers."""

    app: Flask
    url: str


class Servers(Struct, frozen=True):
    """Google and GitLab, where Prometheus answers, and how the hosts are read."""

    google: Served
    gitlab: Served
    prometheus: str
    hosts: Hosts

    def tell(self, calendar: Calendar) -> None:
        """Let all of them be as they are at a night's audit."""
        self.google.app.extensions[CLOUD] = cloud.cloud(calendar)
        self.gitlab.app.extensions[STATE] = forge.forge(calendar)
        self.hosts.tell(calendar)


@contextmanager
def servers(folder: Folder) -> Iterator[Servers]:
    """All of them for as long as the block lasts, empty yet, with the tokens for them in the environment."""
    clouds, forges = google(Cloud()), gitlab(State({}))
    with (
        environment(_ENVIRONMENT),
        served(clouds) as cloud_url,
        served(forges) as forge_url,
        served(prometheus(Calendar(folder.told))) as metrics_url,
        host_servers(folder) as hosts,
    ):
        yield Servers(Served(clouds, cloud_url), Served(forges, forge_url), metrics_url, hosts)
