"""A dashboard's notebook, run by papermill, as one HTML file."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from boathouse.dashboards.static import WANTED, whole
from boathouse.errors import BoathouseError, UsageError, did_you_mean, first_line
from boathouse.lab.environ import environ
from boathouse.workbench import Workbench


def export(wb: Workbench, name: str, out: Path, chosen: dict[str, list[str]], parameters: dict[str, Any]) -> None:
    """Writes a dashboard as it stands; `chosen` are values for its filters, `parameters` those of its notebook. Raises
    MissingError for a dashboard that is none, UsageError for a folder that is none, BoathouseError where a cell fails."""
    notebook = wb.dashboard(name)
    if not out.parent.is_dir():
        raise UsageError(f"there is no folder {out.parent}", hint="make it, or name another: -o FILE")
    try:
        import nbformat
        import papermill
        from nbconvert import HTMLExporter

        from boathouse.run import engine
    except ImportError as error:
        raise UsageError(f"{error.name} is not installed", hint="pip install 'boathouse[lab]'") from error
    known = papermill.inspect_notebook(str(notebook))
    if strange := [one for one in parameters if one not in known]:
        listing = f"its parameters are {', '.join(known)}" if known else "a cell tagged `parameters` has them"
        raise UsageError(f"{name} has no parameter {strange[0]!r}{did_you_mean(strange[0], known)}", hint=listing)
    mine = environ(wb, QUERY_STRING=urlencode(chosen, doseq=True), **{WANTED: "1"})
    with tempfile.TemporaryDirectory(prefix="boathouse-export-") as scratch:
        executed = Path(scratch, "executed.ipynb")
        try:
            papermill.execute_notebook(str(notebook), str(executed), parameters, engine_name=engine.NAME,
                                       kernel_name="python3", progress_bar=False, cwd=str(wb.root), env=mine)  # fmt: skip
        except papermill.PapermillExecutionError as error:
            if error.ename == "UsageError":
                raise UsageError(error.evalue, where=f"dashboards/{name}.ipynb") from error
            raise BoathouseError(f"{error.ename}: {first_line(error.evalue)}", where=f"dashboards/{name}.ipynb") from error
        kept = nbformat.read(executed, as_version=4)
    exporter = HTMLExporter(template_name="basic", exclude_input=True, exclude_output_prompt=True, exclude_input_prompt=True)
    body, _ = exporter.from_notebook_node(kept)
    made = out.with_name(f".{out.name}.part")
    made.write_text(whole(name.replace("_", " ").capitalize(), body), encoding="utf-8")
    made.replace(out)
