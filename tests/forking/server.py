"""A Python program that is imported once and forks for every call: `server.py SCRIPT SOCKET`.

A call comes from client.py with its arguments, folder, environment and streams; the fork runs the script's `main` with
them and ends as it does. What a call imported is imported here too, before the next. It ends with its standard input.
"""

import gc
import importlib.util
import marshal
import os
import runpy
import select
import socket
import sys
import traceback

WORLD = dict(os.environ)


def main(script, address):
    called = runpy.run_path(script)["main"]
    sys.argv[0] = script
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(address)
    listening.listen()
    print("ready", flush=True)
    learned = {}  # by the pipe on which each running call will name what it imported
    while True:
        ready, _, _ = select.select([listening, sys.stdin, *learned], [], [])
        if sys.stdin in ready:
            return
        for pipe in learned.keys() & set(ready):
            if said := os.read(pipe, 1 << 16):
                learned[pipe] += said
            else:
                os.close(pipe)
                os.wait()
                learn(learned.pop(pipe).decode().split())
        if listening in ready:
            connection, _ = listening.accept()
            reader, writer = os.pipe()
            if os.fork() == 0:
                listening.close()
                answer(called, connection, writer)
            connection.close()
            os.close(writer)
            learned[reader] = b""


def learn(names):
    """Import modules, but for those that a program loads from files under names of its own.

    What cannot be imported in this order is told and left to the calls that need it: the calls to come are none the worse.
    """
    for name in names:
        top = name.partition(".")[0]
        try:
            if top in sys.modules or importlib.util.find_spec(top):
                importlib.import_module(name)
        except Exception:  # noqa: BLE001  whatever a module raises
            traceback.print_exc()
    gc.collect()
    gc.freeze()


def answer(called, connection, writer):
    """Run the call, and end."""
    known, status = set(sys.modules), 1
    try:
        take_over(connection)
        status = called()
    except SystemExit as ended:
        status = ended.code
        if isinstance(status, str):
            print(status, file=sys.stderr)
            status = 1
    except Exception:  # noqa: BLE001  as the interpreter does with what nobody catches
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        connection.send(bytes([(status or 0) & 255]))
        with os.fdopen(writer, "w") as pipe:
            pipe.write(" ".join(sys.modules.keys() - known))
        os._exit(0)


def take_over(connection):
    """Become the caller, as far as a program can tell."""
    said, streams, _, _ = socket.recv_fds(connection, 8, 3)
    length, message = int.from_bytes(said, "big"), b""
    while len(message) < length:
        message += connection.recv(length - len(message))
    arguments, folder, environment = marshal.loads(message)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(folder)
    imported = {name: value for name, value in os.environ.items() if WORLD.get(name) != value}
    os.environ.clear()
    os.environ.update(environment | imported)
    sys.argv[1:] = arguments


if __name__ == "__main__":
    main(*sys.argv[1:])
