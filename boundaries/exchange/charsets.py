"""Which encoding a Chinese office's bytes are in, and whether a text came out garbled."""

import codecs
import re
from collections.abc import Iterable

import charset_normalizer

from boundaries.errors import BadInput

# What office programs of the region write when they do not write UTF-8.
_CANDIDATES = ["utf_8", "gb18030", "big5", "cp949", "euc_kr"]
# Korean bytes and short Chinese ones look alike: Chinese wins on a short or equally clean text.
_SHORT_BYTES = 200
_EQUALLY_CLEAN = 0.03
# Few characters can be valid UTF-8 by accident ("联通" in GBK is); many cannot.
_SURELY_UTF8 = 6
_NON_ASCII = re.compile(rb"[\x80-\xff]+")
# Second bytes of GBK and Big5 may be ASCII from 0x40 up, so a word ends only at marks below.
_WORD = re.compile(rb"[^\s,;\"\x00-\x2f]*[\x80-\xff][^\s,;\"\x00-\x2f]*")
_GARBLED = re.compile("[\u0080-\u00ff]{4,}|\ufffd|锟斤拷|[\ue000-\uf8ff]{2,}")


def is_utf8(data: bytes) -> bool:
    """Whether the bytes are valid UTF-8."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def is_wide(data: bytes) -> bool:
    """Whether bytes beyond ASCII come mostly in rows, as in Chinese, not singly, as in French."""
    runs = [len(run) for run in _NON_ASCII.findall(data)]
    return sum(length for length in runs if length > 1) * 2 > sum(runs)


def detect(data: bytes) -> str | None:
    """Find the encoding of undeclared bytes.

    Parameters
    ----------
    data : bytes
        The text, or all of a file that holds it among other bytes.

    Returns
    -------
    str or None
        A Python encoding name; None where none of the usual ones fits.
    """
    if is_utf8(data):
        return "utf-8"
    words = b" ".join(_WORD.findall(data)[:4000])
    found = charset_normalizer.from_bytes(words, cp_isolation=_CANDIDATES)
    best = found.best()
    if best is None:
        return "gb18030" if _decodes(words, "gb18030") else None
    for match in found:
        close = match.chaos - best.chaos <= _EQUALLY_CLEAN
        if match.encoding == "gb18030" and (
            close or (len(words) < _SHORT_BYTES and best.encoding in {"cp949", "euc_kr"})
        ):
            return "gb18030"
    return str(best.encoding)


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return False
    return True


def check_choice(data: bytes, encoding: str, file: str) -> None:
    """Refuse an encoding that cannot be the one of these bytes.

    Parameters
    ----------
    data : bytes
        The text's own bytes.
    encoding : str
        What the caller says.
    file : str
        Name for the message.

    Raises
    ------
    BadInput
        If the encoding is unknown, does not fit, or the bytes are plainly UTF-8.
    """
    try:
        codecs.lookup(encoding)
    except LookupError as error:
        raise BadInput(
            f"不认识编码“{encoding}”。请写 utf-8、gbk、big5 或 euc-kr。",
            f'Encoding "{encoding}" is not known. Give utf-8, gbk, big5 or euc-kr.',
        ) from error
    wide = len(_NON_ASCII.findall(data)) and sum(len(run) for run in _NON_ASCII.findall(data)) // 3 >= _SURELY_UTF8
    looks_utf8 = wide and is_utf8(data) and not encoding.lower().replace("_", "-").startswith("utf-8")
    if looks_utf8 or not _decodes(data, encoding):
        better = detect(data)
        advice_zh = (
            f"看起来是 {_spoken(better)},请写 --encoding {_spoken(better)}。"
            if better
            else "请用文本编辑器另存为 UTF-8。"
        )
        advice_en = (
            f"It looks like {_spoken(better)}: use --encoding {_spoken(better)}." if better else "Save it as UTF-8."
        )
        raise BadInput(
            f"{file}:不是 {encoding} 编码。{advice_zh}",
            f"{file}: the text is not {encoding}. {advice_en}",
        )


def _spoken(encoding: str | None) -> str:
    return {"gb18030": "gbk", "cp949": "euc-kr", "utf_8": "utf-8"}.get(encoding or "", encoding or "")


def decode(data: bytes, *, encoding: str | None, file: str) -> tuple[str, str]:
    """Turn bytes of a text file into text.

    Parameters
    ----------
    data : bytes
    encoding : str or None
        What the caller says; None detects it.
    file : str
        Name for messages.

    Returns
    -------
    text : str
    encoding : str
        The encoding used.

    Raises
    ------
    BadInput
        If the bytes are not text of the given, or of any usual, encoding.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16"), "utf-16"
    if data.startswith(b"\xef\xbb\xbf"):
        data = data[3:]
    if encoding is not None:
        check_choice(data, encoding, file)
        return data.decode(encoding), encoding
    found = detect(data)
    if found is None or not _decodes(data, found):
        raise BadInput(
            f"{file}:无法判断文字编码。请另存为 UTF-8,或写明 --encoding(如 gbk、big5)。",
            f"{file}: the text encoding cannot be told. Save it as UTF-8, or name it with --encoding (gbk, big5).",
        )
    return data.decode(found), found


def refuse_garbled(texts: Iterable[str | None], *, file: str) -> None:
    """Refuse text that was read, or once saved, in the wrong encoding.

    Parameters
    ----------
    texts : iterable of str or None
        Headers and cell values.
    file : str
        Name for the message.

    Raises
    ------
    BadInput
        If a text holds the marks of a wrong encoding.
    """
    for text in texts:
        if text is not None and not text.isascii() and _GARBLED.search(text):
            raise BadInput(
                f"{file}:文字是乱码(如“{text[:20]}”),编码不对。请写明 --encoding(常见为 gbk),"
                "或从原软件重新导出为 UTF-8。",
                f'{file}: the text is garbled (such as "{text[:20]}"), its encoding is wrong. Name it with --encoding '
                "(often gbk), or export again as UTF-8 from the program it came from.",
            )
