"""Text files: their encoding, and a UTF-8 copy where the engine needs one."""

from __future__ import annotations

import codecs
from pathlib import Path

from boathouse.errors import SourceError, UsageError

_CHUNK = 1 << 20
_BOMS = [(codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")]


def detect_encoding(file: Path) -> str:
    """UTF-8 where the whole file is that; else what charset-normalizer takes it for, else Windows-1252."""
    with file.open("rb") as raw:
        head = raw.read(1 << 18)
        for mark, name in _BOMS:
            if head.startswith(mark):
                return name
        decoder, chunk, offset = codecs.getincrementaldecoder("utf-8")(), head, 0
        while chunk:
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                return _guess(head, chunk[max(0, error.start - 50_000) : error.start + 50_000])
            offset, chunk = offset + len(chunk), raw.read(_CHUNK)
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return _guess(head, head)
    return "utf-8"


def _guess(head: bytes, around: bytes) -> str:
    from charset_normalizer import from_bytes

    best = from_bytes(around or head).best()
    name = best.encoding if best else "cp1252"
    if name in ("utf_8", "ascii", "latin_1", "iso8859_1"):  # Windows-1252 holds all that Latin-1 prints, and more
        name = "cp1252"
    try:
        around.decode(name)
    except (UnicodeDecodeError, LookupError):
        name = "latin-1"
    return name.replace("_", "-")


def check_encoding(name: str) -> str:
    """The encoding's usual name. Raises UsageError where Python knows none of this name."""
    try:
        return codecs.lookup(name).name
    except LookupError as error:
        raise UsageError(f"no encoding is called {name!r}", hint="utf-8, latin-1, cp1252, utf-16 …") from error


def as_utf8(file: Path, encoding: str, scratch: Path) -> Path:
    """The file, or a UTF-8 copy of it. Bytes that do not decode are copied as they are: the engine refuses the row."""
    name = check_encoding(encoding)
    if name in ("utf-8", "ascii"):
        return file
    target = scratch / f"{file.name}.utf8"
    if target.exists():
        return target
    decoder = codecs.getincrementaldecoder(name)("surrogateescape")
    target.parent.mkdir(parents=True, exist_ok=True)
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
