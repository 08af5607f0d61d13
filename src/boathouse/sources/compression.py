"""gz, bz2, zst and zip, unpacked with their checksums verified, so that a cut-off file is an error and not a short one."""

from __future__ import annotations

import bz2
import gzip
import lzma
import shutil
import zipfile
import zlib
from pathlib import Path
from typing import Any

from boathouse.errors import SourceError

SUFFIXES = (".gz", ".bz2", ".zst", ".zip", ".xz")
_CHUNK = 1 << 20


def unpacked(file: Path, scratch: Path) -> Path:
    """The file itself, or what it holds, unpacked into `scratch`. Raises SourceError for a damaged file."""
    kind = file.suffix.lower()
    if kind not in SUFFIXES:
        return file
    target = scratch / f"{file.name}.unpacked"
    if target.exists():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".partial")
    try:
        with _reader(file, kind) as packed, partial.open("wb") as out:
            shutil.copyfileobj(packed, out, _CHUNK)
    except (EOFError, zlib.error, zipfile.BadZipFile, lzma.LZMAError, gzip.BadGzipFile, ValueError, OSError) as error:
        if getattr(error, "errno", None) == 28:
            raise
        raise SourceError(f"{file.name} is damaged or cut off: {error}", hint="fetch the file again") from error
    partial.rename(target)
    return target


def _reader(file: Path, kind: str) -> Any:
    if kind == ".zip":
        return _single_member(file)
    if kind == ".zst":
        return _zstd(file)
    return {".gz": gzip, ".bz2": bz2, ".xz": lzma}[kind].open(file, "rb")


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
