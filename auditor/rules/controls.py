"""Official control ids by rule family, from the published texts; each rule takes its own subset."""

from auditor.rules.base import Controls

FRAMEWORKS = {
    "soc2": "SOC 2",
    "iso27001": "ISO 27001:2022",
    "pci_dss": "PCI DSS 4.0.1",
    "nist_800_53": "NIST 800-53r5",
    "cis_aws": "CIS AWS 3.0",
    "cis": "CIS Controls 8.1",
}
"""The frameworks by the key that findings.json has, with the name that people read."""


def controls(
    *, soc2: str = "", iso: str = "", pci: str = "", nist: str = "", cis_aws: str = "", cis: str = ""
) -> Controls:
    """A rule's controls by framework, ids apart by spaces; frameworks without any are left out."""
    named = zip(FRAMEWORKS, (soc2, iso, pci, nist, cis_aws, cis), strict=True)
    return {framework: tuple(ids.split()) for framework, ids in named if ids}
