"""The command line: each command is a thin face on one verb of the workbench."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from typer.exceptions import TyperException

from boathouse import __version__
from boathouse.errors import BoathouseError, UsageError

if TYPE_CHECKING:
    from boathouse.query import Result
    from boathouse.workbench import Workbench

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None,
                  help="Boathouse: a company's tables, in one data lake that can be trusted.")  # fmt: skip


class Settings:
    """What stands before the command."""

    folder: Path | None = None
    environment: str | None = None
    debug: bool = False


def _version(asked: bool) -> None:
    if asked:
        print(f"boathouse {__version__}")
        raise typer.Exit


@app.callback()
def main(
    folder: Annotated[Path | None, typer.Option("-C", metavar="DIR", help="The workbench; else the nearest parent.")] = None,
    env: Annotated[str | None, typer.Option("--env", metavar="NAME", help="An environment of boathouse.toml.")] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")] = False,
) -> None:
    Settings.folder, Settings.environment, Settings.debug = folder, env, debug


def workbench() -> Workbench:
    import boathouse

    return boathouse.open(Settings.folder, environment=Settings.environment)


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
        raise UsageError("a pipeline needs a source", hint="boathouse add NAME --from LOCATION")
    options = _pairs(option) | ({"table": table} if table else {})
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
    from boathouse.terminal import LiveRuns

    with LiveRuns(enabled=sys.stderr.isatty()) as live:
        records = workbench().run(
            *(names or []), date=date, again=again, check=check, limit=limit, debug=Settings.debug, report=live
        )
    if as_json:
        _json({"runs": [record.to_json() for record in records]})
    else:
        from boathouse.terminal import show_run

        for record in records:
            show_run(record)
    statuses = {record.status for record in records}
    raise typer.Exit(1 if "failed" in statuses else 3 if "rejected" in statuses else 0)


@app.command()
def sql(
    query: Annotated[str, typer.Argument(metavar="SQL")],
    form: Annotated[str, typer.Option("--format", help="table, csv, json, arrow or parquet.")] = "table",
    receipt: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the result's receipt there.")] = None,
    role: Annotated[str | None, typer.Option(metavar="NAME", help="Show what a role of boathouse.toml would see.")] = None,
) -> None:
    """Query the datasets with one SELECT."""
    _show(workbench().sql(query, role=role), _known(form), receipt)


@app.command()
def query(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]")] = None,
    values: Annotated[list[str] | None, typer.Argument(metavar="[PARAMETER=VALUE…]")] = None,
    form: Annotated[str, typer.Option("--format", help="table, csv, json, arrow or parquet.")] = "table",
    receipt: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the result's receipt there.")] = None,
    role: Annotated[str | None, typer.Option(metavar="NAME", help="Show what a role of boathouse.toml would see.")] = None,
) -> None:
    """Run a saved query, queries/NAME.sql; without a name, list them."""
    wb = workbench()
    if name is None:
        from boathouse.terminal import show_queries

        show_queries(wb.queries())
        return
    _show(wb.query(name, _pairs(values), role=role), _known(form), receipt)


@app.command()
def ask(
    question: Annotated[str, typer.Argument(metavar="QUESTION")],
    conversation: Annotated[str | None, typer.Option(metavar="NAME", help="Go on with a conversation kept in the lake.")] = None,
    answerer: Annotated[str | None, typer.Option(metavar="NAME", help="Who answers; else as boathouse.toml says.")] = None,
    receipt: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the answer's receipt there.")] = None,
    role: Annotated[str | None, typer.Option(metavar="NAME", help="Ask as a role of boathouse.toml.")] = None,
    verify: Annotated[str | None, typer.Option(metavar="ID", help="With `review`: make this thumb a verified question.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Ask in plain language: an answer with its proof, a question back, or a refusal. `boathouse ask review` lists what people
    thought of answers."""
    from boathouse.terminal import Steps, show_answer, show_thumbs

    if question == "review":
        wb = workbench()
        if verify:
            print(f"verified, in {wb.verify(verify)}")
        elif as_json:
            _json({"thumbs": [vars(thumb) for thumb in wb.thumbs()]})
        else:
            show_thumbs(wb.thumbs())
        return

    with Steps() as steps:
        found = workbench().ask(question, conversation=conversation, answerer=answerer, role=role, step=steps)
    if as_json:
        _json(found.to_json())
    else:
        show_answer(found)
    if receipt and found.receipt:
        found.receipt.save(receipt)
    raise typer.Exit({"answered": 0, "failed": 1}.get(found.status, 4))


@app.command("eval")
def evaluate(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Questions with their SQL, rows or refusal.")],
    answerer: Annotated[str | None, typer.Option(metavar="NAME", help="Who answers; else as boathouse.toml says.")] = None,
    half: Annotated[str | None, typer.Option(metavar="NAME", help="Only the questions of this half.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Score an answerer on questions with known answers."""
    from boathouse.terminal import Steps, show_evaluation

    with Steps() as steps:
        found = workbench().evaluate(file, answerer=answerer, half=half, step=steps)
    if as_json:
        _json(found.to_json())
    else:
        show_evaluation(found)
    raise typer.Exit(1 if found.count("wrong") or found.count("failed") else 0)


def _known(form: str) -> str:
    from boathouse.query.result import FORMATS

    if form not in FORMATS:
        raise UsageError(f"no format {form!r}", hint=f"formats: {', '.join(FORMATS)}")
    return form


def _show(result: Result, form: str, receipt: Path | None) -> None:
    if form == "table":
        from boathouse.terminal import show_table

        show_table(result)
    else:
        result.write(form, sys.stdout.buffer, proven=receipt is not None)
    if receipt:
        result.receipt.save(receipt)


@app.command()
def replay(
    receipt: Annotated[Path, typer.Argument(metavar="RECEIPT", help="A file that `sql --receipt` wrote.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Run a receipt's query again on the versions that it names."""
    found = workbench().replay(receipt)
    if as_json:
        _json({"same": found.same, "reason": found.reason, "receipt": found.receipt and found.receipt.to_json()})
    else:
        print(f"{'the same' if found.same else 'NOT the same'}{f': {found.reason}' if found.reason else ''}")
        if found.receipt:
            print(found.receipt)
    raise typer.Exit(0 if found.same else 1)


@app.command()
def catalog(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """List the datasets, or describe one."""
    found = workbench().catalog(name)
    if as_json:
        _json({"datasets": found})
    else:
        from boathouse.terminal import show_catalog

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
        _json({"runs": found})
    else:
        from boathouse.terminal import show_runs

        show_runs(found)


@app.command()
def quarantine(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Show the rows that were kept out of a dataset, and why."""
    rows = workbench().quarantine(name)
    if as_json:
        _json({"count": len(rows), "rows": rows})
    else:
        from boathouse.terminal import show_quarantine

        show_quarantine(rows)


@app.command()
def restore(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    to: Annotated[int, typer.Option("--to", metavar="VERSION", help="The version to go back to.")],
) -> None:
    """Make an old version of a dataset the current one."""
    print(f"{name} is at version {workbench().restore(name, to)}, with the content of version {to}")


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8000,
) -> None:
    """Serve the datasets and saved queries as an API."""
    from boathouse.serve.server import serve

    serve(workbench(), host, port, lambda url: print(f"{url}   (Ctrl-C stops it)", file=sys.stderr))


@app.command()
def dashboards(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8000,
) -> None:
    """Serve the dashboards, with the API and the catalog's pages."""
    from boathouse.serve.server import serve

    serve(workbench(), host, port, lambda url: print(f"{url}   (Ctrl-C stops it)", file=sys.stderr), dashboards=True)


@app.command()
def export(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A notebook of dashboards/.")],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FILE", help="The HTML file to write.")],
    chosen: Annotated[list[str] | None, typer.Option("--filter", metavar="COLUMN=VALUE", help="Choose a value; a span is FROM..TO. More than once.")] = None,
    parameter: Annotated[list[str] | None, typer.Option("-p", "--parameter", metavar="NAME=VALUE", help="A parameter of the notebook; more than once.")] = None,
) -> None:  # fmt: skip
    """Write a dashboard as one HTML file that opens offline."""
    values: dict[str, list[str]] = {}
    for pair in chosen or []:
        for column, value in _pairs([pair]).items():
            values.setdefault(column, []).append(value)
    workbench().export(name, out, values, _pairs(parameter))
    print(out)


@app.command()
def up(
    host: Annotated[str, typer.Option(help="The address of the API and the dashboards.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8000,
    lab_port: Annotated[int, typer.Option(min=1, max=65535, help="JupyterLab's port, on this machine only.")] = 8888,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Only say the addresses.")] = False,
) -> None:
    """Start everything: API, catalog and dashboards on one port, JupyterLab on its own. One Ctrl-C stops it all."""
    from boathouse.lab.up import up

    up(workbench(), host, port, lab_port, browser=not no_browser, say=lambda line: print(line, file=sys.stderr))


@app.command()
def lab(
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8888,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Only say the address.")] = False,
) -> None:
    """Open JupyterLab on the workbench, with a kernel that has `%%sql` and `%ask`."""
    from boathouse.lab.server import run

    raise typer.Exit(run(workbench(), port, browser=not no_browser))


@app.command()
def mcp() -> None:
    """Serve the lake to assistants by the Model Context Protocol, on stdin and stdout."""
    from boathouse.serve.mcp import serve

    serve(workbench())


key_app = typer.Typer(no_args_is_help=True, help="Keys for the API.")
app.add_typer(key_app, name="key")


@key_app.command("create")
def create_key(
    name: Annotated[str, typer.Argument(help="Whose key it is.")],
    role: Annotated[list[str], typer.Option(metavar="NAME", help="A role of boathouse.toml, or `everything`; more than once.")],
    dataset: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Narrow it to a dataset; more than once.")] = None,
    days: Annotated[int | None, typer.Option(min=1, help="Days until it expires; unset: never.")] = None,
    per_minute: Annotated[int | None, typer.Option(min=1, help="Requests in a minute; unset: as boathouse.toml says.")] = None,
) -> None:
    """Make a key. It is shown once; the lake keeps a hash of it."""
    made, token = workbench().create_key(name, role, datasets=dataset or (), days=days, per_minute=per_minute)
    print(token)
    until = f"until {made.expires_at:%Y-%m-%d %H:%M} UTC" if made.expires_at else "until it is revoked"
    print(f"{made.name}: {', '.join(made.roles)}, {until}; boathouse key revoke {made.id} ends it", file=sys.stderr)


@key_app.command("list")
def list_keys(as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False) -> None:
    """List the keys."""
    found = workbench().api_keys()
    if as_json:
        _json({"keys": [key.to_json() for key in found]})
    else:
        from boathouse.terminal import show_keys

        show_keys(found)


@key_app.command("revoke")
def revoke_key(key: Annotated[str, typer.Argument(metavar="ID", help="As `key list` shows it.")]) -> None:
    """End a key, at once."""
    print(f"the key {workbench().revoke_key(key).name!r} no longer opens")


@app.command()
def audit(
    limit: Annotated[int, typer.Option(min=1, help="How many.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Show what was asked of the API, newest first."""
    found = workbench().audit(limit)
    if as_json:
        _json({"events": found})
    else:
        from boathouse.terminal import show_audit

        show_audit(found)


@app.command()
def doctor() -> None:
    """Say what is installed, reachable and configured."""
    checks = workbench().doctor()
    for what, well, found in checks:
        print(f"{'ok ' if well else 'BAD'} {what:24} {found}")
    raise typer.Exit(0 if all(well for _, well, _ in checks) else 1)


def _pairs(given: list[str] | None) -> dict[str, Any]:
    found = {}
    for pair in given or []:
        key, equals, value = pair.partition("=")
        if not equals:
            raise UsageError(f"{pair!r} is not NAME=VALUE", hint="delimiter=';'")
        found[key.strip()] = value
    return found


def _json(value: Any) -> None:
    print(json.dumps(value, default=str, ensure_ascii=False))


def entry() -> NoReturn:
    """`boathouse`: errors as sentences on stderr, with their exit codes."""
    code = _guarded(app)
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)  # threads of native libraries now and then abort an orderly end, and with it the exit code


def _guarded(command: Callable[..., Any]) -> int:
    try:
        return command(standalone_mode=False) or 0  # the code of a typer.Exit is returned, not raised
    except TyperException as error:
        text = error.format_message()  # the help itself where no command was given
        print(text if text.startswith("Usage:") else f"error: {text}\n  -> boathouse --help", file=sys.stderr)
        return 2
    except BoathouseError as error:
        if Settings.debug:
            raise
        from boathouse.secrets import scrub

        print(f"error: {scrub(error.render())}", file=sys.stderr)
        return error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        print("stopped: nothing is half written", file=sys.stderr)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if Settings.debug:
            raise
        from boathouse.errors import first_line
        from boathouse.secrets import scrub

        print(f"error: {type(error).__name__}: {scrub(first_line(error))}\n  -> boathouse --debug … shows where", file=sys.stderr)
        return 1


if __name__ == "__main__":
    entry()
