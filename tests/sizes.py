"""Installs each extra into an environment of its own and writes what it took into docs/install.md: `make sizes`."""

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "install.md"
_ROW = re.compile(r"(?m)^\| (\(none\)|`[a-z0-9,]+`) \| (.+?) \| \d+ \| \d+ \|$")
_UV = Path(sys.executable).with_name("uv")


def main() -> None:
    """Measure every row of the table, in the order in which it stands, and print it."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        _uv("build", "--wheel", "--no-build-isolation", "--python", sys.executable, "--out-dir", place, ROOT)
        (wheel,) = place.glob("*.whl")

        def measured(row: re.Match[str]) -> str:
            packages, size = _installed(wheel, "" if row[1] == "(none)" else f"[{row[1].strip('`')}]")
            print(line := f"| {row[1]} | {row[2]} | {packages} | {size} |", flush=True)
            return line

        PAGE.write_text(_ROW.sub(measured, PAGE.read_text("utf-8")), "utf-8")
        print(*_biggest(place / "measured"), sep="\n")


def _installed(wheel: Path, extra: str) -> tuple[int, int]:
    """How many packages, the auditor too, and how many MB they take on disk, not compiled."""
    venv = wheel.parent / "measured"
    _uv("venv", "--clear", "--python", sys.executable, venv)
    locked = ("--constraint", ROOT / "requirements.txt")
    _uv("pip", "install", "--python", venv, "--link-mode", "copy", *locked, f"{wheel}{extra}")
    site = _site(venv)
    return len([*site.glob("*.dist-info")]), round(_bytes(site) / 1e6)


def _biggest(venv: Path) -> Iterator[str]:
    sizes = {place.name: _bytes(place) for place in _site(venv).iterdir() if place.is_dir()}
    yield from (f"{size / 1e6:.0f} MB {name}" for name, size in sorted(sizes.items(), key=lambda one: -one[1])[:5])


def _site(venv: Path) -> Path:
    return next(venv.glob("lib/python3*/site-packages"))


def _bytes(place: Path) -> int:
    return sum(one.lstat().st_blocks * 512 for one in place.rglob("*") if one.is_file() and not one.is_symlink())


def _uv(*arguments: str | Path) -> None:
    subprocess.run([_UV, *arguments, "--quiet"], check=True)


if __name__ == "__main__":
    main()
