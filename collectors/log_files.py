"""Logs in many files: a folder walked, what is new some at a time, and coverage for each scope that they tell of."""

import itertools
import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import partial
from operator import attrgetter
from pathlib import Path
from typing import Any, ClassVar

from collectors.base import Batch, Context, Raw, S, Stream, missing, printable, read_file
from collectors.files import existing, leaves, origin_of
from collectors.problems import Problems
from collectors.reading import Extent, Origin, Reading
from collectors.refusals import refusal

_LINK = "it is a link that leads out of the folder, which is not followed"
_BESIDE = "its name says that it is no log"
# What tools leave beside logs: checksums, marks of success, tests of the right to write, signatures of CloudTrail Lake,
# what Windows keeps of a folder; and what people write.
_NO_LOG = re.compile(
    r"(?i)_SUCCESS|_temporary|_metadata|_common_metadata|aws-logs-write-test|result_sign\.json|thumbs\.db|desktop\.ini"
    r"|(?:readme|about|notes?|licen[cs]e)(?:\.txt)?"
    r"|.+\.(?:md|rst|sha\d*|sha\d*sum|md5|md5sum|sig|asc|crc|metadata|manifest|html?|pdf|docx?|png|sh|py|js|ts|tf|sql)"
)
_TOGETHER = 20_000
"""How many rows there are, the first moment and the last."""


def walk(name: str, relative: str, context: Context) -> Iterator[Raw]:
    """Every file of a folder and the folders in it, or the one file, that a source names.

    Files are known by what they hold, not by their names: only hidden ones are left out, and those that tools and
    people put beside logs. Links out of the folder are not followed.

    Raises:
        SourceError: there is no such path, or it cannot be read.
    """
    path = existing(name, relative, context)
    origin = origin_of(path, context)
    try:
        if path.is_file():
            yield _file(origin, path, path.stat())
            return
        listed = _listed(path)
    except OSError as error:
        raise refusal("source", "unreadable logs", name=name, path=origin, why=error.strerror) from error
    yield from _walk(path, origin, listed)


def _walk(root: Path, origin: str, listed: list[os.DirEntry[str]]) -> Iterator[Raw]:
    for entry in listed:
        named, path = f"{origin}/{printable(entry.name)}", Path(entry.path)
        if entry.name.startswith("."):
            continue
        try:
            if entry.is_symlink() and leaves(path, root):
                yield missing(named, _LINK)
            elif entry.is_dir(follow_symlinks=False):
                yield from _walk(root, named, _listed(path))
            elif entry.is_file():
                yield _file(named, path, entry.stat(), _BESIDE if beside(entry.name) else "")
        except OSError:
            # Loading it fails again, which makes it a failed object with its reason.
            yield Raw(named, partial(read_file, path))


def beside(name: str) -> bool:
    """Whether a file's name tells that it is no log, but something beside logs."""
    return bool(_NO_LOG.fullmatch(name))


def _listed(folder: Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as found:
        return sorted(found, key=lambda entry: entry.name)


def _file(origin: str, path: Path, stat: os.stat_result, skipped: str = "") -> Raw:
    version = f"{stat.st_size}:{stat.st_mtime_ns}"
    return Raw(origin, partial(read_file, path), version=version, size=stat.st_size, skipped=skipped)


def batches(
    raws: Iterable[Raw],
    seen: Mapping[str, str],
    *,
    most: int,
    most_files: int,
    size: Callable[[Raw], int],
    day: Callable[[Raw], str] = lambda _: "",
) -> Iterator[list[Raw]]:
    """What is new, some at a time; an empty batch at the end where nothing at all is a log, new or known.

    Files of one day come together as far as they are listed together, and a batch that is half full ends with a day,
    so that a day's rows are stored in few parts.

    Args:
        raws: the files.
        seen: origins that were read, with their versions.
        most: how much a batch may hold, by `size`.
        most_files: how many files it may hold.
        size: how much a file weighs.
        day: the day that a file is of, as far as its name tells.
    """
    batch: list[Raw] = []
    weight, logs = 0, 0

    def listed() -> Iterator[Raw]:
        nonlocal logs
        for raw in raws:
            logs += not raw.skipped
            yield raw

    new = (raw for raw in listed() if not seen.get(raw.origin) == raw.version != "")
    while together := sorted(itertools.islice(new, _TOGETHER), key=day):
        for raw in together:
            if 2 * weight >= most and day(raw) != day(batch[-1]):
                yield batch
                batch, weight = [], 0
            batch.append(raw)
            weight += size(raw)
            if weight >= most or len(batch) >= most_files:
                yield batch
                batch, weight = [], 0
    if batch:
        yield batch
    if not logs:
        yield []


def new_files(
    name: str, relative: str, context: Context, seen: Mapping[str, str], *, most: int = 64 << 20, most_files: int = 200
) -> Iterator[list[Raw]]:
    """What is new among the files that a source names, as `batches` gives it, by bytes; raises as `walk` does."""
    return by_size(walk(name, relative, context), seen, most, most_files)


def by_size(raws: Iterable[Raw], seen: Mapping[str, str], most: int, most_files: int = 200) -> Iterator[list[Raw]]:
    """`batches` of so many bytes and files at most."""
    return batches(raws, seen, most=most, most_files=most_files, size=attrgetter("size"))


class LogFiles(Stream[S], frozen=True):
    """A source that is files of a log and nothing else: no right is needed to read them.

    A batch of them has about `MOST` bytes, as they lie there: packed ones hold ten times as much.
    """

    PERMISSIONS = ()
    MOST: ClassVar[int] = 64 << 20

    def fetch(self, seen: Mapping[str, str]) -> Iterator[Batch]:
        """Batches of files that are new or have changed; one empty batch where there are none at all.

        Raises:
            SourceError: there is no such path, or it cannot be read.
        """
        source: Any = self.source
        yield from new_files(source.name, source.path, self.context, seen, most=self.MOST)


class LogCoverage:
    """What a batch says of each scope: from when to when there are rows, and what is missing.

    Args:
        place: where the files lie, as people know it: the scope of what no other is known of.
    """

    def __init__(self, place: str) -> None:
        self._place = place
        self._read: set[str] = set()
        self.problems: defaultdict[str, Problems] = defaultdict(Problems)
        self.remarks: defaultdict[str, Problems] = defaultdict(Problems)
        self.windows: defaultdict[str, list[datetime]] = defaultdict(list)

    def file(self, origin: Origin, scope: str | None = None, *, remarks: bool = False) -> None:
        """Take in what is missing of a file, and what is worth saying of it too."""
        scope, name = scope or self._place, origin.raw.origin.rpartition("/")[2]
        if sentence := origin.problems.sentence():
            self.problems[scope].note(sentence, name)
            self.problems[scope].rejected += origin.problems.rejected
            if not origin.lost:
                self._read.add(scope)
        if remarks and (remark := origin.remarks.sentence()):
            self.remarks[scope].note(remark, name)

    def note(self, sentence: str) -> None:
        """Something that is missing and costs no file."""
        self.problems[self._place].note(sentence)
        self._read.add(self._place)

    def cover(self, reading: Reading, extents: Mapping[str, Extent]) -> None:
        """A line of coverage for each scope, in their order."""
        for scope in sorted({*extents, *self.problems, *self.remarks, *self.windows}):
            rows, *times = extents.get(scope, (0,))
            times = [*self.windows[scope], *times]
            window = min(times, default=None), max(times, default=None)
            read = rows or scope in self._read or (scope == self._place and extents)
            failed = bool(self.problems[scope]) and not read
            reading.cover(
                scope,
                self.problems[scope],
                rows,
                window=window,
                origins=(),
                origin=self._place,
                failed=failed,
                remark=self.remarks[scope].sentence(),
            )
