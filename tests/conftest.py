"""What holds for every test."""

import signal


def pytest_configure():
    """Let tests interrupt what they start: a shell's background job, and its children, ignore SIGINT from birth."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
