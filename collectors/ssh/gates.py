"""What sshd's settings let into a login: a key, a password, or nothing, and what else they ask for."""

from collections.abc import Callable, Collection, Iterator, Sequence
from fnmatch import fnmatchcase
from itertools import combinations

from msgspec import Struct
from msgspec.structs import replace

from auditor.providers.ssh.forwarding import ONLY_FORWARDS
from auditor.providers.ssh.rights import BELOW, RUNS
from collectors.ssh.host_accounts import Login
from collectors.ssh.sshd_settings import EffectiveSettings, Match, Settings, paths

_MOST_BLOCKS = 5
_PASSWORDS = frozenset({"password", "keyboard-interactive"})
_SHUT = None


class Gate(Struct, frozen=True):
    """Whether something opens a login, and under which conditions, in words."""

    opens: bool
    asks: tuple[str, ...] = ()


class Gates(Struct, frozen=True):
    """A login as sshd's settings have it.

    Args:
        told: the settings.
        login: the login.
        has_password: whether it has a password; None where that is not known.
        is_locked: whether its password is locked, with which sshd lets nothing in unless PAM is asked.
        is_over: whether the login itself has expired: neither PAM nor sshd lets it in.
    """

    told: Settings
    login: Login
    has_password: bool | None = None
    is_locked: bool = False
    is_over: bool = False

    def key(
        self, path: str | None, *, forced: bool = False, revoked_by: Collection[str] = (), places: Sequence[str] = ()
    ) -> Gate:
        """For a key in a file, or in one whose place is not known."""
        if self.login.shell:
            return self._gate(lambda told: self._by_key(told, path, forced=forced, revoked_by=revoked_by))
        if not self.forwards(places):
            return Gate(False)
        # sshd lets in who has no shell too, as long as they ask for none.
        gates = replace(self, login=replace(self.login, shell=True))  # noqa: S604 - a field of a login
        found = gates.key(path, forced=forced, revoked_by=revoked_by)
        return replace(found, asks=(*found.asks, ONLY_FORWARDS))

    def certificate(self) -> Gate:
        """For a certificate of an authority that it trusts."""
        return self._gate(lambda told: self._by_key(told, None, forced=False, named=True))

    def password(self) -> Gate:
        """For a password alone."""
        return self._gate(self._by_password)

    def forwards(self, places: Sequence[str] = ()) -> tuple[str, ...]:
        """The places that sshd forwards the login's ports to and names (`PermitOpen`).

        Where it leaves them open, those of these `places`, which lines of keys name.
        """
        told = self.told.of(self.login)
        asked = (told.one("allowtcpforwarding", "yes"), told.one("disableforwarding", "no"))
        if asked[0] not in ("yes", "all", "local") or asked[1] == "yes":
            return ()
        named = [place for place in told.values("permitopen") if place.lower() != "any"]
        return tuple(place for place in named or places if place.lower() != "none")

    def _gate(self, judge: Callable[[EffectiveSettings], list[str] | None]) -> Gate:
        """What holds whichever of the blocks apply that hang on more than the login."""
        open_ = [match for match in self.told.matches if match.may_hold(self.login) and not match.hangs_on_login]
        found = [(blocks, judge(self.told.of(self.login, blocks))) for blocks in _choices(open_)]
        _, usual = found[0]
        # Where a block takes back what it is usually kept to, that is what it can do.
        if usual is not _SHUT and _kept(usual) and any(asks is not _SHUT and not _kept(asks) for _, asks in found):
            found = [(blocks, _SHUT if asks is not _SHUT and _kept(asks) else asks) for blocks, asks in found]
            usual = found[0][1]
        if usual is not _SHUT:
            shut = [blocks for blocks, asks in found if asks is _SHUT and len(blocks) == 1]
            more = [
                f"{one}, where sshd's Match {blocks[0].criteria} applies"
                for blocks, asks in found
                if asks is not _SHUT and len(blocks) == 1
                for one in asks
                if one.startswith("only with ") and one not in usual
            ]
            told = (f"not where sshd's Match {blocks[0].criteria} applies" for blocks in shut)
            return Gate(True, (*usual, *told, *more))
        ways = [(blocks, asks) for blocks, asks in found if asks is not _SHUT]
        if not ways:
            return Gate(False)
        least = [(blocks, asks) for blocks, asks in ways if len(blocks) == min(len(one) for one, _ in ways)]
        criteria = " or ".join(" and ".join(match.criteria for match in blocks) for blocks, _ in least)
        return Gate(True, (f"only where sshd's Match {criteria} applies", *least[0][1]))

    def _by_key(
        self,
        told: EffectiveSettings,
        path: str | None,
        *,
        forced: bool,
        named: bool = False,
        revoked_by: Collection[str] = (),
    ) -> list[str] | None:
        """What else is asked for beside a key; None where it opens nothing."""
        files = paths(told.values("authorizedkeysfile"), self.login)
        command = told.one("authorizedkeyscommand", "none") != "none"
        listed = named or (path in files if path else bool(files) or command)
        root = told.one("permitrootlogin", "prohibit-password")
        barred = self.login.number == 0 and (root == "no" or (root == "forced-commands-only" and not forced))
        revoked = any(file in revoked_by for file in told.values("revokedkeys"))
        if revoked or barred or not listed or not self.login.shell or told.one("pubkeyauthentication", "yes") == "no":
            return _SHUT
        no_password = self.has_password is False or (self.login.number == 0 and root != "yes")
        return self._asked(told, self._beside(told, no_password=no_password))

    @staticmethod
    def _beside(told: EffectiveSettings, *, no_password: bool) -> list[str] | None:
        """What `AuthenticationMethods` asks for beside a key, the least of its lists."""
        lists = [one.split(",") for one in told.values("authenticationmethods")] or [["any"]]
        found = []
        for methods in lists:
            others = [method.partition(":")[0] for method in methods]
            if others == ["any"]:
                return []
            if "publickey" in others:
                others.remove("publickey")
                if not no_password or _PASSWORDS.isdisjoint(others):
                    found.append(others)
        words = {"publickey": "another key", "keyboard-interactive": "an answer to what PAM asks"}
        least = min(found, key=len, default=None)
        return None if least is None else [f"only with {words.get(one, f'a {one}')} too" for one in least]

    def _by_password(self, told: EffectiveSettings) -> list[str] | None:
        root = self.login.number != 0 or told.one("permitrootlogin", "prohibit-password") == "yes"
        asked = [("password", "passwordauthentication"), ("keyboard-interactive", "kbdinteractiveauthentication")]
        offered = {name for name, setting in asked if told.one(setting, "yes") == "yes"}
        # It asks through PAM, which distributions turn on where a copy may not tell.
        offered -= {"keyboard-interactive"} if told.one("usepam", "") == "no" else set()
        lists = told.values("authenticationmethods") or ["any"]
        enough = any(one == "any" or one.partition(":")[0] in offered for one in map(str.lower, lists))
        if not (root and self.login.shell and self.has_password and offered and enough):
            return _SHUT
        return self._asked(told, [])

    def _asked(self, told: EffectiveSettings, beside: list[str] | None) -> list[str] | None:
        """What the lists of users and groups ask for, a command that is forced, and a folder that is all there is."""
        allowed = self._listed_users(told)
        shut = self.is_over or (self.is_locked and told.one("usepam", "") == "no")
        if beside is None or allowed is None or shut or not self._in_groups(told):
            return _SHUT
        forced, below = " ".join(told.values("forcecommand")), " ".join(told.values("chrootdirectory"))
        asked = [*beside, *allowed]
        asked += [f"{RUNS}{forced} (ForceCommand)"] if forced not in ("", "none") else []
        return [
            *asked,
            *([f"{BELOW}{paths([below], self.login)[0]} (ChrootDirectory)"] if below not in ("", "none") else []),
        ]

    def _listed_users(self, told: EffectiveSettings) -> list[str] | None:
        said = []
        for pattern in told.values("denyusers"):
            name, at, host = pattern.partition("@")
            if fnmatchcase(self.login.name, name):
                if not at:
                    return _SHUT
                said.append(f"not from {host} (DenyUsers)")
        allowed = told.values("allowusers")
        fitting = [p.partition("@") for p in allowed if fnmatchcase(self.login.name, p.partition("@")[0])]
        if allowed and not fitting:
            return _SHUT
        if fitting and all(at for _, at, _ in fitting):
            said.append(f"only from {' or '.join(host for _, _, host in fitting)} (AllowUsers)")
        return said

    def _in_groups(self, told: EffectiveSettings) -> bool:
        """Of somebody whom a directory service keeps to itself, the groups are not known."""
        if not self.login.groups:
            return True
        allowed = told.values("allowgroups")
        return not self._in_one(told.values("denygroups")) and (not allowed or self._in_one(allowed))

    def _in_one(self, patterns: Sequence[str]) -> bool:
        return any(fnmatchcase(group, pattern) for pattern in patterns for group in self.login.groups)


def _kept(asks: Collection[str]) -> bool:
    """Whether a login is kept to a command or to a folder."""
    return any(one.startswith((RUNS, BELOW)) for one in asks)


def _choices(blocks: Sequence[Match]) -> Iterator[tuple[Match, ...]]:
    """Every choice of blocks that may apply together; of many, each alone."""
    most = len(blocks) if len(blocks) <= _MOST_BLOCKS else 1
    for number in range(most + 1):
        yield from combinations(blocks, number)
