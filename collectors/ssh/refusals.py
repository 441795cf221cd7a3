"""Why a host could not be asked, as a sentence that tells a person what to do."""

import socket


class UnansweredError(Exception):
    """A host that could not be asked, or stopped answering; its text is the sentence."""


def unanswered(error: Exception, address: str, port: int, user: str, *, on_record: bool) -> str:
    """The sentence for an error of connecting; `on_record` is whether known_hosts has a key of this host."""
    import asyncssh

    place = f"{address} port {port}"
    if isinstance(error, asyncssh.HostKeyNotVerifiable):
        return _untrusted(place, on_record=on_record)
    if isinstance(error, asyncssh.PermissionDenied):
        return (
            f"it refused the key of {user}: the key is not in the authorized_keys of {user} there, has expired "
            "(expiry-time), or may not come from this machine (from=)"
        )
    if isinstance(error, asyncssh.Error):
        return f"the connection to {place} failed: {error.reason or type(error).__name__}"
    if isinstance(error, ConnectionRefusedError):
        return f"nothing answers at {place}: the host or its sshd is down"
    why = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return f"{address if isinstance(error, socket.gaierror) else place} cannot be reached: {why}"


def _untrusted(place: str, *, on_record: bool) -> str:
    if on_record:
        return (
            f"its key is not the one in known_hosts for {place}: the host was made anew, or another machine answers "
            "in its place; nothing was asked. Find out which, and only then correct known_hosts"
        )
    return (
        f"its key is not in known_hosts for {place}, and a key is never trusted at first sight; nothing was asked. "
        "Compare the key with the host's own and write it there"
    )
