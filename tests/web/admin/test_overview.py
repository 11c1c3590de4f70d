"""The overview: numbers, plots of them, and the same as tables."""

import re
from datetime import timedelta
from xml.etree import ElementTree

import pytest

from comments.models import Status
from comments.web.admin import overview
from tests.web import cast
from tests.web.admin.rooms import ADMIN, see
from tests.web.cast import decide


def test_the_door_leads_to_the_queue(app, bob):
    answer = bob.client.get(f"{ADMIN}/")
    assert (answer.status_code, answer.location) == (302, f"{ADMIN}/queue")


def test_an_empty_site_has_nothing_to_show(app, bob):
    html = see(bob, "/overview").text
    assert "Nothing to show yet" in html
    assert "<svg" not in html


def test_numbers_stand_in_tiles_plots_and_tables(app, bob, alice, carol):
    alice.says(thread="busy & loud")
    alice.says(thread="busy & loud")
    decide(app, carol.says()["id"], Status.SPAM)
    html = see(bob, "/overview").text
    assert re.findall(r"<dd>([^<]*)</dd>", html)[:2] == ["3", "33 %"]
    assert "busy &amp; loud</bdi></a>" in html
    assert re.search(r"Bob</bdi></a>.*?>1<.*?>1<", html, re.DOTALL)
    assert html.count('<tr><th scope="row"><time') == 30


def plot(html: str) -> str:
    return re.search(r'<svg class="p-plot".*?</svg>', html, re.DOTALL)[0]


def test_the_plot_is_well_formed_and_tells_what_it_is(app, bob, alice):
    alice.says()
    html = see(bob, "/overview", days="90").text
    svg = ElementTree.fromstring(plot(html))  # noqa: S314 - our own
    assert svg.find("title").text
    assert svg.find("desc").text
    assert len(svg.findall("rect")) == 1
    assert "style=" not in html
    assert html.count('<tr><th scope="row"><time') == 90


def test_the_median_is_told_in_words(moderated, time_machine):
    time_machine.move_to("2026-11-22T12:00Z")
    comment = cast.visitor(moderated, "alice").says()["id"]
    time_machine.move_to("2026-11-22T12:40Z")
    decide(moderated, comment, Status.PUBLISHED)
    assert "40 minutes" in see(cast.visitor(moderated, "bob"), "/overview").text


@pytest.mark.parametrize(
    ("wait", "told"),
    [
        (timedelta(seconds=20), "less than a minute"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(minutes=119), "119 minutes"),
        (timedelta(hours=5), "5 hours"),
        (timedelta(days=3), "3 full days"),
    ],
)
def test_a_wait_is_told_in_the_unit_people_think_in(wait, told):
    assert str(overview._told(wait)) == told
