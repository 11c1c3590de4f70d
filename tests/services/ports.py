"""Free ports on the loopback interface."""

import secrets
import socket

# Below the range from which the kernel takes the local ports of outgoing connections, so that a
# server that is killed and started again finds its port free.
_LOWEST, _COUNT = 20_000, 12_000


def free_port() -> int:
    """A loopback port nobody listens on."""
    while True:
        port = _LOWEST + secrets.randbelow(_COUNT)  # `random` is seeded alike in every worker
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def answers(port: int) -> bool:
    """Whether somebody listens on *port*."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
