"""Words that a reader takes for what they say, which no evasion of a listed word is seen in.

``sit`` is not a shortened swearword, ``good`` not a god with one letter more, and *pen is* not
one word. The words are a file, read once, when the first list of words is compiled.
"""

from functools import cache, lru_cache
from importlib.resources import files

#: Names, places, and words younger or longer than those of the file.
_MORE = """
    a al ana ann ashen bok cain cod dae dan dana dane dat di dina dino dis ed eric essex et etc
    gif hai hal han hoa hui ian ing jap jon kim kok kun lan lao lin liz los mae min
    nan nam nic niger nigeria nigerian ola pam pat pia pic pics rae ray rex rio ron sam san
    shia shiitake sian sid sikh sim soc spar stan sue tia tim tina tit tom url uta vs wan wii
    blog blogs email emails online wifi app apps emoji google hashtag internet selfie website
    scunthorpe penistone clitheroe lightwater tis
    casio dido hmo nero tad lon hel moro ans tat hoo poon cody dori huck nori pau rik rob
    bbs brb btn btw cmd css csv ctrl dir dm dns dst eta faq fyi gps hmm hm hrs html http
    idk imho imo img irl ish lol min mins mmm mrs nth num omg pdf pfft pls plz ppl psst pst pwd rofl
    sec secs shh smth src sth str tbh thx tls tmp tsk usb vpn vs www xls xml yrs
"""

#: Small words of other languages that are written in Latin letters.
_ELSEWHERE = """
    a am an e he i in is it me no o so u
    aber abbiamo ai alla alle als also alt an ao aos arch arm as asi au auch auf aus aux avec av
    bei bien bin bis bon bom buen cada caso che chi ci co com come comme con cosa cui da dag dal
    dalla dan dans das dass de degli dei del della den denn der des det deux di die dir dit do
    doch dos du dun e een egli eh ein eine el ella elle em en entre er era es ese eso est esta este
    et eu fait fin foi fue fui fut geen già gli gut ha hab habe hai han has hat hay het hier hij hoe
    hun ich ihm ihn ihr il im ist ja je jij kan kein la las le lei les leur ley lo los lui ma
    mais mal man mar mas me mes met mi mich mir mis mit moi mon mucho muy na nada nas nein nel nem
    ni nicht niet noch nom non nos notre nous nu nur o ob oder og om on ont oog ook op os ou ov
    par pas pero peu plus por porque pour pra pro qua quand que qui quien rien sa san se sehr sei
    ser ses seu si sia sich sie sin sind sino sits só soi sois solo som son sono sont su sua sul
    sur sus ta tan te tes ti tia tien tipo toi ton tout tra tres tu tudo tus tutti um uma un una
    und une uno uns van vas ver vi via vie viel vom von vor vos votre vous war was wat weg wel wenn
    wer wie wij wir wo y ya yo za ze zo zu zum zur
"""


@cache
def _words() -> frozenset[str]:
    lines = files(__package__).joinpath("ordinary.txt").read_text("utf-8").splitlines()
    listed = " ".join(line for line in lines if not line.startswith("#"))
    return frozenset(f"{listed} {_MORE}".split())


@cache
def _foreign() -> frozenset[str]:
    return frozenset(_ELSEWHERE.split())


def is_ordinary(word: str) -> bool:
    """Is *word*, in small letters, one that people write and mean?"""
    return word in _words() or word in _foreign()


def are_words(pieces: list[str]) -> bool:
    """Are all of *pieces* English words, or all of other languages? ``hook er`` is neither."""
    return _words().issuperset(pieces) or _foreign().issuperset(pieces)


@lru_cache(4096)
def reads_as_words(letters: str) -> bool:
    """Can *letters* be parted into ordinary words? ``youare`` can, ``horpe`` cannot."""
    parted = {0}
    for end in range(1, len(letters) + 1):
        for start in range(max(0, end - _LONGEST), end):
            if start in parted and _stands_alone(letters[start:end]):
                parted.add(end)
                break
    return len(letters) in parted


#: The letters of the longest word of the file.
_LONGEST = 7


def _stands_alone(word: str) -> bool:
    return word in ("a", "i", "u", "r") if len(word) == 1 else is_ordinary(word)
