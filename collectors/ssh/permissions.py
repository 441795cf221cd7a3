"""The least rights that reading hosts over SSH can do with."""

from collectors.permissions import Rights
from collectors.ssh import plan


def rights() -> Rights:
    """Lines for sudoers."""
    how = (
        f"Save it as /etc/sudoers.d/{plan.ACCOUNT} on each host, for an account {plan.ACCOUNT} that is in the "
        "group systemd-journal and has a shell and no password."
    )
    return Rights("\n".join(plan.sudoers()), how)
