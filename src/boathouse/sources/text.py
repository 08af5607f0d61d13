"""Text files: their encoding, and a UTF-8 copy where the engine needs one."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from boathouse.errors import SourceError, UsageError

_CHUNK = 1 << 20
_BOMS = [(codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")]
# what files come in; charset-normalizer left to itself takes short ones for the rarest of encodings
_CANDIDATES = ["cp1252", "mac_roman", "cp1250", "cp1251", "cp1253", "cp1254", "cp932", "gb18030", "big5", "euc_kr", "cp437",
               "cp850", "koi8_r"]  # fmt: skip
_TOO_FEW = 10  # characters, to tell encodings apart


def detect_encoding(file: Path) -> str:
    """UTF-8 where the whole file is that, or nearly; else what charset-normalizer takes it for, in doubt Windows-1252."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with file.open("rb") as raw:
        head = raw.read(_CHUNK)
        for mark, name in _BOMS:
            if head.startswith(mark):
                return name
        chunk = head
        while True:
            try:
                decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError:
                return _guess(chunk or head)
            if not chunk:
                return "utf-8"
            chunk = raw.read(_CHUNK)


def _guess(sample: bytes) -> str:
    """The encoding of bytes that are not all UTF-8."""
    decoded = sample.decode("utf-8", "surrogateescape")
    bad = len(re.findall("[\udc80-\udcff]", decoded))
    good = len(re.findall("[^\x00-\x7f\udc80-\udcff]", decoded))
    if good > 4 * bad:  # by chance, other text is hardly ever UTF-8 as well: a few bytes are broken
        return "utf-8"
    from charset_normalizer import from_bytes

    # only the lines with such bytes: thousands of plain ones say nothing of the encoding
    telling = b"\n".join([line for line in sample.splitlines() if not line.isascii()][:500])
    if good + bad < _TOO_FEW and _decodes(telling, "cp1252"):
        return "cp1252"
    found = from_bytes(telling, cp_isolation=_CANDIDATES)
    best = found.best()
    if best is None:
        return "latin-1"
    western = next((match for match in found if "cp1252" in match.could_be_from_charset), None)
    as_good = western and western.chaos <= best.chaos + 0.02 and western.coherence >= best.coherence - 0.2
    return "cp1252" if as_good else best.encoding.replace("_", "-")


def _decodes(sample: bytes, name: str) -> bool:
    try:
        sample.decode(name)
    except UnicodeDecodeError:
        return False
    return True


def check_encoding(name: str) -> str:
    """The encoding's usual name. Raises UsageError where Python knows none of this name."""
    try:
        "".encode(name)  # there are codecs that are no encodings, as `hex`
        return codecs.lookup(name).name
    except LookupError as error:
        raise UsageError(f"no encoding is called {name!r}", hint="utf-8, latin-1, cp1252, utf-16 …") from error


def as_utf8(file: Path, encoding: str) -> Path:
    """The file, or a UTF-8 copy beside it. Bytes that do not decode are copied as they are: the engine refuses the row."""
    name = check_encoding(encoding)
    if name in ("utf-8", "ascii"):
        return file
    target = file.with_name(f"{file.name}.utf8")
    if target.exists():
        return target
    decoder = codecs.getincrementaldecoder(name)("surrogateescape")
    partial = target.with_suffix(".partial")
    try:
        with file.open("rb") as raw, partial.open("wb") as out:
            while chunk := raw.read(_CHUNK):
                out.write(decoder.decode(chunk).encode("utf-8", "surrogateescape"))
            out.write(decoder.decode(b"", final=True).encode("utf-8", "surrogateescape"))
    except UnicodeError as error:
        raise SourceError(f"{file.name} is not {encoding}: {error}", hint="mend `encoding` in the pipeline") from error
    partial.rename(target)
    return target
