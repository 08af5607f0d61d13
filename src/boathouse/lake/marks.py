"""A batch's mark: (item, content hash, rules hash) as a Delta application transaction and as the `_batch` of its rows."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True)
class Mark:
    """`identity` is 63 bits of the content's and the rules' hashes: what an application transaction can hold."""

    pipeline: str
    item: str
    identity: int

    @classmethod
    def make(cls, pipeline: str, item: str, content: str, rules: str) -> Mark:
        digest = hashlib.sha256(f"{content}\0{rules}".encode()).digest()
        return cls(pipeline, item, int.from_bytes(digest[:8], "big") >> 1)

    @classmethod
    def of_batch(cls, pipeline: str, item: str, batch: str) -> Mark:
        """The mark that a row's `_batch` speaks of."""
        return cls(pipeline, item, int(batch.rsplit("-", 1)[1], 16))

    @property
    def application(self) -> str:
        return f"boathouse:{self.pipeline}:{self.item}"

    @property
    def batch(self) -> str:
        """The `_batch` of its rows: which item, and which content under which rules."""
        return self.batch_of(self.identity)

    def shares_item(self, batch: str) -> bool:
        """Whether a row's `_batch` speaks of the same item, whatever its content."""
        return batch.partition("-")[0] == self.batch.partition("-")[0]

    def batch_of(self, identity: int) -> str:
        item = hashlib.sha256(self.application.encode()).hexdigest()[:12]
        return f"{item}-{identity:016x}"
