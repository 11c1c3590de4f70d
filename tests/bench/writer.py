"""One process that writes, or reads at a steady pace; prints the latencies in milliseconds as a
JSON list.

python -m tests.bench.writer PORT SECONDS CONNECTIONS FIRST PER_SECOND KIND TARGET

PER_SECOND 0 is as quickly as answers come; FIRST is the number of its first request.
"""

import asyncio
import json
import sys
import time
from itertools import count

from tests.bench.client import check
from tests.bench.orders import Order


async def main(
    port: int, seconds: float, connections: int, first: int, per_second: float, order: Order
) -> list[float]:
    began = time.perf_counter()
    numbers = count(first)
    pause = connections / per_second if per_second else 0.0
    people = [
        _go_on(port, order, numbers, began + seconds, began + pause * place / connections, pause)
        for place in range(connections)
    ]
    return [latency for each in await asyncio.gather(*people) for latency in each]


async def _go_on(
    port: int, order: Order, numbers: "count[int]", until: float, due: float, pause: float
) -> list[float]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**20)
    latencies: list[float] = []
    while True:
        began = time.perf_counter()
        if pause:
            await asyncio.sleep(max(0.0, due - began))
            # Who is late is late from when they were due, or a slow server would look quick.
            began, due = due, due + pause
        if began >= until:
            break
        writer.write(order.request(next(numbers)))
        await check(reader)
        latencies.append((time.perf_counter() - began) * 1000)
    writer.close()
    return latencies


if __name__ == "__main__":
    port, seconds, connections, first, per_second, kind, target = sys.argv[1:]
    measured = asyncio.run(
        main(
            int(port),
            float(seconds),
            int(connections),
            int(first),
            float(per_second),
            Order(kind, target),
        )
    )
    print(json.dumps([round(latency, 3) for latency in measured]))
