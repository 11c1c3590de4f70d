"""Articles that somebody edits, word by word, so that it stays known where each word went.

An :class:`Article` is cut into pieces: words, and the signs between them. A piece keeps its
number (``origin``) wherever it is moved to, and while most of its letters stay.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from random import Random

_SENTENCE = re.compile(r"(?<=[.!?])[\"'”’)]*\s+(?=[\"'“‘(]?[A-Z])")
_PIECE = re.compile(r"[^\W_]+|\s+|[\W_]")

NEW = -1


@dataclass(frozen=True, slots=True)
class Piece:
    text: str
    origin: int = NEW

    @property
    def is_word(self) -> bool:
        return self.text[0].isalnum()


Sentence = list[Piece]
Paragraph = list[Sentence]


@dataclass
class Article:
    paragraphs: list[Paragraph]
    #: What the whole text is put through when it is written down; keeps each character's place.
    signs: dict[str, str] = field(default_factory=dict)
    blank: str = " "

    def copy(self) -> "Article":
        return deepcopy(self)

    def placed(self) -> Iterator[tuple[int, int, Piece]]:
        """(start, end, piece) in the article's text."""
        place = 0
        for piece in self._pieces():
            text = self.written(piece)
            yield place, place + len(text), piece
            place += len(text)

    @property
    def lines(self) -> list[str]:
        """The text of each paragraph."""
        alone = (Article([paragraph], self.signs, self.blank) for paragraph in self.paragraphs)
        return [article.text for article in alone]

    @property
    def text(self) -> str:
        return "".join(map(self.written, self._pieces()))

    def written(self, piece: Piece) -> str:
        if piece.text == " ":
            return self.blank
        return "".join(self.signs.get(sign, sign) for sign in piece.text)

    def _pieces(self) -> Iterator[Piece]:
        for number, paragraph in enumerate(self.paragraphs):
            if number:
                yield Piece("\n")
            for place, sentence in enumerate(paragraph):
                if place:
                    yield Piece(" ")
                yield from sentence


def read(text: str) -> Article:
    """*text* in pieces; a line is a paragraph."""
    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    article = Article([[_cut(sentence) for sentence in _sentences(line)] for line in lines])
    return numbered(article)


def numbered(article: Article) -> Article:
    """*article* as it is to be told from its edits: every piece gets a number of its own."""
    number = 0
    for paragraph in article.paragraphs:
        for place, sentence in enumerate(paragraph):
            paragraph[place] = [
                Piece(piece.text, number + step) for step, piece in enumerate(sentence)
            ]
            number += len(sentence)
    return article


def _sentences(line: str) -> list[str]:
    cuts = [0, *(found.end() for found in _SENTENCE.finditer(line)), len(line)]
    return [line[start:end].strip() for start, end in pairwise(cuts)]


def _cut(sentence: str) -> Sentence:
    return [Piece(text) for text in _PIECE.findall(sentence)]


# ── one edit ─────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Editor:
    """Somebody who edits, and takes what they write anew from *other* texts."""

    rng: Random
    other: Sequence[Sentence]
    vocabulary: Sequence[str]

    @classmethod
    def reading(cls, other: Article, rng: Random) -> "Editor":
        sentences = [sentence for paragraph in other.paragraphs for sentence in paragraph]
        words = [piece.text for sentence in sentences for piece in sentence if piece.is_word]
        return cls(rng, sentences, words)

    def sentence(self) -> Sentence:
        return [Piece(piece.text) for piece in self.rng.choice(self.other)]

    def word(self) -> Piece:
        return Piece(self.rng.choice(self.vocabulary))

    def paragraph(self, article: Article) -> Paragraph:
        return self.rng.choice(article.paragraphs)

    def where(self, article: Article) -> tuple[Paragraph, int]:
        """A sentence: its paragraph and its place in there, each as likely as any other."""
        sizes = list(map(len, article.paragraphs))
        paragraph = self.rng.choices(article.paragraphs, sizes)[0]
        return paragraph, self.rng.randrange(len(paragraph))

    def words(self, article: Article) -> tuple[Sentence, list[int]]:
        """A sentence, and the places of its words."""
        for _ in range(100):
            paragraph, place = self.where(article)
            sentence = paragraph[place]
            places = [number for number, piece in enumerate(sentence) if piece.is_word]
            if places:
                return sentence, places
        raise ValueError("an article without words")


def mend(article: Article, editor: Editor) -> None:
    """A typo mended, or made: one letter of a word."""
    rng = editor.rng
    sentence, places = editor.words(article)
    place = rng.choice(places)
    piece = sentence[place]
    at = rng.randrange(len(piece.text))
    letter = rng.choice("etaoinshrdlu")
    left, right = piece.text[:at], piece.text[at + 1 :]
    changed = rng.choice((left + letter + right, left + letter + piece.text[at:], left + right))
    if changed:
        sentence[place] = _same(piece, changed)


def replace(article: Article, editor: Editor) -> None:
    sentence, places = editor.words(article)
    place = editor.rng.choice(places)
    sentence[place] = _same(sentence[place], editor.word().text)


def _same(piece: Piece, text: str) -> Piece:
    """*piece* written otherwise: still that word while at most two fifths of it change."""
    same = distance(piece.text.lower(), text.lower()) <= 0.4 * len(piece.text)
    return Piece(text, piece.origin if same else NEW)


def distance(one: str, two: str) -> int:
    """How many letters have to be put in, taken out or changed."""
    above = list(range(len(two) + 1))
    for row, letter in enumerate(one, 1):
        line = [row]
        for column, other in enumerate(two, 1):
            line.append(min(above[column] + 1, line[-1] + 1, above[column - 1] + (letter != other)))
        above = line
    return above[-1]


def insert_words(article: Article, editor: Editor) -> None:
    sentence, places = editor.words(article)
    place = editor.rng.choice(places)
    for _ in range(editor.rng.randint(1, 3)):
        sentence[place:place] = [editor.word(), Piece(" ")]


def delete_words(article: Article, editor: Editor) -> None:
    sentence, places = editor.words(article)
    if len(places) > 4:
        first = editor.rng.randrange(len(places) - 3)
        del sentence[places[first] : places[first + editor.rng.randint(1, 3)]]


def move_within(article: Article, editor: Editor) -> None:
    for _ in range(20):
        paragraph, place = editor.where(article)
        if len(paragraph) > 1:
            sentence = paragraph.pop(place)
            paragraph.insert(editor.rng.randint(0, len(paragraph)), sentence)
            return


def move_away(article: Article, editor: Editor) -> None:
    sentence = _take(article, editor)
    paragraph = editor.paragraph(article)
    paragraph.insert(editor.rng.randint(0, len(paragraph)), sentence)


def insert_sentence(article: Article, editor: Editor) -> None:
    paragraph, place = editor.where(article)
    paragraph.insert(place, editor.sentence())


def delete_sentence(article: Article, editor: Editor) -> None:
    _take(article, editor)


def _take(article: Article, editor: Editor) -> Sentence:
    """A sentence out of its paragraph, which goes too if it was the only one."""
    paragraph, place = editor.where(article)
    sentence = paragraph.pop(place)
    if not paragraph and len(article.paragraphs) > 1:
        article.paragraphs.remove(paragraph)
    return sentence


def rewrite_sentence(article: Article, editor: Editor) -> None:
    paragraph, place = editor.where(article)
    paragraph[place] = _rewritten(paragraph[place], editor)


def rewrite_paragraph(article: Article, editor: Editor) -> None:
    paragraph = editor.paragraph(article)
    paragraph[:] = [_rewritten(sentence, editor) for sentence in paragraph]


def _rewritten(sentence: Sentence, editor: Editor) -> Sentence:
    """Said in other words: few of them stay, and not in each other's company."""
    share = editor.rng.uniform(0.6, 1)
    return [
        _same(piece, editor.word().text)
        if piece.is_word and editor.rng.random() < share
        else Piece(piece.text, piece.origin if piece.is_word else NEW)
        for piece in sentence
    ]


def insert_paragraph(article: Article, editor: Editor) -> None:
    place = editor.rng.randint(0, len(article.paragraphs))
    count = editor.rng.randint(1, 6)
    article.paragraphs.insert(place, [editor.sentence() for _ in range(count)])


def delete_paragraph(article: Article, editor: Editor) -> None:
    if len(article.paragraphs) > 1:
        article.paragraphs.pop(editor.rng.randrange(len(article.paragraphs)))


def move_paragraph(article: Article, editor: Editor) -> None:
    paragraph = article.paragraphs.pop(editor.rng.randrange(len(article.paragraphs)))
    article.paragraphs.insert(editor.rng.randint(0, len(article.paragraphs)), paragraph)


def duplicate_paragraph(article: Article, editor: Editor) -> None:
    """Pasted a second time; a passage may then be said to be in either."""
    copied = [list(sentence) for sentence in editor.paragraph(article)]
    article.paragraphs.insert(editor.rng.randint(0, len(article.paragraphs)), copied)


def split_paragraph(article: Article, editor: Editor) -> None:
    place = editor.rng.randrange(len(article.paragraphs))
    paragraph = article.paragraphs[place]
    if len(paragraph) > 1:
        cut = editor.rng.randrange(1, len(paragraph))
        article.paragraphs[place : place + 1] = [paragraph[:cut], paragraph[cut:]]


def join_paragraphs(article: Article, editor: Editor) -> None:
    if len(article.paragraphs) > 1:
        place = editor.rng.randrange(len(article.paragraphs) - 1)
        article.paragraphs[place] += article.paragraphs.pop(place + 1)


def set_type(article: Article, editor: Editor) -> None:
    """Other quotation marks, dashes and blanks in the whole article."""
    signs = [{'"': "“", "'": "’", "-": "–"}, {"“": '"', "”": '"', "’": "'", "—": "--"}]
    article.signs = editor.rng.choice(signs)
    article.blank = editor.rng.choice((" ", "  ", "\u00a0", "\n   "))


Edit = Callable[[Article, Editor], None]

#: By what a table calls it.
KINDS: dict[str, Edit] = {
    "a typo mended": mend,
    "a word replaced": replace,
    "words inserted": insert_words,
    "words deleted": delete_words,
    "a sentence moved in its paragraph": move_within,
    "a sentence moved elsewhere": move_away,
    "a sentence inserted": insert_sentence,
    "a sentence deleted": delete_sentence,
    "a sentence rewritten": rewrite_sentence,
    "a paragraph inserted": insert_paragraph,
    "a paragraph deleted": delete_paragraph,
    "a paragraph moved": move_paragraph,
    "a paragraph rewritten": rewrite_paragraph,
    "a paragraph pasted twice": duplicate_paragraph,
    "a paragraph split": split_paragraph,
    "two paragraphs joined": join_paragraphs,
    "quotes, dashes and blanks": set_type,
}
# How often each is met where edits are mixed: a text is mended more often than turned over.
_OFTEN = dict.fromkeys(("a typo mended", "a word replaced"), 5) | dict.fromkeys(
    ("words inserted", "words deleted"), 3
)


def mixed(article: Article, editor: Editor, count: int) -> Article:
    """*article* after *count* edits of all kinds."""
    edited = article.copy()
    names = list(KINDS)
    for name in editor.rng.choices(names, [_OFTEN.get(name, 1) for name in names], k=count):
        KINDS[name](edited, editor)
    return edited


def same(article: Article, editor: Editor, kind: str, count: int) -> Article:
    """*article* after *count* edits of one *kind*."""
    edited = article.copy()
    for _ in range(count):
        KINDS[kind](edited, editor)
    return edited


#: Characters from the end of a paragraph to that of its twin's paragraph, at least.
_FAR = 1_000


def twins(article: Article, editor: Editor, count: int) -> tuple[Article, Article]:
    """*article* with *count* sentences twice, the second time a little changed; and without those.

    What is left of each is its twin, some way off, with 15 to 30 % of the words others: the trap
    for whoever takes what looks alike.
    """
    doubled = article.copy()
    doomed = []
    for _ in range(count):
        paragraph, place = editor.where(doubled)
        sentence = paragraph[place]
        if sum(piece.is_word for piece in sentence) >= 4 and not _is_in(sentence, doomed):
            doomed.append(sentence)
            target = _elsewhere(doubled, paragraph, editor)
            target.insert(editor.rng.randint(0, len(target)), _twin(sentence, editor))
    places = [[_is_in(sentence, doomed) for sentence in part] for part in doubled.paragraphs]
    numbered(doubled)
    left = doubled.copy()
    left.paragraphs = [
        kept
        for part, gone in zip(left.paragraphs, places, strict=True)
        if (kept := [sentence for sentence, is_gone in zip(part, gone, strict=True) if not is_gone])
    ]
    return doubled, left


def _elsewhere(article: Article, paragraph: Paragraph, editor: Editor) -> Paragraph:
    """A paragraph that is not near *paragraph*, where the article has one."""
    places = dict(
        zip(map(id, article.paragraphs), accumulate(map(len, article.lines)), strict=True)
    )
    here = places[id(paragraph)]
    far = [other for other in article.paragraphs if abs(places[id(other)] - here) >= _FAR]
    return editor.rng.choice(far or article.paragraphs)


def _is_in(sentence: Sentence, sentences: Sequence[Sentence]) -> bool:
    return any(other is sentence for other in sentences)


def _twin(sentence: Sentence, editor: Editor) -> Sentence:
    words = [place for place, piece in enumerate(sentence) if piece.is_word]
    count = max(1, round(editor.rng.uniform(0.15, 0.3) * len(words)))
    twin = list(sentence)
    for place in editor.rng.sample(words, count):
        twin[place] = editor.word()
    return twin
