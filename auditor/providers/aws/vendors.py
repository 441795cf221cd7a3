"""The vendors that auditor.yaml declares, and what they hold by the trust of roles."""

from collections.abc import Collection

from msgspec import Struct
from msgspec.structs import replace

from auditor.config.models import Config
from auditor.config.roster import Vendor
from auditor.config.systems import AwsResource
from auditor.model.entitlements import Entitlement, Identity
from auditor.model.vocabulary import ActorClass
from auditor.providers.aws.reach import Trust
from auditor.providers.aws.trusted import scope_of


class Vendors(Struct, frozen=True):
    """The declared vendors, and the accounts that the configuration names as its own."""

    vendors: Collection[Vendor]
    own: Collection[str]

    @classmethod
    def of(cls, config: Config) -> "Vendors":
        """Those of a configuration."""
        own = {resource.account for _, resource in config.resources_of(AwsResource)}
        own |= {account for source in config.sources if (account := getattr(source, "account", None))}
        return cls(config.vendors, own)

    def named(self, principal: str, external_ids: tuple[str, ...] = ()) -> Vendor | None:
        """The vendor whom a policy trusts, under these external ids."""
        account = scope_of(principal)
        for vendor in self.vendors:
            named = vendor.account in (None, account) and account is not None
            if named and (vendor.external_id is None or set(external_ids) == {vendor.external_id}):
                return vendor
        return None

    def is_own(self, principal: str) -> bool:
        """Whether a principal belongs to an account of one's own."""
        return (principal.split(":")[4] if principal.startswith("arn:") else principal) in self.own


def held_by(vendor: Vendor, trust: Trust, path: Entitlement) -> Entitlement:
    """A role's path as that of the vendor whom it trusts."""
    principal = f"arn:aws:iam::{trust.principal}:root" if trust.principal.isdigit() else trust.principal
    steps = path.path[1:] if path.opened_by else path.path
    return replace(
        path,
        identity=identity_of(vendor, principal),
        account=principal,
        path=(f"vendor {vendor.id}", f"assumes {steps[0]}", *steps[1:]),
        borrowed=True,
        conditions=(*(f"only {fact}" for fact in trust.facts), *path.conditions),
        opened_by=(),
    )


def identity_of(vendor: Vendor, account: str) -> Identity:
    """A vendor behind an account."""
    return Identity(account=account, actor_class=ActorClass.SERVICE, owner=vendor.id, how="a declared vendor")
