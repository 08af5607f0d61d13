"""gz, bz2, xz, zst and zip, unpacked with their checksums verified, so that a cut-off file is an error and not a short one."""

from __future__ import annotations

import bz2
import errno
import gzip
import lzma
import shutil
import zipfile
import zlib
from pathlib import Path
from typing import Any

from boathouse.errors import SourceError

SUFFIXES = (".gz", ".bz2", ".zst", ".zip", ".xz")
# what a packed file begins with: names lie, a table.csv can be packed and a table.csv.gz plain
_MAGIC = {
    b"\x1f\x8b": "gz",
    b"BZh": "bz2",
    b"\xfd7zXZ\0": "xz",
    b"\x28\xb5\x2f\xfd": "zst",
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
}
_CHUNK = 1 << 20
_DAMAGED = (EOFError, zlib.error, zipfile.BadZipFile, lzma.LZMAError, ValueError, OSError, RuntimeError, NotImplementedError)


def unpacked(file: Path) -> Path:
    """The file itself, or what it holds, unpacked beside it. Raises SourceError for a damaged file."""
    with file.open("rb") as raw:
        head = raw.read(8)
    kind = next((kind for magic, kind in _MAGIC.items() if head.startswith(magic)), None)
    if kind is None:
        return file
    target = file.with_name(f"{file.name}.unpacked")
    if target.exists():
        return target
    partial = target.with_suffix(".partial")
    try:
        with _reader(file, kind) as packed, partial.open("wb") as out:
            shutil.copyfileobj(packed, out, _CHUNK)
    except _DAMAGED as error:
        if getattr(error, "errno", None) == errno.ENOSPC:
            raise
        raise SourceError(f"{file.name} is damaged or cut off: {error}", hint="fetch the file again") from error
    partial.rename(target)
    return target


def _reader(file: Path, kind: str) -> Any:
    if kind == "zip":
        return _single_member(file)
    if kind == "zst":
        return _zstd(file)
    return {"gz": gzip, "bz2": bz2, "xz": lzma}[kind].open(file, "rb")


def _single_member(file: Path) -> Any:
    archive = zipfile.ZipFile(file)
    members = [info for info in archive.infolist() if not info.is_dir() and not info.filename.startswith("__MACOSX")]
    if len(members) != 1:
        names = ", ".join(info.filename for info in members[:5])
        raise SourceError(f"{file.name} holds {len(members)} files ({names})", hint="unpack it and use a glob")
    return archive.open(members[0])


def _zstd(file: Path) -> Any:
    import pyarrow as pa

    return pa.CompressedInputStream(pa.OSFile(str(file)), "zstd")
