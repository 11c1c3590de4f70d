"""That the ground the other tests stand on is what they take it for."""

import http.client
import socket
import subprocess
import sys

import pytest
import redis
from coverage import Coverage
from flask import Flask
from jinja2 import Environment
from sqlalchemy import create_engine, inspect, text

from tests import thrift
from tests.services.loopback import Outside


def tables(uri):
    engine = create_engine(uri)
    names = inspect(engine).get_table_names()
    engine.dispose()
    return names


def leave_a_table(uri):
    engine = create_engine(uri)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE left_behind (id integer)"))
    engine.dispose()


@pytest.mark.parametrize("time", ["first", "second"])
def test_every_test_has_an_empty_database(database_uri, time):
    assert tables(database_uri) == []
    leave_a_table(database_uri)


@pytest.mark.parametrize("time", ["first", "second"])
def test_every_test_has_a_migrated_database(migrated_uri, time):
    assert "left_behind" not in tables(migrated_uri)
    assert "comments_threads" in tables(migrated_uri)
    leave_a_table(migrated_uri)


@pytest.mark.parametrize("time", ["first", "second"])
def test_every_test_has_an_empty_redis(redis_uri, time):
    with redis.Redis.from_url(redis_uri) as client:
        assert client.dbsize() == 0
        client.set("left", "behind")


@pytest.mark.parametrize("address", ["192.0.2.1", "somewhere.example"])
def test_nothing_leaves_this_machine(address):
    with pytest.raises(Outside):
        socket.create_connection((address, 80), timeout=1)


def test_the_browser_reaches_our_names_and_no_others(page, serve):
    app = Flask("blog")
    app.add_url_rule("/", view_func=lambda: "<h1>An article</h1>")

    page.goto(serve(app, host="blog.test"))

    assert page.inner_text("h1") == "An article"
    reach = "url => fetch(url, {mode: 'no-cors'}).then(() => 'reached', () => 'refused')"
    assert page.evaluate(reach, "http://somewhere.example/") == "refused"


def test_a_skip_fails_where_the_checks_run(tmp_path):
    skipping = tmp_path / "test_skipping.py"
    skipping.write_text("import pytest\n\ndef test_it():\n    pytest.skip('no such server')\n")
    run = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider"]
    settings = {"COMMENTS_NO_SKIPS": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    outcome = subprocess.run([*run, str(skipping)], env=settings, capture_output=True, text=True)
    assert outcome.returncode == 1
    assert "no such server" in outcome.stdout
    assert "1 failed" in outcome.stdout


def test_the_service_comes_back_under_its_address(live_server):
    server = live_server()
    server.kill()
    assert not server.alive()
    server.start()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    connection.request("GET", "/healthz")
    assert connection.getresponse().status == 200
    connection.close()
    assert server.stop() == 0


def test_ctrl_c_ends_the_service(live_server):
    assert live_server().interrupt() == 0


# ── what makes them quick ────────────────────────────────────────────────────────────────────


def test_coverage_looks_away_from_a_way_that_often_brought_nothing_new(request):
    measuring = Coverage(data_file=None, include=[__file__], config_file=False)
    measuring.start()
    attention = thrift.Attention()
    attention.rest()

    def looks(way, walk):
        with attention.to(request.node, way):
            walk()
            return Coverage.current() is measuring

    often = thrift.Attention._OFTEN
    seen = [looks("a way", lambda: tables("sqlite://")) for _ in range(often + 3)]
    assert seen == [True] * (often + 1) + [False] * 2
    assert looks("another way", lambda: tables("sqlite://"))


def test_a_template_that_reads_the_same_is_not_taken_for_one_that_escapes():
    for escapes, shown in ((True, "&lt;b&gt;"), (False, "<b>")):
        made = Environment(autoescape=escapes)  # noqa: S701 (both are what this is about)
        assert made.from_string("{{ it }}").render(it="<b>") == shown


def test_statements_are_shared_by_databases_of_one_kind_only():
    first, second = create_engine("sqlite://"), create_engine("sqlite://")
    other = create_engine("postgresql+psycopg://localhost/nowhere")
    assert first.dialect == second.dialect
    assert hash(first.dialect) == hash(second.dialect)
    assert first.dialect != other.dialect
    assert first._compiled_cache is other._compiled_cache
