"""The wall around the tests: connections to this machine only."""

import socket
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Any

import pytest


class Outside(AssertionError):
    """Something tried to leave the machine.

    No ``OSError``: the code under test must not take it for bad luck and go on.
    """


@contextmanager
def only(*also: str) -> Iterator[None]:
    """Refuses connections and look-ups that leave the machine, but for the hosts *also*."""
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex
    getaddrinfo = socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: Any) -> None:
        _check(self, address, also)
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        _check(self, address, also)
        return connect_ex(self, address)

    def guarded_getaddrinfo(host: Any, *args: Any, **options: Any) -> Any:
        _check_host(host, also)
        return getaddrinfo(host, *args, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded_connect)
        patch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
        patch.setattr(socket, "getaddrinfo", guarded_getaddrinfo)
        yield


def _check(connecting: socket.socket, address: Any, also: Collection[str]) -> None:
    if connecting.family != socket.AF_UNIX:
        _check_host(address[0], also)


def _check_host(host: str | bytes | None, also: Collection[str]) -> None:
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    if name and name not in also and not _is_here(name):
        raise Outside(f"a test tried to reach {name}")


def _is_here(name: str) -> bool:
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"
