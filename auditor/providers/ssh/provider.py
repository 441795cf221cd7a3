"""Hosts over SSH as the auditor asks it."""

from auditor.providers.base import StatedProvider


class Ssh(StatedProvider):
    """Hosts over SSH."""

    def __init__(self) -> None:
        super().__init__("ssh")
