"""What holds for every test."""

import signal

from hypothesis import HealthCheck, settings

# A busy machine makes examples slow, and no test wrong.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


def pytest_configure():
    """Let tests interrupt what they start: a shell's background job, and its children, ignore SIGINT from birth."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
