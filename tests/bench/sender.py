"""One process of our load client for requests that are not all alike; each is sent once.

Standard input: ``{"url": …, "connections": 8, "requests": [[method, path, headers, body], …]}``.
Standard output: ``{"seconds": …, "latencies": [milliseconds, …]}``. A server that closes the
connection after an answer, as gunicorn's plain workers do, is connected to anew.
"""

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from tests.bench.client import answer, status_of


class Connection:
    def __init__(self, netloc: str) -> None:
        self.host, _, port = netloc.partition(":")
        self.port = int(port)
        self.netloc = netloc
        self.writer: asyncio.StreamWriter | None = None

    async def send(self, method: str, path: str, headers: dict[str, str], body: str) -> None:
        """Send one request and take its answer; raises where it is not a 2xx."""
        if self.writer is None:
            opened = asyncio.open_connection(self.host, self.port, limit=2**20)
            self.reader, self.writer = await opened
        sent = body.encode()
        told = {"Host": self.netloc, "Content-Length": str(len(sent)), **headers}
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {said}" for name, said in told.items())]
        self.writer.write("\r\n".join([*lines, "", ""]).encode() + sent)
        await self._take(f"{method} {path}")

    async def _take(self, asked: str) -> None:
        head, body = await answer(self.reader)
        if status_of(head) // 100 != 2:
            raise RuntimeError(f"{asked}: {head.splitlines()[0].decode()} {body[:300]!r}")
        if b"connection: close" in head:
            self.close()

    def close(self) -> None:
        if self.writer is not None:
            self.writer.close()
        self.writer = None


async def main(url: str, connections: int, requests: list[list[Any]]) -> dict[str, Any]:
    waiting = iter(requests)
    began = time.perf_counter()
    each = await asyncio.gather(*(_work(url, waiting) for _ in range(connections)))
    seconds = time.perf_counter() - began
    return {"seconds": seconds, "latencies": [latency for some in each for latency in some]}


async def _work(url: str, waiting: Iterator[list[Any]]) -> list[float]:
    connection = Connection(urlsplit(url).netloc)
    latencies = []
    for request in waiting:
        began = time.perf_counter()
        await connection.send(*request)
        latencies.append((time.perf_counter() - began) * 1000)
    connection.close()
    return latencies


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(**json.load(sys.stdin)))))
