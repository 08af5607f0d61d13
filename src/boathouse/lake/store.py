"""A folder or a bucket, the same to everything above: obstore underneath, the storage options of Delta beside it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from boathouse.errors import LakeError, UsageError, first_line
from boathouse.secrets import fill

_SCHEMES = ("s3://", "az://", "abfss://", "gs://")


class Store:
    """Files by their path below a root. `root` is an absolute folder or a bucket URL, without a slash at its end."""

    def __init__(self, root: str, options: dict[str, str] | None = None):
        self.is_local = "://" not in root
        self.root = str(Path(root).resolve()) if self.is_local else root.rstrip("/")
        if not self.is_local and not root.startswith(_SCHEMES):
            raise UsageError(f"no lake can be kept at {root!r}", hint="use a folder, s3://, az:// or gs://")
        self.options = {key.lower(): fill(value) for key, value in (options or {}).items()}
        self._client: Any = None

    def url(self, path: str) -> str:
        """What Delta and the engine call this file or folder."""
        return f"{self.root}/{path}" if path else self.root

    def local(self, path: str) -> Path | None:
        """The file on this machine's disk, None where the lake is a bucket."""
        return Path(self.root, path) if self.is_local else None

    @property
    def delta_options(self) -> dict[str, str] | None:
        """Storage options for delta-rs; concurrent writers need the conditional put."""
        if self.is_local:
            return None
        conditional = {"aws_conditional_put": "etag"} if self.root.startswith("s3://") else {}
        return conditional | self.options

    @property
    def client(self) -> Any:
        """The obstore client."""
        if self._client is None:
            from obstore.store import LocalStore, from_url

            if self.is_local:
                self._client = LocalStore(self.root, mkdir=True)
            else:
                plain, client = _split_options(self.options)
                self._client = from_url(self.root, config=plain, client_options=client)  # type: ignore[call-overload]
        return self._client

    def filesystem(self) -> Any:
        """An fsspec filesystem for the engine to read this bucket through."""
        from obstore.fsspec import FsspecStore

        plain, client = _split_options(self.options)
        scheme: Any = self.root.split("://", 1)[0]
        return FsspecStore(scheme, config=plain, client_options=client)  # type: ignore[call-overload]

    def put(self, source: Path, path: str) -> None:
        """A finished file at `path`: a second name for it on the same disk, an upload to a bucket."""
        target = self.local(path)
        if target is None:
            self._try(path, lambda obstore: obstore.put(self.client, path, source))
            return
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(source, target)
            except FileExistsError:
                return
            except OSError:  # another disk, or one without links: a copy that appears whole
                partial = target.with_name(f".{target.name}.partial")
                shutil.copyfile(source, partial)
                partial.replace(target)
        except OSError as error:
            raise broken(str(target), error) from error

    def put_bytes(self, data: bytes, path: str) -> None:
        self._try(path, lambda obstore: obstore.put(self.client, path, data))

    def create(self, data: bytes, path: str) -> None:
        """A file that is not there yet, whole. Raises FileExistsError where somebody was first."""

        def put(obstore: Any) -> None:
            try:
                obstore.put(self.client, path, data, mode="create")
            except obstore.exceptions.AlreadyExistsError as error:
                raise FileExistsError(path) from error

        self._try(path, put)

    def read(self, path: str) -> bytes:
        return self._try(path, lambda obstore: bytes(obstore.get(self.client, path).bytes()))

    def read_json(self, path: str) -> Any:
        """Raises LakeError for a file that is damaged."""
        try:
            return json.loads(self.read(path))
        except ValueError as error:
            raise LakeError(
                "is damaged: not JSON", where=self.url(path), hint="restore it from a backup, or delete it"
            ) from error

    def fetch(self, path: str, target: Path) -> Path:
        """A copy of the file at `target`, on this machine; on the lake's own disk it is a second name for it."""
        target.parent.mkdir(parents=True, exist_ok=True)
        own = self.local(path)
        if own is not None:
            try:
                os.link(own, target)
            except OSError:
                shutil.copyfile(own, target)
            return target

        def download(obstore: Any) -> None:
            with target.open("wb") as out:
                for chunk in obstore.get(self.client, path).stream(8 << 20):
                    out.write(chunk)

        self._try(path, download)
        return target

    def folders(self, path: str) -> list[str]:
        """Names of the folders directly below `path`."""
        own = self.local(path)
        if own is not None:
            return sorted(entry.name for entry in os.scandir(own) if entry.is_dir()) if own.is_dir() else []
        listing = self._try(path, lambda obstore: obstore.list_with_delimiter(self.client, path))
        return sorted(prefix.rstrip("/").rsplit("/", 1)[-1] for prefix in listing["common_prefixes"])

    def files(self, path: str) -> Iterator[str]:
        """Paths of all files below `path`."""
        for chunk in self._try(path, lambda obstore: list(obstore.list(self.client, path))):
            yield from (entry["path"] for entry in chunk)

    def _try(self, path: str, action: Any) -> Any:
        import obstore

        try:
            return action(obstore)
        except (FileExistsError, FileNotFoundError):
            raise
        except Exception as error:
            raise broken(self.url(path), error) from error


def broken(place: str, error: Exception) -> LakeError:
    """A library's error about a file of the lake, as one of ours."""
    text = first_line(error)
    if "No space left" in str(error):
        return LakeError(f"the disk is full: {place} was not written", hint="free some space; nothing was published")
    return LakeError(f"{place}: {text}", hint="boathouse doctor")


def _split_options(options: dict[str, str]) -> tuple[dict[str, str], dict[str, Any]]:
    """obstore takes the connection's options apart from the bucket's."""
    client = {key.removeprefix("aws_"): True for key, value in options.items()
              if key in ("allow_http", "aws_allow_http") and value.lower() == "true"}  # fmt: skip
    if os.environ.get("AWS_ALLOW_HTTP", "").lower() == "true":
        client["allow_http"] = True
    plain = {key: value for key, value in options.items() if not key.endswith("allow_http")}
    plain.pop("aws_conditional_put", None)
    return plain, client
