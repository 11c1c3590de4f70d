"""Letters of other alphabets, and signs, that pass for letters."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

# Each line pairs letters with the Latin letters they pass for in common fonts. Ours, kept to
# what is a look-alike: leet (3 for e) reads as what it means but does not look like it.
# Upper and lower case stand apart, for Greek Η passes for H and η for n.


def _pairs(letters: str, latin: str) -> dict[str, str]:
    return dict(zip(letters.replace(" ", ""), latin.split(), strict=True))


_CYRILLIC = _pairs(
    "а в е ё з і ї ј к м н о р с т у х ѕ һ ԁ ԛ ԝ ѵ ѡ ӏ ь г п ү ғ ҽ",
    "a b e e 3 i i j k m h o p c t y x s h d q w v w l b r n y f e",
) | _pairs(
    "А В Е Ё З І Ї Ј К М Н О Р С Т У Х Ѕ Һ Ԁ Ԛ Ԝ Ѵ Ӏ Ь Ү Ғ",
    "a b e e 3 i i j k m h o p c t y x s h d q w v l b y f",
)
_GREEK = _pairs(
    "α β γ ε η ι κ ν ο ρ σ τ υ χ ω ϲ ϳ μ", "a b y e n i k v o p o t u x w c j u"
) | _pairs("Α Β Ε Ζ Η Ι Κ Μ Ν Ο Ρ Τ Υ Χ Ϲ", "a b e z h i k m n o p t y x c")
_ARMENIAN = _pairs("օ ո ս հ ց զ ա լ յ Օ Տ Ս Լ", "o n u h g q w l j o s u l")
_CHEROKEE = _pairs("Ꭺ Ᏼ Ꮯ Ꭰ Ꭼ Ꮐ Ꮋ Ꭻ Ꮶ Ꮮ Ꮇ Ꮲ Ꮢ Ꮪ Ꭲ Ꮩ Ꮃ Ꮓ", "a b c d e g h j k l m p r s t v w z")
_LATIN = _pairs(
    "ɑ ɡ ı ɩ ɪ ʏ ᴀ ʙ ᴄ ᴅ ᴇ ꜰ ɢ ʜ ᴊ ᴋ ʟ ᴍ ɴ ᴏ ᴘ ʀ ꜱ ᴛ ᴜ ᴠ ᴡ ᴢ ø đ ł ħ ŧ ƅ ƚ ɛ ɵ ʋ ʌ ǀ ӕ æ œ",
    "a g i i i y a b c d e f g h j k l m n o p r s t u v w z o d l h t b l e o v v l ae ae oe",
) | _pairs("Ø Đ Ł Ħ Ŧ Æ Œ İ", "o d l h t ae oe i")
_SIGNS = _pairs("@ $ € ¢ | ! ¡ † ∂ ∅", "a s e c l i i t d o")
# Letters in black circles and squares, and the two halves of a country's flag.
_BOXED = {
    chr(first + offset): chr(ord("a") + offset)
    for first in (0x1F150, 0x1F170, 0x1F1E6)
    for offset in range(26)
}

#: A table for ``str.translate``: letters and signs that pass for Latin letters, as those.
LOOKS_LIKE = str.maketrans(_CYRILLIC | _GREEK | _ARMENIAN | _CHEROKEE | _LATIN | _SIGNS | _BOXED)

# ── as readers of a comment take them ────────────────────────────────────────────────────────
# For a name these would be too far-fetched; in the middle of a word they are read all the same.

_LOOSE = _pairs(
    "и й п ц ш щ я ђ ћ љ њ џ д л ф ы ҝ қ ң ҫ ҳ ҹ э є ґ τ π λ θ δ ς ξ ζ ψ φ",
    "u u n u w w r h h b b u d n o bl k k n c x y e e r t n a o d s e z w o",
) | _pairs(
    "ʇ ɐ ǝ ɥ ɯ ɹ ʎ ɔ ƃ ɟ ʞ ɓ ɗ ʂ ƒ ß ʃ ɾ ɲ ŋ ʐ ɦ © ® £ ¥ µ × Λ Σ Π Δ Ω И Я Ц Ш",
    "t a e h m r y c g f k b d s f b s r n n z h c r l y u x a e n a o n r u w",
)

# Typed for letters (leetspeak), the likeliest first. They are signs or figures too.
_LEET = _pairs("0 2 3 4 5 6 7 8 9 @ $ + ( < { € ¡ ¢ †", "o z e a s gb t b gq a s t c c c e i c t")
_LEET |= dict.fromkeys("1!|", "il")
_LEET_CYRILLIC = {"0": "о", "3": "зе", "4": "ч", "6": "б", "@": "а"}

_TO_CYRILLIC = _pairs(
    "a b c e h i k m n o p r t u w x y", "а в с е н і к м п о р г т и ш х у"
) | _pairs("ё й α ο ρ ѕ", "е и а о р с")
_TO_GREEK = _pairs("a b e h i k m n o p t u v w x y z ς", "α β ε η ι κ μ ν ο ρ τ υ ν ω χ υ ζ σ")


@dataclass(frozen=True, slots=True)
class Alphabet:
    """The letters that a word is written in, and what else passes for them."""

    #: One of its letters; ``None`` for all that share no look-alikes with another.
    letter: re.Pattern[str] | None
    #: Other letters (small ones, and capitals that look different) to those they pass for.
    passes_for: Mapping[str, str]
    #: Signs and figures to the letters they may be typed for.
    leet: Mapping[str, str]
    #: Letters to one of those that they are not told apart from, and letters to what else they
    #: may be (a capital I stands for itself here).
    alike: Mapping[str, str]
    blurred: Mapping[str, str]
    #: Letters of it that no common language uses: they stand there for what they look like.
    strange: re.Pattern[str]


_NEVER = re.compile(r"(?!)")
LATIN = Alphabet(
    re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff]"),
    {chr(code): latin for code, latin in LOOKS_LIKE.items()} | _LOOSE,
    _LEET,
    {"i": "l", "v": "u"},
    {"l": "i", "I": "il", "v": "u"},
    _NEVER,
)
CYRILLIC = Alphabet(
    re.compile("[\u0400-\u052f]"),
    _TO_CYRILLIC,
    _LEET_CYRILLIC,
    {},
    {},
    re.compile("[\u0460-\u052fѕЅјЈ]"),
)
GREEK = Alphabet(
    re.compile("[\u0370-\u03ff\u1f00-\u1fff]"), _TO_GREEK, {}, {}, {}, re.compile("[ϲϳϹ]")
)
OTHER = Alphabet(None, {}, {}, {}, {}, _NEVER)
#: Every alphabet that passes for another.
ALPHABETS = (LATIN, CYRILLIC, GREEK)


def alphabet_of(word: str) -> Alphabet:
    """The alphabet that *word* is meant in: Latin as soon as one letter of it is."""
    for alphabet in ALPHABETS:
        if alphabet.letter and alphabet.letter.search(word):
            return alphabet
    return OTHER
