"""An item lands as what its source gives, byte by byte, whatever stream it comes in."""

from __future__ import annotations

import gzip
import hashlib
import io
from pathlib import Path

from boathouse.ingest.land import _copy

BYTES = b"id,amount\n1,2\n" * 1000


def test_a_file_and_a_stream_land_alike(tmp_path: Path):
    packed, plain = tmp_path / "a.csv.gz", tmp_path / "a.csv"
    packed.write_bytes(gzip.compress(BYTES))
    plain.write_bytes(BYTES)
    streams = [io.BytesIO(BYTES), io.BufferedReader(gzip.GzipFile(packed)), plain.open("rb")]
    for n, stream in enumerate(streams):
        with stream:
            assert _copy(stream, tmp_path / "landed" / str(n)) == hashlib.sha256(BYTES).hexdigest()
        assert (tmp_path / "landed" / str(n)).read_bytes() == BYTES


def test_what_was_read_already_does_not_land(tmp_path: Path):
    (tmp_path / "a.csv").write_bytes(b"preamble\n" + BYTES)
    with (tmp_path / "a.csv").open("rb") as stream:
        stream.readline()
        _copy(stream, tmp_path / "landed")
    assert (tmp_path / "landed").read_bytes() == BYTES
