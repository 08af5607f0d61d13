"""Runs pipelines: each by its notebook, several at once, and never one of them without a record."""

from __future__ import annotations

import json
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boathouse import clock, secrets
from boathouse.config import Pipeline
from boathouse.errors import BoathouseError, UsageError, first_line
from boathouse.ingest import inbox
from boathouse.lake import records
from boathouse.lake.records import RunRecord
from boathouse.progress import RESULT_MIME, Event, Reporter

if TYPE_CHECKING:
    from boathouse.run.warm import WarmKernels
    from boathouse.workbench import Workbench

Report = Callable[[str, Event], None]


@dataclass(frozen=True)
class RunOptions:
    """What a run is asked for, as the notebook's parameters have it."""

    day: date
    again: bool = False
    check: bool = False
    limit: int | None = None
    debug: bool = False


class Runner:
    """Executes notebooks for a workbench."""

    def __init__(self, workbench: Workbench, report: Report | None = None):
        self.workbench, self.report = workbench, report or (lambda pipeline, event: None)
        self._first = threading.Lock()
        self._alone = True

    def run(self, pipelines: Iterable[Pipeline], options: RunOptions) -> list[RunRecord]:
        """The pipelines' records, in their order. One that fails does not stop the others."""
        wanted = list(pipelines)
        self._alone = len(wanted) == 1  # then a wrong configuration is the command's error, not one record of many
        workers = self.workbench.config.limits.workers or _cores()
        with _warm_kernels(len(wanted) > 1) as warm, ThreadPoolExecutor(min(workers, len(wanted)) or 1) as pool:
            futures = [pool.submit(self._one, pipeline, options, warm) for pipeline in wanted]
            try:
                return [future.result() for future in futures]
            except BaseException:
                for future in futures:
                    future.cancel()
                if warm is not None:
                    warm.stop()  # or the pool would wait for the notebooks to end by themselves
                raise

    def _one(self, pipeline: Pipeline, options: RunOptions, warm: WarmKernels | None) -> RunRecord:
        began = clock.now(self.workbench.tz).astimezone(UTC)
        run_id = f"{began:%Y%m%dT%H%M%S}-{pipeline.name}-{uuid.uuid4().hex[:8]}"
        clocked = time.perf_counter()
        try:
            return self._execute(pipeline, options, run_id, warm, lambda event: self.report(pipeline.name, event))
        except Exception as error:
            text = error.render() if isinstance(error, BoathouseError) else f"{type(error).__name__}: {first_line(error)}"
            record = RunRecord(run_id, pipeline.name, pipeline.dataset_name, began, "failed", time.perf_counter() - clocked)
            record.error = secrets.scrub(text)
            record.notebook = self._notebook_path(options, run_id) if getattr(error, "saved", False) else None
            if not options.check:
                records.append(self.workbench.lake, record)
            if self._alone and isinstance(error, UsageError):
                raise
            return record

    def _notebook_path(self, options: RunOptions, run_id: str) -> str:
        return self.workbench.lake.run_path("notebooks", options.day, f"{run_id}.ipynb")

    def _execute(self, pipeline: Pipeline, options: RunOptions, run_id: str, warm: Any, report: Reporter) -> RunRecord:
        template = self.workbench.root / "notebooks" / pipeline.notebook
        if not template.is_file():
            raise UsageError(
                f"no notebook {template}", where=str(pipeline.path), hint="boathouse init adds notebooks/ingest.ipynb"
            )
        parameters = {
            "workbench": str(self.workbench.root), "environment": self.workbench.environment, "pipeline": pipeline.name,
            "date": options.day.isoformat(), "again": options.again, "check": options.check, "limit": options.limit,
            "run_id": run_id,
        }  # fmt: skip
        with tempfile.TemporaryDirectory(prefix="boathouse-run-") as folder:
            executed = Path(folder, f"{run_id}.ipynb")
            papermill = self._papermill()
            failure: Exception | None = None
            try:
                papermill.execute_notebook(
                    str(template), str(executed), parameters, engine_name="boathouse", kernel_name="python3",
                    progress_bar=False, cwd=str(self.workbench.root), warm=warm, report=report,
                    execution_timeout=self.workbench.config.limits.step_timeout,
                )  # fmt: skip
            except Exception as error:
                failure = _failure(error)
            result = self._keep(executed, pipeline, options, run_id)
        if failure is not None:
            failure.saved = True  # type: ignore[attr-defined]
            raise failure
        if result is None:
            raise BoathouseError("the notebook ended without a result", where=str(template), hint="end it with road.finish()")
        record = RunRecord.from_json(result)
        if not options.check:
            inbox.landed(pipeline, self.workbench.root, options.day, record)
        return record

    def _papermill(self) -> Any:
        """papermill with our engine; imported by the first run while the warm server imports its own share."""
        with self._first:
            import papermill

            from boathouse.run import engine  # noqa: F401  (registers itself)
        return papermill

    def _keep(self, executed: Path, pipeline: Pipeline, options: RunOptions, run_id: str) -> dict[str, Any] | None:
        """Puts the executed notebook into the lake, scrubbed, and returns the run's record that it ends with."""
        if not executed.is_file():
            return None
        for file in (pipeline.path, self.workbench.root / "boathouse.toml"):
            secrets.remember_all(file.read_text(encoding="utf-8"))
        notebook, result = json.loads(executed.read_text(encoding="utf-8")), None
        for cell in notebook["cells"]:
            for output in cell.get("outputs", []):
                result = output.get("data", {}).get(RESULT_MIME, result)
            cell |= {key: secrets.scrub_json(cell[key]) for key in ("source", "outputs") if key in cell}
        if not options.check:
            text = json.dumps(notebook, ensure_ascii=False, indent=1)
            self.workbench.lake.store.put_bytes(text.encode(), self._notebook_path(options, run_id))
        return result


def _failure(error: Exception) -> Exception:
    """What ended a notebook, as a sentence: the cell's own exception, or the kernel's death."""
    name, value = getattr(error, "ename", None), getattr(error, "evalue", None)
    if name and value is not None:
        ours = {"UsageError": UsageError}.get(name, BoathouseError)
        text = value if name in ("UsageError", "SourceError", "StepError", "LakeError", "BoathouseError") else f"{name}: {value}"
        return ours(text)
    if type(error).__name__ == "DeadKernelError":
        return BoathouseError("the kernel died: it was killed, or it ran out of memory",
                              hint="run it again: nothing was half written")  # fmt: skip
    return error


def _cores() -> int:
    import os

    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _warm_kernels(many: bool) -> Any:
    """The warm server on Linux; macOS and Windows start kernels as usual."""
    if sys.platform != "linux":
        return nullcontext()
    from boathouse.run.warm import WarmKernels

    return WarmKernels(many)
