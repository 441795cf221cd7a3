"""The lock of a store in a bucket: a lease that stands in HEAD, so that holding it and adding to the chain are one.

Why two runs cannot fork the chain, nor lose what the other stored, whatever their clocks say:

1. HEAD alone says what is stored: its link names the newest manifest by its hash, and that one all before it.
2. HEAD is only ever replaced by a put on condition that it still is what its writer read or wrote last.
3. To take the lease is to replace HEAD. Whatever its former holder still sends has the condition of an older HEAD, and
   the store refuses it. Renewing it and storing a run are such puts too: no moment lies between asking and writing.
4. What else a run puts in place has its holder's random mark in its name, or is a manifest whose bytes HEAD has named
   already: nobody overwrites anybody's. Until HEAD names it, it is announced below `pending`, and no evidence.
5. What a run left that was not stored is taken away by a holder that read the announcement, then replaced HEAD once
   more, and only then removes: whoever had announced it by then can never store it.
6. So time decides only when a lease that is not renewed may be taken, by the store's clock alone: the Date of its
   answer less the time at which it says that HEAD was written. If that is wrong, a run loses its lease, and no more.
"""

import errno
import logging
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from secrets import token_hex

import msgspec

from auditor.config.durations import format_duration
from auditor.errors import LockedError, LostError, StoreError
from auditor.evidence.conditional import Conditional, Found
from auditor.evidence.files import explained
from auditor.evidence.head import Head
from auditor.evidence.manifest import HEAD, Holder, Link, Named, decode_head, encode
from auditor.evidence.remote import RemoteFiles

LASTS = timedelta(minutes=5)
"""After so long without a sign of life, a run has lost its lease."""

_log = logging.getLogger(__name__)
_PROBE, _WRITTEN_THERE = "lease-probe", b"Written to see whether this store heeds conditions.\n"
_LONGEST = timedelta(hours=1)
_RENEWALS = 5  # in the time that it lasts
_QUESTIONS = 60  # in the time that it lasts
_ATTEMPTS = 10


class Lease(Head):
    """HEAD of a store in a bucket, and who may replace it.

    Args:
        lasts: the time without a sign of life after which others may take it.
    """

    def __init__(self, files: RemoteFiles, lasts: timedelta = LASTS) -> None:
        super().__init__(files)
        self._bucket = files.conditional()
        self._name = files.name
        self._lasts = lasts
        self._turn = threading.Lock()
        self._version: str | None = None
        self._named = Named()  # as it was written last; without a holder while this run is none

    @contextmanager
    def held(self, wait: timedelta) -> Iterator[None]:
        """Hold the lease, and renew it meanwhile; wait for so long where another run holds it.

        Raises:
            LockedError: another run holds it.
            StoreError: the store heeds no conditions, or cannot be reached.
        """
        self.mark = token_hex(6)
        self._take(wait)
        over = threading.Event()
        renewing = threading.Thread(target=self._renew_until, args=(over,), name="lease", daemon=True)
        renewing.start()
        try:
            yield
        finally:
            over.set()
            renewing.join()
            self._let_go()
            self.mark = ""

    def confirm(self) -> None:
        """See that this run holds it still, by renewing it; raises LostError if not."""
        with self._turn:
            self._replace(self._named.link)

    def write(self, link: Link) -> None:
        """Let HEAD name a link: from then on, that run is stored; raises LostError if this run holds it no more."""
        with self._turn:
            self._replace(link)

    def _take(self, wait: timedelta) -> None:
        bucket = self._heeding()
        until = time.monotonic() + wait.total_seconds()
        while True:
            with explained(f"lock {self._name}"):
                found = bucket.get(HEAD)
                if found is None:  # it is there from now on, with the time at which it was written
                    bucket.put(HEAD, encode(Named()), None)
                    continue
            named = decode_head(found.data)
            left = (_ends(named.holder, found) - found.asked).total_seconds() if named.holder else 0.0
            if named.holder is None or left <= 0:
                if self._taken(bucket, named, found):
                    return
                continue
            patience = until - time.monotonic()
            if patience <= 0:
                raise _held(self._name, named.holder, found)
            time.sleep(min(left, patience, self._lasts.total_seconds() / _QUESTIONS))

    def _taken(self, bucket: Conditional, named: Named, found: Found) -> bool:
        """Put oneself in the place of nobody, or of a run that gave no sign of life; whether nobody was quicker."""
        if named.holder is not None:
            _log.warning("%s gave no sign of life: its lease of %s ran out.", _who(named.holder), self._name)
        me = Holder(
            mark=self.mark,
            host=socket.gethostname(),
            process=os.getpid(),
            since=found.asked,
            seconds=self._lasts.total_seconds(),
        )
        self._version, self._named = found.version, msgspec.structs.replace(named, holder=me)
        try:
            with explained(f"lock {self._name}"):
                self._put(bucket, self._named)
        except LostError:
            self._named = Named()
            return False
        return True

    def _replace(self, link: Link | None) -> None:
        holder = self._named.holder
        if self._bucket is None or holder is None:
            raise StoreError("The store's lease is not held.", do="Report this: it is a mistake in the auditor.")
        renewed = msgspec.structs.replace(holder, renewed=holder.renewed + 1)
        with explained(f"write {self._name}"):
            self._put(self._bucket, Named.of(link, renewed))

    def _put(self, bucket: Conditional, named: Named) -> None:
        """Replace HEAD; raises LostError if somebody else has."""
        data = encode(named)
        for _ in range(_ATTEMPTS):
            version = bucket.put(HEAD, data, self._version)
            if version is None:
                found = bucket.get(HEAD)
                if found is not None and found.data == data:  # it was written, and the answer was lost on its way
                    version = found.version
                elif found is None or found.version != self._version:
                    raise _lost(self._name, found)
            if version is not None:
                self._version, self._named = version, named
                return
        raise StoreError(f"Cannot write {self._name}: the store says over and over that others do.", do="Run again.")

    def _renew_until(self, over: threading.Event) -> None:
        while not over.wait(self._lasts.total_seconds() / _RENEWALS):
            try:
                self.confirm()
            except LostError as error:
                _log.warning("%s", " ".join(error.diagnostics()))
                return
            except StoreError as error:  # the next one may do
                _log.warning("The lease could not be renewed: %s", error.what)

    def _let_go(self) -> None:
        try:
            if self._bucket is not None:
                with self._turn, explained(f"write {self._name}"):
                    self._put(self._bucket, msgspec.structs.replace(self._named, holder=None))
        except LostError:
            pass  # whoever has it now holds it
        except StoreError as error:
            _log.warning("The lease could not be given back, and runs out by itself: %s", error.what)
        self._version, self._named = None, Named()

    def _heeding(self) -> Conditional:
        """The store's conditional puts, which were seen to heed a condition that is not met."""
        with explained(f"lock {self._name}"):
            if self._bucket is not None and _heeds(self._bucket):
                return self._bucket
        raise StoreError(
            f"{self._name} cannot be locked: it overwrites objects whatever the condition, or knows of none.",
            means="Nothing was run: two runs at the same time could spoil each other's evidence.",
            do="Keep evidence where If-None-Match and If-Match are heeded, such as Amazon S3, or in a local folder.",
        )


def _heeds(bucket: Conditional) -> bool:
    try:
        # The first one makes the probe where there is none.
        made = bucket.put(_PROBE, _WRITTEN_THERE, None)
        again = made is not None and bucket.put(_PROBE, _WRITTEN_THERE, None) is not None
        return not again and bucket.put(_PROBE, _WRITTEN_THERE, bucket.STRANGE) is None
    except OSError as error:
        if error.errno == errno.ENOSYS:
            return False
        raise


def _ends(holder: Holder, found: Found) -> datetime:
    """When others may take the lease, unless it is renewed; the store tells times in whole seconds."""
    return found.written + timedelta(seconds=1 + min(max(holder.seconds, 0.0), _LONGEST.total_seconds()))


def _who(holder: Holder) -> str:
    return f"Process {holder.process} on {holder.host:.80}"


def _held(name: str, holder: Holder, found: Found) -> LockedError:
    since, until = _said(holder.since), _said(_ends(holder, found))
    return LockedError(
        f"Another run holds the lease of {name}: {_who(holder)}, since {since}, until {until} unless it is renewed.",
        means="Nothing was run.",
        do="Wait until that run has ended (`--wait 1h` does), or end it; where it died, run again after that time.",
    )


def _lost(name: str, found: Found | None) -> LostError:
    holder = decode_head(found.data).holder if found else None
    by = f"{_who(holder)} holds it since {_said(holder.since)}" if holder else "another run has held it meanwhile"
    return LostError(
        f"This run has lost its lease of {name}: {by}.",
        means="Nothing more of this run was stored.",
        do=f"Run again. A run that gives no sign of life for {format_duration(LASTS)} (its machine sleeps, its network "
        "is gone) loses its lease.",
    )


def _said(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
