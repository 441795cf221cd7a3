"""Official control ids by rule family, from the published texts; each rule takes its own subset."""

from auditor.rules.base import Controls

SOC2 = "SOC 2"
ISO = "ISO 27001:2022"
PCI = "PCI DSS 4.0.1"
NIST = "NIST 800-53r5"
CIS_AWS = "CIS AWS 3.0"
CIS = "CIS Controls 8.1"


def controls(
    *,
    soc2: tuple[str, ...] = (),
    iso: tuple[str, ...] = (),
    pci: tuple[str, ...] = (),
    nist: tuple[str, ...] = (),
    cis_aws: tuple[str, ...] = (),
    cis: tuple[str, ...] = (),
) -> Controls:
    """A rule's controls by framework; frameworks without any are left out."""
    named = {SOC2: soc2, ISO: iso, PCI: pci, NIST: nist, CIS_AWS: cis_aws, CIS: cis}
    return {framework: ids for framework, ids in named.items() if ids}
