"""Runs on several machines that store in one bucket: one at a time, and none forks the chain, whatever clocks say."""

import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from threading import Thread

import pytest

from auditor.demo import stand_in
from auditor.demo.serving import served
from auditor.errors import LockedError, LostError, StoreError
from auditor.evidence.manifest import HEAD, Manifest, Named, decode_head, encode
from auditor.evidence.store import Store
from auditor.evidence.verify import verify
from tests import waiting
from tests.stand_ins import ENDS_WITHIN

ROOT = Path(__file__).parents[2]
SHORT = timedelta(seconds=0.3)


class Bucket:
    """moto's S3, which may be of another mind about conditional puts, and whose clock may be ahead."""

    def __init__(self):
        self._moto = stand_in.moto()
        self.puts = self.heed
        self.ahead = timedelta()

    def __call__(self, environ, start):
        conditional = {"HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH"} & environ.keys()
        return (self.puts if environ["REQUEST_METHOD"] == "PUT" and conditional else self.heed)(environ, start)

    def heed(self, environ, start):
        date = format_datetime(datetime.now(UTC) + self.ahead, usegmt=True)
        return self._moto(environ, lambda status, headers, *_: start(status, [*headers, ("Date", date)]))

    def ignore(self, environ, start):
        """As stores that are older than these conditions do."""
        bare = {name: value for name, value in environ.items() if name not in ("HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH")}
        return self._moto(bare, start)

    def refuse(self, _environ, start):
        """As some others do."""
        start("501 Not Implemented", [("Content-Type", "application/xml")])
        return [b"<Error><Code>NotImplemented</Code><Message>A header is not implemented.</Message></Error>"]

    def lose_answer(self, environ, start):
        """Write, and let the answer be lost on its way, once."""
        self.puts = self.heed
        list(self._moto(environ, lambda *_: None))
        start("500 Internal Server Error", [("Content-Type", "application/xml")])
        return [b"<Error><Code>InternalError</Code><Message>Try again.</Message></Error>"]


@pytest.fixture(scope="module")
def bucket():
    bucket = Bucket()
    with served(bucket, ENDS_WITHIN) as bucket.url:
        yield bucket


@pytest.fixture
def machine(bucket, tmp_path, new_bucket):
    """Makes stores at one URL, each as another machine has it."""
    name = new_bucket(bucket.url)
    made = []

    def another(**options):
        made.append(Store(f"s3://{name}/nightly", work=tmp_path / f"work-{len(made)}", **options))
        return made[-1]

    yield another
    bucket.puts, bucket.ahead = bucket.heed, timedelta()


def runs(store):
    return [manifest.run for manifest in store.manifests()]


def unnamed(store):
    """What lies among the data and no run stored; nothing is announced any more."""
    assert store._files.list("pending") == []
    return [problem.path for problem in verify(store._files)]


def let_lapse(store):
    """The lease is gone, as if its time were over by a clock that is far ahead; its holder does not know."""
    conditional = store._files.conditional()
    found = conditional.get(HEAD)
    assert conditional.put(HEAD, encode(Named.of(store._head.read(), None)), found.version)


@contextmanager
def process(store, work, run, sent):
    told = [store.name, work, run, int(sent)]
    command = [sys.executable, "-m", "tests.evidence.leased_runs", *map(str, told)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as child:
        try:
            assert child.stdout.readline() == "held\n"
            yield child
        finally:
            child.kill()


def test_a_run_that_is_killed_loses_it_five_minutes_after_its_last_sign_of_life(bucket, machine, made, tmp_path):
    store = machine()
    with process(store, tmp_path / "theirs", "r1", signal.SIGKILL) as other:
        with pytest.raises(LockedError) as refused, store.lock():
            pass
        assert f"Process {other.pid} on {socket.gethostname()}, since 20" in refused.value.what
        assert " UTC, until 20" in refused.value.what
        assert "--wait" in refused.value.do
        other.stdin.write("\n")
        other.stdin.flush()
        assert other.wait(waiting.LIMIT) == -signal.SIGKILL
    (left,) = store._files.list("lake")
    with pytest.raises(LockedError), store.lock(SHORT):
        pass
    bucket.ahead = timedelta(minutes=6)
    made.commit(store, "r1", made.events_of([2, 3], "b.json"))
    assert made.stored(store) == [(2, "b.json", 0), (3, "b.json", 1)]
    assert left not in store._files.list("lake")
    assert unnamed(store) == []


def test_a_run_that_slept_for_too_long_stores_nothing(bucket, machine, made, tmp_path):
    store = machine()
    with process(store, tmp_path / "theirs", "r1", signal.SIGSTOP) as other:
        other.stdin.write("\n")
        other.stdin.flush()
        assert os.WIFSTOPPED(os.waitpid(other.pid, os.WUNTRACED)[1])
        bucket.ahead = timedelta(minutes=6)
        with store.lock():
            store.mend()
            assert store._files.list("lake") == []
            other.send_signal(signal.SIGCONT)
            assert other.wait(waiting.LIMIT) == StoreError.exit_status
            assert "This run has lost its lease" in other.stdout.read()
            assert runs(store) == []
    made.commit(store, "r1", made.events_of([3]))
    assert made.stored(store) == [(3, "a.json", 0)]
    assert unnamed(store) == []


def test_a_run_that_lives_renews_it(machine):
    store = machine(lasts=SHORT)
    conditional = store._files.conditional()
    with store.lock():
        began = conditional.get(HEAD).written
        waiting.until(lambda: decode_head(conditional.get(HEAD).data).holder.renewed > 2)
        waiting.until(lambda: conditional.get(HEAD).written > began)
    assert decode_head(conditional.get(HEAD).data) == Named()


@pytest.mark.parametrize("theirs", ["r1", "r2"])
def test_whoever_lost_it_cannot_store_beside_the_run_that_has_it_now(machine, made, theirs):
    first, second = machine(), machine()
    made.commit(first, "r0", made.events_of([0]))
    with first.lock():
        staging = first.staging("r1", made.NIGHT)
        let_lapse(first)
        made.commit(second, theirs, made.events_of([1]))
        page = staging.keep_raw("iam", "page", b"late")
        with pytest.raises(LostError, match="another run has held it meanwhile"):
            first.commit(staging, [], version="1", sources={}, raw=[page])
    assert runs(second) == runs(machine()) == ["r0", theirs]
    assert len(second._files.list("raw")) == 1
    made.commit(first, "r3")
    assert runs(second) == ["r0", theirs, "r3"]
    assert unnamed(second) == []


def test_what_was_taken_away_too_early_is_taken_away_again(machine, made):
    """A run that lost its lease goes on to put its files in place after others have cleared away what it announced."""
    first, second = machine(), machine()
    place = "raw/iam/r1-x-0.gz"
    late = Manifest(run="r1", number=1, at=made.NIGHT, version="1", previous=None, sources={})
    with first.lock():
        page = first.staging("r1", made.NIGHT).keep_raw("iam", "page", b"late")
        with pytest.raises(LostError), first._chain.adding(late, [place], "r1-x"):
            _put_late(first, second, {first.work / "staging" / "r1" / page.path: place})
    assert second._files.list("raw") == [place]
    made.commit(second, "r2")
    assert runs(first) == ["r2"]
    assert unnamed(first) == []


def _put_late(first, second, moves):
    let_lapse(first)
    with second.lock():
        second.mend()
    first._files.take(moves)


def test_whoever_lost_it_may_not_even_clear_away(machine):
    first, second = machine(), machine()
    with first.lock():
        let_lapse(first)
        with second.lock(), pytest.raises(LostError, match=f"on {socket.gethostname()} holds it since"):
            first.mend()


def test_a_run_waits_for_one_that_ends(machine, made):
    first, second = machine(), machine(lasts=SHORT)
    waits = Thread(target=lambda: made.commit(second, "r2", wait=timedelta(seconds=waiting.LIMIT)))
    with first.lock():
        waits.start()
    waits.join(waiting.LIMIT)
    assert runs(first) == ["r2"]


def test_an_answer_that_is_lost_on_its_way_costs_nothing(bucket, machine, made):
    store = machine()
    with store.lock():
        staging = store.staging("r1", made.NIGHT)
        bucket.puts = bucket.lose_answer
        store.commit(staging, [], version="1", sources={})
    assert runs(store) == ["r1"]


@pytest.mark.parametrize("answer", ["ignore", "refuse"])
def test_a_store_that_heeds_no_condition_is_told_and_not_used(bucket, machine, made, answer):
    store = machine()
    bucket.puts = getattr(bucket, answer)
    with pytest.raises(StoreError, match="cannot be locked") as refused:
        made.commit(store, "r1")
    assert "If-None-Match" in refused.value.do
    assert runs(store) == []


def test_a_kind_of_store_that_knows_no_conditions_is_told(made, tmp_path):
    with pytest.raises(StoreError, match="memory://evidence cannot be locked"):
        made.commit(Store("memory://evidence", work=tmp_path), "r1")
