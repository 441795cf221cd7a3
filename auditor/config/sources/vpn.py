"""Sources of VPNs: who is in them, live or from the files of their tools."""

from typing import Literal

from pydantic import Field

from auditor.config.base import Text, Variable, WebAddress, optional, several
from auditor.config.sources.base import RIGHTS, Source


class VpnGroups(Source):
    """The members of a VPN: Tailscale, WireGuard, OpenVPN, or a list of groups."""

    FEEDS = RIGHTS
    ONE_OF = ("tailnet", "path")
    BESIDE = (("tailnet", "token_env"),)
    NEVER_EMPTY = True

    kind: Literal["vpn-groups"]
    network: Text = Field(description="the VPN's name, by which systems and other sources name it")
    tailnet: Text | None = optional("Tailscale's tailnet to read live; `-` for the token's own")
    url: WebAddress = Field(default="https://api.tailscale.com", description="address of Tailscale's API")
    token_env: Variable | None = optional(
        "name of the environment variable that holds the token; required with tailnet"
    )
    client_env: Variable | None = optional(
        "name of the environment variable that holds an OAuth client's id; its secret is the token then"
    )
    path: Text | None = optional(
        "file or folder: Tailscale's policy file; `wg show all dump` and WireGuard's conf files; OpenVPN's "
        "index.txt, ccd/, status and client files; groups as CSV or LDIF"
    )
    groups: tuple[Text, ...] = several("of a list, the groups that open the VPN; every one if left out")
    host: Text | None = optional("the host on which WireGuard runs, where cleanup scripts take peers out over SSH")
