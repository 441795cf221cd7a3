"""A run on a disk that is too small, another with more room, and what `verify` says: `small_disk.py FOLDER TIME`."""

import subprocess
import sys
from pathlib import Path

from tests import nightly
from tests.programs import called


def main(folder, at):
    run = ("run", "--quiet", "--at", at)
    tell(*run)
    subprocess.run(["mount", "-o", "remount,size=64m", folder], check=True)
    tell(*run)
    tell("verify")


def tell(*arguments):
    """What the program prints, then its exit status; all three are called in one process, which starts once."""
    status, out, errors = called(*arguments, folder=Path.cwd(), environment=nightly.surroundings())
    sys.stderr.write(errors)
    print(f"{out}status {status}")


if __name__ == "__main__":
    main(*sys.argv[1:])
