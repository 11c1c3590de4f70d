"""Which addresses are links, where they begin and end in a sentence, and how they are shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comments.text import links, safe_url
from comments.text.links import SAFE_HREF, Address


def found(text: str) -> list[Address]:
    return [address for address in links.find(text) if address]


def written(text: str) -> list[str]:
    """The addresses in *text* as they stand there."""
    return [text[address.start : address.end] for address in found(text)]


# ── where they begin and end ─────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("see http://a.example.", "http://a.example"),
        ("see http://a.example/b, and", "http://a.example/b"),
        ("(see http://a.example/b)", "http://a.example/b"),
        ("(http://a.example/b_(c))", "http://a.example/b_(c)"),
        ("http://a.example/b_(c)_d!", "http://a.example/b_(c)_d"),
        ("[http://a.example/b]", "http://a.example/b"),
        ("http://a.example/?b[]=1&c[]=2.", "http://a.example/?b[]=1&c[]=2"),
        ("http://a.example/b?c=d#e;", "http://a.example/b?c=d#e"),
        ("'http://a.example/b'", "http://a.example/b"),
        ('"http://a.example/b"', "http://a.example/b"),
        ("«http://a.example/b»", "http://a.example/b"),
        ("“http://a.example/b”", "http://a.example/b"),
        ("<http://a.example/b>", "http://a.example/b"),
        ("http://a.example/b…", "http://a.example/b"),
        ("http://a.example:8000/b", "http://a.example:8000/b"),
        ("http://a.example: b", "http://a.example"),
        ("HTTPS://A.example/B", "HTTPS://A.example/B"),
        ("http://192.0.2.1/b", "http://192.0.2.1/b"),
        ("https://a.example/@alice", "https://a.example/@alice"),
        ("www.a.example/b?", "www.a.example/b"),
        ("post@a.example.", "post@a.example"),
        ("(first.last+tag@mail.a.example)", "first.last+tag@mail.a.example"),
        ("mailto:post@a.example!", "mailto:post@a.example"),
        ("_post@a.example_", "post@a.example"),
        # Chinese, Japanese and Korean go without spaces and have their own full stop.
        ("请看http://a.example/b，谢谢", "http://a.example/b"),
        ("请看http://a.example看这里", "http://a.example"),
        ("http://a.example/b看这里", "http://a.example/b"),
        ("（http://a.example/b）", "http://a.example/b"),
        ("http://a.example/b。", "http://a.example/b"),
        ("「http://a.example/b」", "http://a.example/b"),
        ("https://ja.a.example/wiki/日本語。", "https://ja.a.example/wiki/日本語"),
        ("http://日本語.example/、", "http://日本語.example/"),
        ("http://日本語.jpです", "http://日本語.jp"),
        ("http://a.example를 보세요", "http://a.example"),
        ("连接post@a.example谢谢", "post@a.example"),
        ("http://a.example/café et", "http://a.example/café"),
        ("http://пример.example/путь.", "http://пример.example/путь"),
    ],
)
def test_an_address_ends_where_a_reader_says(text: str, address: str) -> None:
    assert written(text) == [address]


@pytest.mark.parametrize(
    "text",
    [
        "example.org and file.py and end.Then",
        "http://",
        "http://localhost/",
        "http://a/",
        "www.",
        "www. a",
        "awww.a.example",
        "xhttp://a.example",
        "@alice",
        "a@b",
        "@a.example",
        "a@.example",
        "ftp://a.example",
        "javascript:alert(1)",
        "http://bank.example@evil.example/",
        "http://user:secret@a.example/",
        "http://@a.example/",
        "http:/a.example",
        "http:\\\\a.example",
        "http://a..example",
        "http://-a.example",
        "http://[::1]/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://127.1/",
        "http://256.1.1.1/",
        "http://01.2.3.4/",
        "http://a.example:99999/",
        "http://ba\u200bnk.example",
        "http://\u202ea.example",
        "http://%61.example",
        "http://xn--a.example/",
        "http://a.example/" + "b" * 2_000,
    ],
)
def test_it_is_no_address(text: str) -> None:
    assert written(text) == []


def test_several_stand_side_by_side() -> None:
    text = "http://a.example,www.b.example (c@d.example) https://e.example/f)(http://g.example"

    assert written(text)[1:] == ["c@d.example", "https://e.example/f", "http://g.example"]


@given(st.text(alphabet="htps:/w.@a1-_()[]é漢\u200b \n'\"?", max_size=200))
def test_they_never_overlap_and_are_all_safe(text: str) -> None:
    end = 0
    for address in found(text):
        assert end <= address.start < address.end <= len(text)
        assert SAFE_HREF.fullmatch(address.href)
        end = address.end


# ── the safe form ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("url", "href"),
    [
        ("http://a.example", "http://a.example"),
        (" http://a.example ", "http://a.example"),
        ("HTTP://A.Example/B", "http://a.example/B"),
        ("www.a.example", "https://www.a.example"),
        ("http://a.example./b", "http://a.example/b"),
        ("http://a.example:/b", "http://a.example/b"),
        ("http://a.example?b", "http://a.example?b"),
        ("http://a.example/é", "http://a.example/%C3%A9"),
        ("http://a.example/%C3%A9", "http://a.example/%C3%A9"),
        ("http://a.example/'\"<>`{}|^", "http://a.example/%27%22%3C%3E%60%7B%7D%7C%5E"),
        ("http://bücher.example", "http://xn--bcher-kva.example"),
        ("http://BÜCHER.example", "http://xn--bcher-kva.example"),
        ("http://bu\u0308cher.example", "http://xn--bcher-kva.example"),
        ("http://ａ.example", "http://a.example"),
        ("http://a。example", "http://a.example"),
        ("http://faß.example", "http://xn--fa-hia.example"),
        ("http://xn--bcher-kva.example", "http://xn--bcher-kva.example"),
        ("http://हिन्दी.example", "http://xn--j2bd4cyah0f.example"),
        ("mailto:a@b.example", "mailto:a@b.example"),
        ("MAILTO:A@b.example?subject=x&bcc=c@d.example", "mailto:A@b.example"),
    ],
)
def test_an_address_has_one_safe_form(url: str, href: str) -> None:
    assert safe_url(url) == href


@pytest.mark.parametrize(
    "url",
    [
        "",
        "a.example",
        "/a",
        "//a.example",
        "#a",
        "javascript:alert(1)",
        "java\tscript:alert(1)",
        "\x01javascript:alert(1)",
        "data:text/html,a",
        "ftp://a.example",
        "http:a.example",
        "http://",
        "http:///a.example",
        "http://a",
        "http://a.example\\@b.example",
        "http://a.example@b.example",
        "http://a.example\n",
        "http://a.exa\tmple",
        "http://a.example/\u200b",
        "http://a.example/\u202e",
        "http://a.example/\ud800",
        "http://a\u2044b.example",
        "http://\u2100.example",
        "http://a b.example",
        "http://" + "a." * 130 + "example",
        "http://" + "a" * 64 + ".example",
        "http://" + "é" * 64 + ".example",
        "mailto:",
        "mailto:a",
        "mailto:a@b",
        "mailto:a@b.example,c@d.example",
        "mailto:a%0d%0aBcc:c@b.example",
        "mailto:a b@c.example",
        "mailto:?to=a@b.example",
    ],
)
def test_what_has_none_is_refused(url: str) -> None:
    assert safe_url(url) is None


def test_the_schemes_can_be_narrowed() -> None:
    assert safe_url("mailto:a@b.example", schemes=("http", "https")) is None
    assert safe_url("https://b.example", schemes=("http", "https")) == "https://b.example"


@given(st.text())
def test_the_safe_form_is_its_own_safe_form(url: str) -> None:
    for attempt in (url, f"http://{url}", f"http://a.example/{url}", f"mailto:{url}@a.example"):
        href = safe_url(attempt)
        assert href is None or safe_url(href) == href


# ── as a reader sees them ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("bücher.example", "bücher.example"),
        ("日本語abc.example", "日本語abc.example"),
        ("ひらがなカタカナ.example", "ひらがなカタカナ.example"),
        ("한국어.example", "한국어.example"),
        ("президент.example", "президент.example"),
        ("ελλάδα.example", "ελλάδα.example"),
        ("हिन्दी.example", "हिन्दी.example"),
        ("שלום.example", "שלום.example"),
        # Latin and Cyrillic in one label, or Cyrillic letters that all pass for Latin ones.
        ("аpple.example", "xn--pple-43d.example"),
        ("аррӏе.example", "xn--80ak6aa92e.example"),
        ("gοοgle.example", "xn--ggle-0nda.example"),
        ("ɡoogle.example", "xn--oogle-qmc.example"),
        ("ＢＡＮＫ.example", "bank.example"),
    ],
)
def test_a_host_is_shown_as_written_unless_it_could_pass_for_another(host: str, shown: str) -> None:
    assert links.shown_host(host) == shown
    (address,) = found(f"http://{host}/a")
    assert address.shown == f"http://{shown}/a" or host == "ＢＡＮＫ.example"


@pytest.mark.parametrize(
    ("label", "href", "misleading"),
    [
        ("here", "https://a.example/b", False),
        ("a.example", "https://a.example/b", False),
        ("A.EXAMPLE", "https://a.example/b", False),
        ("https://www.a.example", "https://a.example/b", False),
        ("a.example", "https://blog.a.example/b", False),
        ("https://a.example/c", "https://a.example/b", False),
        ("post@a.example", "mailto:post@a.example", False),
        ("bücher.example", "https://xn--bcher-kva.example/", False),
        ("b.example", "https://a.example/", True),
        ("https://b.example/c", "https://a.example/", True),
        ("go to www.b.example now", "https://a.example/", True),
        ("blog.a.example", "https://a.example/", True),
        ("https://a.example", "https://a.example.evil.example/", True),
        ("https://a.example@evil.example", "https://a.example/", True),
        ("post@a.example", "mailto:post@evil.example", True),
        ("https://a\u200b.example", "https://a.example/", True),
    ],
)
def test_a_text_that_names_another_host_misleads(label: str, href: str, misleading: bool) -> None:
    assert links.misleads(label, href) is misleading
