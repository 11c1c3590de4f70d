"""Numbers, and moments as numbers, as addresses and forms write them."""

from datetime import UTC, datetime, timedelta

#: What a database counts up to.
MOST_NUMBER = 2**63 - 1

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LAST_MOMENT = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND


def read_number(given: str, most: int = MOST_NUMBER) -> int | None:
    """The whole number that *given* writes, from 0 to *most*; ``None`` when it writes none.

    ``int()`` would take " 7 ", "1_0", "-1" and other alphabets' digits as well.
    """
    if not (given.isascii() and given.isdigit() and len(given) < 20):
        return None
    number = int(given)
    return number if number <= most else None


def moment_number(at: datetime) -> int:
    """A moment as microseconds since 1970."""
    return (at - _EPOCH) // _MICROSECOND


def read_moment(given: str) -> datetime | None:
    """The moment whose :func:`moment_number` *given* writes."""
    number = read_number(given, _LAST_MOMENT)
    return None if number is None else moment_of(number)


def moment_of(number: int) -> datetime:
    return _EPOCH + number * _MICROSECOND
