"""One process of a crowd that does not wait: requests leave at their time, answered or not.

Prints a JSON list of ``[kind, status, milliseconds]``, one for each request; the status is 0 where
there was no answer. ``python -m tests.bench.flood URL SECONDS PER_SECOND PLACES``; PLACES is a JSON
list of ``[kind, method, path, body]``, taken in turn.
"""

import asyncio
import json
import sys
import time
from urllib.parse import urlsplit

from tests.bench.client import answer, status_of

#: A request that is not answered after so many seconds is given up.
PATIENCE = 20
#: What a server with a queue for a thousand takes; a request that finds none free is lost.
_MOST_CONNECTIONS = 400

Place = tuple[str, str, str, str]
Answered = tuple[str, int, float]
Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Flood:
    """Its requests and the connections that are free; each is used again and again."""

    def __init__(self, url: str, places: list[Place]) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or 80
        self._places = places
        self._free: list[Connection] = []
        self._open = 0
        self.answers: list[Answered] = []

    async def run(self, seconds: float, per_second: float) -> None:
        began, sent, all_of_them = time.perf_counter(), 0, round(seconds * per_second)
        async with asyncio.TaskGroup() as group:
            while sent < all_of_them:
                due = min(all_of_them, (time.perf_counter() - began) * per_second)
                while sent < due:
                    group.create_task(self._send(self._places[sent % len(self._places)]))
                    sent += 1
                await asyncio.sleep(0.002)
        for _reader, writer in self._free:
            writer.close()

    async def _send(self, place: Place) -> None:
        began = time.perf_counter()
        try:
            status = await asyncio.wait_for(self._status(place), PATIENCE)
        except (OSError, EOFError, TimeoutError):
            status = 0
        self.answers.append((place[0], status, (time.perf_counter() - began) * 1000))

    async def _status(self, place: Place) -> int:
        connection = await self._connection()
        try:
            status = await _asked(connection, f"{self._host}:{self._port}", place)
        except BaseException:
            self._open -= 1
            connection[1].close()
            raise
        self._free.append(connection)
        return status

    async def _connection(self) -> Connection:
        if self._free:
            return self._free.pop()
        if self._open >= _MOST_CONNECTIONS:
            raise OSError("no connection is free")
        self._open += 1
        try:
            return await asyncio.open_connection(self._host, self._port, limit=2**20)
        except BaseException:
            self._open -= 1
            raise


async def _asked(connection: Connection, host: str, place: Place) -> int:
    reader, writer = connection
    _kind, method, path, body = place
    writer.write(
        f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
    )
    head, _ = await answer(reader)
    return status_of(head)


if __name__ == "__main__":
    url, seconds, per_second, places = sys.argv[1:]
    flood = Flood(url, json.loads(places))
    asyncio.run(flood.run(float(seconds), float(per_second)))
    print(json.dumps([(kind, status, round(ms, 2)) for kind, status, ms in flood.answers]))
