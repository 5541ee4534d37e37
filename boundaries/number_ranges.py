"""Numbers of buildings as an office writes them: ``1-12幢、15幢``."""

import re
from collections.abc import Iterable

# A whole number without leading zeros, and what follows it: nothing else can be counted on without loss.
_COUNTED = re.compile(r"(0|[1-9][0-9]{0,8})([^0-9].*)?", re.DOTALL)
_LIST = "、"


def number_ranges(numbers: Iterable[str]) -> str:
    """Join numbers, those that follow each other as a range.

    Parameters
    ----------
    numbers : iterable of str
        Such as ``1幢``, ``3号楼``, ``A1幢``, ``3幢1单元``; one that stands twice counts once.

    Returns
    -------
    str
        Ranges in ascending order, then what is no plain number (``A1幢``, ``3幢1单元``, ``01幢``) as it is.
    """
    counted: dict[str, set[int]] = {}
    others: set[str] = set()
    for number in numbers:
        match = _COUNTED.fullmatch(number)
        if match is None or re.search(r"[0-9]", match[2] or ""):
            others.add(number)
        else:
            counted.setdefault(match[2] or "", set()).add(int(match[1]))
    ranges = [(first, last, unit) for unit, found in counted.items() for first, last in _runs(sorted(found))]
    told = [f"{first}{unit}" if first == last else f"{first}-{last}{unit}" for first, last, unit in sorted(ranges)]
    return _LIST.join([*told, *sorted(others, key=_natural)])


def _runs(numbers: list[int]) -> Iterable[tuple[int, int]]:
    first = last = numbers[0]
    for number in numbers[1:]:
        if number != last + 1:
            yield first, last
            first = number
        last = number
    yield first, last


def _natural(text: str) -> list[tuple[int, int, str]]:
    """Key by which A2 comes before A10."""
    return [
        (0, int(piece), "") if piece.isascii() and piece.isdigit() else (1, 0, piece)
        for piece in re.split(r"([0-9]+)", text)
        if piece
    ]
