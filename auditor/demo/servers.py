"""Everything beside AWS that the company runs on, served on this machine: Google, GitLab and the two hosts."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from auditor.demo import cloud, forge
from auditor.demo.calendar import Calendar
from auditor.demo.folder import Folder
from auditor.demo.gitlab.server import gitlab
from auditor.demo.google.server import serve
from auditor.demo.host_servers import Hosts, host_servers

_TOKENS = {forge.TOKEN: forge.VALUE, cloud.TOKEN: cloud.VALUE}
# httplib2, which Google's library calls through, heeds them even where NO_PROXY excepts an address with a port.
_PROXIES = ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")


@dataclass(frozen=True, slots=True)
class Servers:
    """Where Google and GitLab answer, and how the hosts are read."""

    google: str
    gitlab: str
    hosts: Hosts


@contextmanager
def servers(folder: Folder, calendar: Calendar) -> Iterator[Servers]:
    """All of them for as long as the block lasts, with the tokens for them in the environment."""
    with ExitStack() as stack:
        stack.enter_context(_environment())
        google = stack.enter_context(serve(cloud.cloud(calendar)))
        forge_server = stack.enter_context(gitlab(forge.forge(calendar)))
        hosts = stack.enter_context(host_servers(folder, calendar))
        yield Servers(google.url, forge_server.url, hosts)


@contextmanager
def _environment() -> Iterator[None]:
    """The tokens, which open nothing but the stand-ins; whatever proxy the user has set leads to none of these."""
    before = {name: os.environ.pop(name, None) for name in (*_TOKENS, *_PROXIES)}
    os.environ.update(_TOKENS)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
