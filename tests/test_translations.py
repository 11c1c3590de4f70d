"""The catalogues say what the code says, whole, and count as their languages do."""

import ast
import gettext
import re
from html.parser import HTMLParser
from pathlib import Path

import polib
import pytest
from babel import Locale

from comments import i18n
from comments.errors import say, say_n
from tests import messages
from tests.messages import PACKAGE, PLACEHOLDER

# Enough for every plural rule of integers to show all its forms but those of millions.
NUMBERS = range(1000)

every_language = pytest.mark.parametrize("source", messages.languages(), ids=lambda path: path.stem)


def plural_rule(catalogue):
    return gettext.c2py(catalogue.metadata["Plural-Forms"].split("plural=")[1].rstrip(";"))


def numbers_of_forms(catalogue):
    """For each plural form the numbers that take it."""
    rule = plural_rule(catalogue)
    return [
        [n for n in NUMBERS if rule(n) == form] for form in range(messages.plural_forms(catalogue))
    ]


def placeholders(text):
    return sorted(PLACEHOLDER.findall(text))


# ── files and code agree ─────────────────────────────────────────────────────────────────────


def test_the_template_is_what_the_code_says(tmp_path):
    messages.collected().save(str(tmp_path / "now.pot"))
    assert messages.TEMPLATE.read_text() == (tmp_path / "now.pot").read_text(), "make messages"


@every_language
def test_a_language_has_the_texts_of_the_code_and_no_others(source, tmp_path):
    catalogue = messages.read(source)
    messages.merge(catalogue, messages.collected())
    catalogue.save(str(tmp_path / "now.po"))
    assert source.read_text() == (tmp_path / "now.po").read_text(), "make messages"


@every_language
def test_every_text_is_translated(source):
    catalogue = messages.read(source)
    # An untranslated, empty or fuzzy entry, or one of whose plural forms is empty.
    assert [entry.msgid for entry in catalogue if not entry.translated()] == []


@every_language
def test_placeholders_are_kept(source):
    for entry in messages.read(source):
        if not entry.msgid_plural:
            assert placeholders(entry.msgstr) == placeholders(entry.msgid), entry.msgid
            assert "%" not in PLACEHOLDER.sub("", entry.msgstr), entry.msgid


@every_language
def test_placeholders_are_kept_in_every_plural(source):
    catalogue = messages.read(source)
    forms = numbers_of_forms(catalogue)
    for entry in filter(lambda entry: entry.msgid_plural, catalogue):
        wanted = placeholders(entry.msgid_plural)
        for form, text in entry.msgstr_plural.items():
            assert "%" not in PLACEHOLDER.sub("", text), entry.msgid
            # "a minute", and Arabic's dual: a form for one number alone need not write it.
            unwritten = ["n"] if len(forms[form]) == 1 and "%(n)s" not in text else []
            assert sorted(placeholders(text) + unwritten) == wanted, (entry.msgid, form)


@every_language
def test_a_language_counts_as_unicode_says_it_does(source):
    catalogue = messages.read(source)
    cldr, rule = Locale.parse(source.stem, sep="-").plural_form, plural_rule(catalogue)
    # Each of CLDR's categories is one form, and no form serves two.
    assert len({(cldr(n), rule(n)) for n in NUMBERS}) == messages.plural_forms(catalogue)
    for entry in filter(lambda entry: entry.msgid_plural, catalogue):
        assert len(entry.msgstr_plural) == messages.plural_forms(catalogue), entry.msgid


def test_merging_drops_what_went_and_leaves_room_for_what_came():
    catalogue = polib.POFile()
    catalogue.metadata = {"Plural-Forms": "nplurals=3; plural=(n%3);"}
    catalogue.extend([polib.POEntry(msgid="Kept", msgstr="K"), polib.POEntry(msgid="Gone")])
    template = polib.POFile()
    days = polib.POEntry(msgid="a day", msgid_plural="%(n)s days", msgstr_plural={0: "", 1: ""})
    template.extend([days, polib.POEntry(msgid="Kept")])

    messages.merge(catalogue, template)

    assert [(entry.msgid, entry.msgstr) for entry in catalogue] == [("Kept", "K"), ("a day", "")]
    assert catalogue[1].msgstr_plural == {0: "", 1: "", 2: ""}


# ── everything that is said is collected ─────────────────────────────────────────────────────

_JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
# A macro may stand for attributes alone, outside of their tag.
_ATTRIBUTE = re.compile(r'[\w-]+="[^"]*"')
_SPOKEN = {"alt", "aria-label", "aria-description", "label", "placeholder", "title"}


class Unspoken(HTMLParser):
    """Collects the words of a template that no ``_()`` stands around."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        # A button says what is in it; what a form sends for it is nobody's to read.
        is_pressed = tag == "input" and dict(attrs).get("type") in ("submit", "button", "reset")
        for name, value in attrs:
            if name in _SPOKEN or (name == "value" and is_pressed):
                self.handle_data(value or "")

    def handle_data(self, data):
        if self.cdata_elem:  # a style sheet, which only a mail carries along
            return
        self.found += re.findall(r"[^\W\d_][\w ]+", _ATTRIBUTE.sub("", data))


def untranslated(template):
    parser = Unspoken()
    parser.feed(_JINJA.sub("", template))
    return parser.found


def templates():
    # The demo's pages are texts of their own, in one language.
    found = sorted((PACKAGE / "templates").rglob("*.html"))
    return [path for path in found if not path.name.startswith("demo_")]


@pytest.mark.parametrize("path", templates(), ids=lambda path: path.name)
def test_a_template_says_nothing_untranslated(path):
    assert untranslated(path.read_text()) == []


@pytest.mark.parametrize(
    "template", ["<p>{{ x }} Hello</p>", "<input placeholder='Hi'>", "<a title='{{ x }} at'></a>"]
)
def test_a_word_that_is_not_translated_is_found(template):
    assert len(untranslated(template)) == 1


def makes_messages(source):
    """The lines that make a Message of a text by hand, which is not collected."""
    calls = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    return [
        call.lineno
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id == "Message" and call.args
        if isinstance(call.args[0], ast.Constant)
    ]


def test_messages_are_made_where_they_are_collected():
    by_hand = {str(path): makes_messages(path.read_text()) for path in PACKAGE.rglob("*.py")}
    assert {path: lines for path, lines in by_hand.items() if lines} == {}
    assert makes_messages("Message('Hello')") == [1]


# ── how they are read ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("n", "sentence"),
    [
        (0, "لا تعليقات"),
        (1, "تعليق واحد"),
        (2, "تعليقان"),
        (3, "3 تعليقات"),
        (10, "10 تعليقات"),
        (11, "11 تعليقًا"),
        (99, "99 تعليقًا"),
        (100, "100 تعليق"),
        (103, "103 تعليقات"),
    ],
)
def test_arabic_counts_in_six_ways(n, sentence):
    assert i18n.told(say_n("%(n)s comment", "%(n)s comments", n=n), "ar") == sentence


def test_a_message_inside_a_message_is_translated_and_counted():
    wait = say_n("%(n)s minute", "%(n)s minutes", n=2)
    message = say("You can vote again in %(wait)s.", wait=wait)
    assert i18n.told(message, "en") == "You can vote again in 2 minutes."
    assert i18n.told(message, "de") == "Abstimmen ist in 2 Minuten wieder möglich."
    assert i18n.told(message, "ar") == "يمكنك التصويت مجددًا بعد دقيقتين."


def test_what_has_no_catalogue_is_said_as_it_was_written():
    assert i18n.told(say("Nobody translates this: %(x)s.", x=1), "de") == (
        "Nobody translates this: 1."
    )
    assert i18n.told(say_n("%(n)s yak", "%(n)s yaks", n=1), "tlh") == "1 yak"


@pytest.mark.parametrize("tag", ["ar", "de", "en", "de-AT", "DE-at", "ar-Arab", "ar-001", "en-GB"])
def test_a_tag_of_a_language_we_speak_is_kept(tag):
    assert i18n.language_or(tag, "pl") == tag


@pytest.mark.parametrize(
    "tag",
    [
        None,
        "",
        "d",
        "tlh",
        "tlh-DE",
        "de_AT",
        "de-",
        "de-AT-x",
        "de-AT\n",
        "de-AT-DE",
        "comments",
        "../ar",
        "de-٣٣٣",
        "de" * 3000,
    ],
)
def test_any_other_tag_means_the_default(tag):
    assert i18n.language_or(tag, "pl") == "pl"


@pytest.mark.parametrize(
    ("language", "direction"), [("ar", "rtl"), ("AR-eg", "rtl"), ("de", "ltr"), ("arn", "ltr")]
)
def test_a_script_has_its_direction(language, direction):
    assert i18n.direction(language) == direction


def test_tags_made_up_by_strangers_make_no_catalogues():
    assert i18n.catalogue("de-AT") is i18n.catalogue("de-CH") is i18n.catalogue("DE")


def test_every_catalogue_can_be_asked_for():
    assert set(i18n.available()) == {"en", *(Path(source).stem for source in messages.languages())}
