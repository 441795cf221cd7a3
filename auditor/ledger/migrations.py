"""The steps from one version of the ledger's file to the next."""

from auditor.model.written import statement

VERSION = 11
"""As this program writes it; `version_<n>.sql` brings the one before to version n."""


def migration(version: int) -> list[str]:
    """The statements that bring a ledger of the version before to this one, for one transaction."""
    return statement(__package__, f"version_{version}").split(";\n")[:-1]
