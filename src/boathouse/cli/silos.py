"""From silos into the lake: a workbench, its sources and runs, and what became of them."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from boathouse.cli.app import Settings, app, pairs, to_json, workbench
from boathouse.errors import UsageError
from boathouse.names import of_file


@app.command()
def init(folder: Annotated[Path, typer.Argument(metavar="[DIR]")] = Path(".")) -> None:
    """Make a new, empty workbench."""
    from boathouse.init import create

    made = create(folder)
    print(f"a workbench in {made}\nnext: boathouse -C {folder} add NAME --from LOCATION")


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="The pipeline's name; with --all-tables a prefix; or `dashboard NAME`.")] = "",
    dashboard: Annotated[str, typer.Argument(metavar="[NAME]", show_default=False, hidden=True)] = "",
    location: Annotated[str | None, typer.Option("--from", metavar="LOCATION", help="A path, a glob or a database URL.")] = None,
    dataset: Annotated[str | None, typer.Option(metavar="NAME", help="What `add dashboard` is to show.")] = None,
    table: Annotated[str | None, typer.Option(help="The table of a database.")] = None,
    all_tables: Annotated[bool, typer.Option("--all-tables", help="Every table of a database.")] = False,
    option: Annotated[list[str] | None, typer.Option("--option", metavar="K=V", help="delimiter=; key=id mode=append …")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Write over the files that are there.")] = False,
) -> None:
    """Look at a source and write its pipeline and a suggested suite. `boathouse add dashboard NAME --dataset D` writes a first
    dashboard."""
    if dashboard or dataset:
        if name != "dashboard" or not (dashboard and dataset):
            raise UsageError("a dashboard needs a name and a dataset", hint="boathouse add dashboard NAME --dataset NAME")
        print(f"wrote {workbench().add_dashboard(dashboard, dataset, replace=replace)}\nnext: boathouse dashboards")
        return
    if location is None:
        named = f"{of_file(name)} --from {shlex.quote(name)}" if Path(name).suffix else "NAME --from LOCATION"
        if all_tables:
            named = f"--from {shlex.quote(name) if '://' in name else 'URL'} --all-tables"
        raise UsageError("a pipeline needs a name and a source", hint=f"boathouse add {named}")
    options = pairs(option) | ({"table": table} if table else {})
    wb = workbench()
    if all_tables:
        drafts = wb.add_all(f"{name}_" if name else "", location, options, replace=replace)
    elif not name:
        raise UsageError("a pipeline needs a name", hint="boathouse add NAME --from LOCATION")
    else:
        drafts = [wb.add(name, location, options, replace=replace)]
    for made in drafts:
        print(f"{made.name}: {made.rows:,} rows, {made.columns} columns; assumed:")
        print("\n".join(f"  {line}" for line in made.assumptions))
        for warning in made.warnings:
            print(f"warning: {warning}", file=sys.stderr)
        print(f"wrote pipelines/{made.name}.yml and expectations/{made.name}.json: read them, change what is wrong")
    print(f"next: boathouse run {' '.join(made.name for made in drafts)}")


@app.command()
def run(
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME…")] = None,
    all_: Annotated[bool, typer.Option("--all", help="Every pipeline.")] = False,
    date: Annotated[str | None, typer.Option(metavar="D", help="The run's logical date, yyyy-mm-dd.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Judge, publish nothing.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Reprocess from raw with today's rules.")] = False,
    limit: Annotated[int | None, typer.Option(metavar="N", min=1, help="At most N batches of each pipeline.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Run pipelines: land, stage, clean, validate, publish."""
    if bool(names) == all_:
        raise UsageError("name the pipelines to run, or say --all", hint="boathouse run NAME … | boathouse run --all")
    from boathouse.cli.terminal import LiveRuns

    with LiveRuns(enabled=sys.stderr.isatty()) as live:
        records = workbench().run(
            *(names or []), date=date, again=again, check=check, limit=limit, debug=Settings.debug, report=live
        )
    if as_json:
        to_json({"runs": [record.to_json() for record in records]})
    else:
        from boathouse.cli.terminal import show_run

        for record in records:
            show_run(record)
    statuses = {record.status for record in records}
    raise typer.Exit(1 if "failed" in statuses else 3 if "rejected" in statuses else 0)


@app.command()
def catalog(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """List the datasets, or describe one."""
    found = workbench().catalog(name)
    if as_json:
        to_json({"datasets": found})
    else:
        from boathouse.cli.terminal import show_catalog

        show_catalog(found, one=name is not None)


@app.command()
def runs(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """List the runs there have been, newest first."""
    wb = workbench()
    if name is not None:
        wb.pipeline(name)
    found = wb.runs(name)
    if as_json:
        to_json({"runs": found})
    else:
        from boathouse.cli.terminal import show_runs

        show_runs(found)


@app.command()
def quarantine(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Show the rows that were kept out of a dataset, and why."""
    rows = workbench().quarantine(name)
    if as_json:
        to_json({"count": len(rows), "rows": rows})
    else:
        from boathouse.cli.terminal import show_quarantine

        show_quarantine(rows)


@app.command()
def restore(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    to: Annotated[int, typer.Option("--to", metavar="VERSION", help="The version to go back to.")],
) -> None:
    """Make an old version of a dataset the current one."""
    print(f"{name} is at version {workbench().restore(name, to)}, with the content of version {to}")


@app.command()
def doctor() -> None:
    """Say what is installed, reachable and configured."""
    checks = workbench().doctor()
    for what, well, found in checks:
        print(f"{'ok ' if well else 'BAD'} {what:24} {found}")
    raise typer.Exit(0 if all(well for _, well, _ in checks) else 1)
