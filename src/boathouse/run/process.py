"""A run as a process of its own: it tells how it goes on, and can be stopped. `python -m boathouse.run.process` is its inside."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from boathouse.progress import Event

_ENDS = 3.0  # seconds that a stopped run has to end what it runs; killed, its kernels notice and end as well


class RunProcess:
    """Pipelines of a workbench under way. What is stopped has published whole batches or none, and the next run completes it."""

    def __init__(self, root: Path, names: tuple[str, ...], environment: str | None = None, **options: Any):
        """`options` are those of the workbench's `run`."""
        asked = {"root": str(root), "environment": environment, "names": names, "options": options}
        self.records: list[dict[str, Any]] = []
        self.error: str | None = None
        self.stopped = False
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the process
        self._process = subprocess.Popen(
            [sys.executable, "-m", "boathouse.run.process", json.dumps(asked)], stdout=subprocess.PIPE, stderr=self._said,
            stdin=subprocess.DEVNULL, text=True, encoding="utf-8", start_new_session=True,
        )  # fmt: skip

    def events(self) -> Iterator[tuple[str, Event]]:
        """(pipeline, event) as they come, until the run's end; then `records` or an `error` is there."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with contextlib.suppress(ValueError):
                said = json.loads(line)
                if "event" in said:
                    yield said["pipeline"], Event(**said["event"])
                self.records = said.get("runs", self.records)
                self.error = said.get("error", self.error)
        self._process.wait()
        if not self.records and self.error is None:
            self.error = "the run was stopped" if self.stopped else self._died()
        self._said.close()

    def _died(self) -> str:
        from boathouse.secrets import scrub

        self._said.seek(0)
        last = self._said.read().decode(errors="replace").strip()[-500:]
        return scrub(f"the run's process died: run it again, nothing is half written{f' ({last})' if last else ''}")

    def wait(self) -> None:
        """Waits until one that was told to stop has ended."""
        try:
            self._process.wait(_ENDS)
        except subprocess.TimeoutExpired:
            self._process.kill()

    def stop(self) -> None:
        """Ends it: an interrupt first, as Ctrl-C is one."""
        self.stopped = True
        if self._process.poll() is not None:
            return
        if os.name == "posix":
            self._process.send_signal(signal.SIGINT)
        else:
            self._process.terminate()
        killing = threading.Timer(_ENDS, self._process.kill)
        killing.daemon = True
        killing.start()


def _main(asked: dict[str, Any]) -> None:
    from boathouse.errors import BoathouseError, first_line
    from boathouse.secrets import scrub
    from boathouse.workbench import Workbench

    lock = threading.Lock()

    def say(what: dict[str, Any]) -> None:
        with lock, contextlib.suppress(OSError):  # nobody listens any more: the run goes on to its end
            sys.stdout.write(json.dumps(what, default=str) + "\n")
            sys.stdout.flush()

    try:
        wb = Workbench(asked["root"], environment=asked["environment"])
        records = wb.run(
            *asked["names"], **asked["options"], report=lambda name, event: say({"pipeline": name, "event": asdict(event)})
        )
        say({"runs": [record.to_json() for record in records]})
    except BoathouseError as error:
        say({"error": scrub(error.render())})
    except Exception as error:  # whatever it is, whoever watches is told
        say({"error": scrub(f"something went wrong here: {type(error).__name__}: {first_line(error)}")})
    except KeyboardInterrupt:
        say({"error": "stopped: nothing is half written"})


if __name__ == "__main__":
    _main(json.loads(sys.argv[1]))
    os._exit(0)  # threads of native libraries now and then abort an orderly end
