"""GitLab as the auditor asks it."""

from auditor.providers.base import StatedProvider


class Gitlab(StatedProvider):
    """GitLab."""

    def __init__(self) -> None:
        super().__init__("gitlab")
