"""The benchmark counts what it says: chains of requests, time of the main thread, calls, curves."""

import asyncio
import json
import re
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import pytest

from tests.bench import __main__ as bench
from tests.bench import curves, data, isso, ours, sender, visit
from tests.bench.peers import Writer
from tests.bench.versions import ANSWERS, LISTED, ROOTS, Calls
from tests.bench.visit import Asked

PLANS = {"t10000": data.pile(30)}


def test_the_help_says_of_every_section_what_it_measures(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["bench", "--help"])
    with pytest.raises(SystemExit):
        bench.main()
    said = capsys.readouterr().out
    for name in bench.SECTIONS:
        assert re.search(rf"\n  {name} +[A-Z][^\n]{{30,100}}[.`]*\n", said), name


def asked(sent, ended):
    return Asked("http://x.test/", 100, sent, ended)


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ([], 0),
        ([(0, 1)], 1),
        ([(0, 1), (1, 2), (1.1, 3), (2.5, 4)], 3),
        ([(0, 5), (1, 2), (3, 4)], 2),
    ],
)
def test_requests_in_a_row(times, expected):
    assert visit.longest_chain([asked(*both) for both in times]) == expected


def event(name, start, length, tid=1, url="http://x.test/embed.js"):
    return {
        "name": name,
        "ph": "X",
        "pid": 1,
        "tid": tid,
        "ts": start,
        "dur": length,
        "tdur": length / 2,
        "args": {"data": {"url": url}},
    }


def test_a_script_within_a_script_counts_once():
    named = {"name": "thread_name", "ph": "M", "pid": 1, "tid": 1}
    events = [
        {**named, "args": {"name": "CrRendererMain"}},
        event("ThreadControllerImpl::RunTask", 0, 9_000),
        event("FunctionCall", 0, 4_000),
        event("RunMicrotasks", 1_000, 1_000),
        event("EvaluateScript", 5_000, 2_000),
        event("FunctionCall", 0, 80_000, tid=2),
        event("FunctionCall", 8_000, 1_000, url=""),
        event("Layout", 7_000, 2_000),
    ]

    assert visit.work(events) == visit.Work(script=3, longest=4.5)


def test_both_are_asked_the_same():
    mine, theirs = Writer(ours, PLANS), Writer(isso, PLANS)

    for act in ("open", "join", "vote"):
        ask, other = getattr(mine, act)(), getattr(theirs, act)()
        body, its = json.loads(ask.body), json.loads(other.body)
        assert body.get("body") == its.get("text")
        if "thread" in body:
            assert parse_qs(urlsplit(other.path).query) == {"uri": [f"/{body['thread']}/"]}
        else:
            assert ask.path.split("/")[-2] == other.path.split("/")[-2]


def test_nobody_writes_the_same_twice():
    calls = Calls()
    bodies = [json.loads(request.body)["body"] for request in calls.filling()]
    bodies += [json.loads(each.body)["body"] for each in islice(calls.in_new_thread(), 20)]

    assert len(set(bodies)) == len(bodies) == ROOTS * (1 + ANSWERS) + LISTED + 20


def test_a_decision_is_taken_back_by_the_next():
    said = [json.loads(each.body) for each in islice(Calls().decisions(), 5)]

    assert [each.get("status") for each in said[1:]] == ["spam", "published"] * 2


def test_curves_end_where_nothing_was_measured():
    lines = {"ours": [1.0, 10.0, 100.0], "Isso": [0.1, 0.2]}
    drawn = ElementTree.fromstring(curves.picture("Pages", "a second", lines, (10, 100, 1_000)))  # noqa: S314 - ours

    ways = drawn.findall(".//{http://www.w3.org/2000/svg}polyline")
    assert [len(way.attrib["points"].split()) for way in ways] == [3, 2]


def test_the_client_sends_each_request_once_and_connects_anew_where_it_must():
    met = []

    async def answer(reader, writer):
        while head := await reader.readuntil(b"\r\n\r\n"):
            length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
            met.append(await reader.readexactly(length))
            writer.write(b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n")
            if len(met) == 2:
                writer.write(b"Connection: close\r\n\r\nok")
                writer.close()
                return
            writer.write(b"\r\nok")

    async def run():
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        requests = [["POST", "/", {}, str(number)] for number in range(4)]
        told = await sender.main(f"http://127.0.0.1:{port}", 1, requests)
        server.close()
        return told

    # A loop of its own, as the browser's tests leave one running here.
    with ThreadPoolExecutor(1) as pool:
        told = pool.submit(lambda: asyncio.run(run())).result()

    assert met == [b"0", b"1", b"2", b"3"]
    assert len(told["latencies"]) == 4


def test_every_section_is_a_module_with_one_function():
    for name in bench.SECTIONS:
        assert callable(bench.section(name))
