"""A real PostgreSQL and a real MariaDB, each on a socket of its own, as the packages of the system bring them."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests import waiting


@dataclass(frozen=True)
class Server:
    """A server that runs: the folder of its socket and logs, and whether it has pgaudit."""

    folder: Path
    socket: Path
    pgaudit: bool = False

    def psql(self, statements, database="postgres", user="postgres"):
        """What statements print, as psql gives it, unaligned."""
        command = [program("psql"), "-XAtq", "-v", "ON_ERROR_STOP=1", "-h", self.folder, "-U", user, "-d", database]
        return _output(command, statements)

    def mysql(self, statements, user="root"):
        """What statements print, as the client gives it, raw."""
        command = [program("mariadb", "mysql"), "--no-defaults", "-N", "-r", "-B", "-S", self.socket, "-u", user]
        return _output([*command, "--default-character-set=utf8mb4"], statements)


def _output(command, statements):
    done = subprocess.run(command, input=statements, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def program(*names):
    """Where the first of some programs is that there is; None where there is none of them.

    Those of PostgreSQL itself go before Debian's wrappers around them, which are Perl, and slow.
    """
    packages = Path("/usr/lib/postgresql").glob("*/bin")
    folders = [*map(str, sorted(packages, key=lambda one: float(one.parent.name), reverse=True))]
    folders += [*os.environ["PATH"].split(os.pathsep), "/usr/sbin", "/usr/local/sbin"]
    return next((found for name in names if (found := shutil.which(name, path=os.pathsep.join(folders)))), None)


def missing_postgres():
    """Why no PostgreSQL can be started here, or None."""
    lacks = [name for name in ("initdb", "pg_ctl", "psql") if not program(name)]
    return f"PostgreSQL's {', '.join(lacks)} is not installed" if lacks else None


def missing_mariadb():
    """Why no MariaDB can be started here, or None."""
    lacks = [name for name in ("mariadbd", "mariadb-install-db") if not program(name)]
    return f"MariaDB's {', '.join(lacks)} is not installed" if lacks else None


@contextmanager
def postgres() -> Iterator[Server]:
    """A PostgreSQL that logs as tables and as JSON, with pgaudit where that is installed."""
    with _folder("postgres") as (folder, owner):
        data = folder / "data"
        run(owner, "initdb", "-D", data, "-A", "trust", "-U", "postgres", "--no-sync", "-E", "UTF8", "--no-locale")
        library = Path(program("initdb")).resolve().parents[1] / "lib"
        audited = (library / "pgaudit.so").exists()
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(folder),
            "fsync": "off",
            "logging_collector": "on",
            "log_directory": str(folder / "log"),
            "log_filename": "postgres",
            "log_file_mode": "0644",
            "log_destination": "csvlog,jsonlog,stderr",
            "log_line_prefix": "%m [%p] %q%u@%d ",
            "log_connections": "on",
            "log_disconnections": "on",
            "log_statement": "mod",
            "log_timezone": "UTC",
            "max_connections": "20",
            "shared_buffers": "16MB",
            **({"shared_preload_libraries": "pgaudit", "pgaudit.log": "write,ddl,role"} if audited else {}),
        }
        lines = [f"{name} = '{value}'\n" for name, value in settings.items()]
        (data / "postgresql.auto.conf").write_text("".join(lines))
        run(owner, "pg_ctl", "-D", data, "-w", "-l", folder / "start.log", "start")
        try:
            yield Server(folder, folder / ".s.PGSQL.5432", audited)
        finally:
            run(owner, "pg_ctl", "-D", data, "-m", "immediate", "stop")


@contextmanager
def mariadb() -> Iterator[Server]:
    """A MariaDB whose root has no password."""
    with _folder("mysql") as (folder, owner):
        data, address = folder / "data", folder / "socket"
        options = ["--no-defaults", f"--datadir={data}"]
        run(owner, "mariadb-install-db", *options, "--auth-root-authentication-method=normal", "--skip-test-db")
        command = [program("mariadbd"), *options, f"--socket={address}", "--skip-networking", "--skip-log-bin"]
        server = subprocess.Popen(
            [*command, f"--pid-file={folder / 'pid'}", "--innodb-flush-log-at-trx-commit=0"],
            stdout=subprocess.DEVNULL,
            stderr=(folder / "errors").open("w"),
            **owner,
        )
        try:
            waiting.until(lambda: _listens(address) or server.poll() is not None)
            yield Server(folder, address)
        finally:
            server.kill()
            server.wait()


def _listens(path):
    """Whether somebody answers at a socket: its file is there a moment earlier."""
    with socket.socket(socket.AF_UNIX) as asking:
        return asking.connect_ex(str(path)) == 0


def run(owner, name, *arguments):
    """What a program of the server's prints, run as the server's owner."""
    command = [program(name), *map(str, arguments)]
    return subprocess.run(
        command, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd="/", **owner
    ).stdout.strip()


@contextmanager
def _folder(login):
    """A folder on a short path and who owns it: a server does not run as root."""
    folder = Path(tempfile.mkdtemp(prefix="auditor-db-", dir="/tmp"))
    owner = {}
    if os.geteuid() == 0:
        known = {one.pw_name: one for one in pwd.getpwall()}
        entry = known.get(login) or known["nobody"]
        os.chown(folder, entry.pw_uid, entry.pw_gid)
        owner = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    folder.chmod(0o755)
    try:
        yield folder, owner
    finally:
        shutil.rmtree(folder, ignore_errors=True)
