"""One process of our own load client; prints the latencies in milliseconds as a JSON list.

python -m tests.bench.client URL SECONDS CONNECTIONS HEADER…
"""

import asyncio
import json
import sys
import time
from urllib.parse import urlsplit


async def main(url: str, seconds: float, connections: int, headers: list[str]) -> list[float]:
    parts = urlsplit(url)
    lines = [f"GET {parts.path}?{parts.query} HTTP/1.1", f"Host: {parts.netloc}", *headers]
    request = "\r\n".join([*lines, "", ""]).encode()
    until = time.perf_counter() + seconds
    readers = [
        _keep_asking(parts.hostname or "", parts.port or 80, request, until)
        for _ in range(connections)
    ]
    return [latency for each in await asyncio.gather(*readers) for latency in each]


async def _keep_asking(host: str, port: int, request: bytes, until: float) -> list[float]:
    reader, writer = await asyncio.open_connection(host, port, limit=2**20)
    latencies: list[float] = []
    while (began := time.perf_counter()) < until:
        writer.write(request)
        await check(reader)
        latencies.append((time.perf_counter() - began) * 1000)
    writer.close()
    return latencies


async def check(reader: asyncio.StreamReader) -> None:
    """Read one answer; anything but a 2xx or a 304 ends the benchmark."""
    head, _ = await answer(reader)
    if status_of(head) // 100 != 2 and status_of(head) != 304:
        raise RuntimeError(f"answered {status_of(head)}")


async def answer(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """The head of the next answer, in small letters, and its body."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = head.partition(b"content-length: ")[2].split(b"\r\n", 1)[0]
    return head, await reader.readexactly(int(length or 0))


def status_of(head: bytes) -> int:
    return int(head.split(b" ", 2)[1])


if __name__ == "__main__":
    url, seconds, connections, *headers = sys.argv[1:]
    measured = asyncio.run(main(url, float(seconds), int(connections), headers))
    print(json.dumps([round(latency, 3) for latency in measured]))
