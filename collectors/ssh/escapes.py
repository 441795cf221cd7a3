"""Commands that are as much as root where sudo allows them."""

import re

_SHELLS = frozenset({"ash", "bash", "csh", "dash", "fish", "ksh", "sh", "tcsh", "zsh"})
# What opens a shell whatever it is started with; of these, editors write any file too.
_EDITORS = frozenset({"ed", "emacs", "nano", "nvim", "pico", "vi", "vim"})
_INTERACTIVE = _EDITORS | frozenset({"gdb", "less", "man", "more", "most", "mysql", "psql", "sqlite"})
# What opens a shell or writes any file where its arguments are left open.
_OPEN = frozenset(
    """
    ansible ansible-playbook apt apt-get aptitude at awk busybox chgrp chmod chown chpasswd chroot cp crontab curl
    dd dnf docker dpkg ed env expect find flock gawk gem git gpasswd install ionice ln lua make mawk mount mv
    nerdctl nice nmap node npm nsenter passwd perl php pip pkexec podman python rpm rsync ruby run-parts scp
    screen script sed service setarch snap socat ssh stdbuf strace sudoedit systemctl systemd-run tar taskset
    tcpdump tee time timeout tmux unshare useradd usermod vipw visudo watch wget xargs yum zip zypper
    """.split()  # noqa: SIM905 - as a list, it would fill a page
)
# Of these, what comes first says what they do: a unit or a package may be left open where that is harmless.
_WITH_VERBS = frozenset(
    {
        *("apt", "apt-get", "aptitude", "dnf", "docker", "gem", "git", "nerdctl", "npm", "pip", "podman", "service"),
        *("snap", "systemctl", "yum", "zypper"),
    }
)
_WRITING = frozenset({"edit", "install", "link", "localinstall", "reinstall", "run"})
_VERSION = re.compile(r"[-\d.]+$")


def opens_root(command: str, *, noexec: bool = False) -> bool:
    """Whether a command of sudo's rules lets run anything as root; without arguments, a rule allows all of them."""
    program, *words = command.split()
    name = _VERSION.sub("", program.rpartition("/")[2]) or program
    # Two quotes stand for no argument at all.
    open_ = not words or any("*" in word for word in words)
    named = [word for word in words if not word.startswith("-") and word != '""']
    if name in _WITH_VERBS and words:
        open_ &= "*" in words[0] or not _WRITING.isdisjoint(named)
    if name == "ALL":
        return True
    if name in ("visudo", "vipw"):
        return open_ or "-c" not in words
    if noexec:
        return open_ and name in _EDITORS | {"cp", "dd", "install", "mv", "rsync", "sudoedit", "tee"}
    if name == "su":
        return open_ or (named[:1] in ([], ["root"]) and "-c" not in words)
    if name in _SHELLS:
        return open_ or (not named and "-c" not in words)
    return name in _INTERACTIVE or (open_ and name in _OPEN)
