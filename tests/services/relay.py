"""A way to take a server away from one client and give it back: a TCP relay in front of it."""

import socket
import threading
from contextlib import suppress

_CHUNK = 65_536


class Relay:
    """Passes connections on to *host*:*port*; while it is cut, nobody answers at its own port."""

    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []
        self._accept_in_background()

    def cut(self) -> None:
        """End every connection and refuse new ones."""
        for end in (self._listener, *self._open):
            # A shutdown wakes whoever waits on the socket; one that is gone already is no news.
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self._accepting.join()

    def mend(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self._open = []
        self._accept_in_background()

    def _accept_in_background(self) -> None:
        self._accepting = threading.Thread(target=self._accept, args=(self._listener,), daemon=True)
        self._accepting.start()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):  # cut
            while True:
                client, _ = listener.accept()
                server = socket.create_connection(self._server)
                self._open += [client, server]
                for source, target in ((client, server), (server, client)):
                    threading.Thread(target=_pass_on, args=(source, target), daemon=True).start()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):  # cut, or closed by the other end
        while chunk := source.recv(_CHUNK):
            target.sendall(chunk)
        target.shutdown(socket.SHUT_WR)
