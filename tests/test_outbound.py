"""The one way out: where it goes, what it takes, how long it waits."""

import socket
import threading
from contextlib import suppress

import pytest
from flask import Flask, Response, redirect, request
from werkzeug.serving import make_server

from comments import outbound
from comments.outbound import Unreachable, fetch
from tests.services.ports import free_port

HERE = "127.0.0.1"


@pytest.fixture
def server(serve):
    app = Flask("elsewhere")

    @app.route("/echo", methods=["GET", "POST"])
    def echo():
        return {
            "form": request.form.to_dict(),
            "query": request.args,
            "agent": request.user_agent.string,
        }

    @app.get("/moved")
    def moved():
        return redirect("/echo")

    @app.get("/large")
    def large():
        return Response(b"x" * (outbound.MOST_BYTES + 1))

    @app.post("/large-in")
    def large_in():
        return Response(b"x" * (outbound.MOST_BYTES + 1), 503, {"Retry-After": "7"})

    @app.get("/list")
    def many():
        return [{"a": 1}, 2]

    return serve(app)


def test_it_asks_and_reads(server):
    answer = fetch("POST", f"{server}/echo?b=2", form={"a": "ä&"}, trusted=HERE)
    assert answer.status == 200
    told = answer.record()
    assert (told["form"], told["query"]) == ({"a": "ä&"}, {"b": "2"})
    assert told["agent"].startswith("Flask-Comments/")
    assert fetch("GET", f"{server}/list", trusted=HERE).records() == [{"a": 1}]


def test_a_redirect_is_an_answer_and_not_followed(server):
    assert fetch("GET", f"{server}/moved", trusted=HERE).status == 302


@pytest.mark.parametrize(
    ("path", "read"), [("list", "record"), ("echo", "records"), ("moved", "record")]
)
def test_an_answer_of_another_kind_is_none(server, path, read):
    answer = fetch("GET", f"{server}/{path}", trusted=HERE)
    with pytest.raises(Unreachable, match="no JSON"):
        getattr(answer, read)()


def test_an_answer_that_is_too_large_is_dropped(server):
    with pytest.raises(Unreachable):
        fetch("GET", f"{server}/large", trusted=HERE)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/",
        "ftp://example.org/",
        "file:///etc/passwd",
        "https://",
        "https://user:pass@example.org/",
        "https://example.org:port/",
        "https://[::1/",
        "",
    ],
)
def test_only_https_is_asked(url):
    with pytest.raises(Unreachable, match="address"):
        fetch("GET", url)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_this_machine_is_asked_when_the_owner_named_it_alone(server, host):
    port = server.rpartition(":")[2]
    for trusted in (None, "127.0.0.2", "example.org"):
        with pytest.raises(Unreachable):
            fetch("GET", f"https://{host}:{port}/echo", trusted=trusted)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07::1", True),
        ("127.0.0.1", False),
        ("10.0.0.1", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("ff0e::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("2002:7f00:1::", False),
    ],
)
def test_what_counts_as_public(address, public):
    assert outbound.is_public(address) is public


def test_nobody_there_is_said_so():
    with pytest.raises(Unreachable, match=r"127\.0\.0\.1: ConnectionRefusedError"):
        fetch("GET", f"http://127.0.0.1:{free_port()}/", trusted=HERE)


def test_a_server_that_says_nothing_is_waited_for_so_long_and_no_longer():
    with socket.create_server((HERE, 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(Unreachable, match="TimeoutError"):
            fetch("GET", f"http://{HERE}:{port}/", trusted=HERE, seconds=0.1)


@pytest.fixture
def dripping():
    """A server that sends its answer a byte at a time, for ever; gives its port."""
    with socket.create_server((HERE, 0)) as listening:

        def drip() -> None:
            connection, _ = listening.accept()
            with connection, suppress(OSError):
                connection.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
                while not over.wait(0.02):
                    connection.sendall(b"a")

        over = threading.Event()
        thread = threading.Thread(target=drip)
        thread.start()
        yield listening.getsockname()[1]
        over.set()
        thread.join()


def test_an_answer_that_comes_byte_by_byte_is_waited_for_so_long_and_no_longer(dripping):
    with pytest.raises(Unreachable):
        fetch("GET", f"http://{HERE}:{dripping}/", trusted=HERE, seconds=0.2)


def test_of_an_answer_that_nobody_reads_the_size_does_not_matter(server):
    answer = fetch("POST", f"{server}/large-in", content=b"{}", trusted=HERE, reads=False)
    assert (answer.status, answer.body, answer.retry_after) == (503, b"", "7")


def test_a_server_that_cannot_show_who_it_is_is_not_asked(serve_tls):
    asked, address = serve_tls
    with pytest.raises(Unreachable, match="SSLCertVerificationError"):
        fetch("GET", f"{address}/secret", trusted=HERE)
    assert asked == []


@pytest.fixture
def serve_tls():
    """A server whose certificate it has signed itself: what it was asked, and where it is."""
    asked: list[str] = []
    app = Flask("elsewhere")
    app.before_request(lambda: asked.append(request.path))
    server = make_server(HERE, free_port(), app, ssl_context="adhoc")
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield asked, f"https://{HERE}:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_body_that_trickles_ends_too():
    done = threading.Event()

    def trickle(listener: socket.socket) -> None:
        client, _ = listener.accept()
        with client:
            client.recv(65_536)
            client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
            while not done.wait(0.02):
                client.sendall(b"x")

    with socket.create_server((HERE, 0)) as listener:
        thread = threading.Thread(target=trickle, args=(listener,))
        thread.start()
        with pytest.raises(Unreachable):
            fetch("GET", f"http://{HERE}:{listener.getsockname()[1]}/", trusted=HERE, seconds=0.1)
        done.set()
        thread.join()
