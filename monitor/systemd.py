"""The three words systemd wants to hear, one datagram each. Silent where nobody listens."""

import os
import socket

WAIT = 0.5
"""Real seconds for a supervisor that does not read; the event loop must not stand still for it."""


def tell(state: str) -> None:
    """Sends e.g. READY=1 to $NOTIFY_SOCKET (sd_notify(3)); without one, nothing."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sock:
        sock.settimeout(WAIT)
        try:
            sock.sendto(state.encode(), "\0" + address[1:] if address.startswith("@") else address)
        except OSError:  # a supervisor that went away or is stuck is no reason to stop watching
            return


def watchdog_every() -> float | None:
    """Half of the interval in which systemd wants to hear WATCHDOG=1, in real seconds; None: it does not ask."""
    microseconds = os.environ.get("WATCHDOG_USEC", "")
    mine = os.environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
    return int(microseconds) / 2e6 if microseconds.isdigit() and mine else None
