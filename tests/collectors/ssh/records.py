"""Records of wtmp as several machines write them."""

import struct

_HEAD = "hxxi32s4s32s256shh"
PC, ARM, MAINFRAME = LAYOUTS = (f"<{_HEAD}iii4i20s", f"<{_HEAD}qqq4i20sxxxx", f">{_HEAD}qqq4i20sxxxx")


def wtmp(layout, *records):
    """(type, process, terminal, user, host, time) of each record as bytes."""
    return b"".join(
        struct.pack(
            layout,
            kind,
            pid,
            line.encode(),
            b"",
            user.encode(),
            host.encode(),
            0,
            0,
            0,
            int(moment.timestamp()),
            0,
            0,
            0,
            0,
            0,
            b"",
        )
        for kind, pid, line, user, host, moment in records
    )
