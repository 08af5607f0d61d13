"""From the lake to people: queries, questions, receipts and pages to keep."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from boathouse.cli.app import app, pairs, to_json, workbench
from boathouse.errors import UsageError

if TYPE_CHECKING:
    from boathouse.query import Result


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
        from boathouse.cli.terminal import show_queries

        show_queries(wb.queries())
        return
    _show(wb.query(name, pairs(values), role=role), _known(form), receipt)


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
    from boathouse.cli.terminal import Steps, show_answer, show_thumbs

    if question == "review":
        wb = workbench()
        if verify:
            print(f"verified, in {wb.verify(verify)}")
        elif as_json:
            to_json({"thumbs": [vars(thumb) for thumb in wb.thumbs()]})
        else:
            show_thumbs(wb.thumbs())
        return

    with Steps() as steps:
        found = workbench().ask(question, conversation=conversation, answerer=answerer, role=role, step=steps)
    if as_json:
        to_json(found.to_json())
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
    from boathouse.cli.terminal import Steps, show_evaluation

    with Steps() as steps:
        found = workbench().evaluate(file, answerer=answerer, half=half, step=steps)
    if as_json:
        to_json(found.to_json())
    else:
        show_evaluation(found)
    raise typer.Exit(1 if found.count("wrong") or found.count("failed") else 0)


@app.command()
def replay(
    receipt: Annotated[Path, typer.Argument(metavar="RECEIPT", help="A file that `sql --receipt` wrote.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Run a receipt's query again on the versions that it names."""
    found = workbench().replay(receipt)
    if as_json:
        to_json({"same": found.same, "reason": found.reason, "receipt": found.receipt and found.receipt.to_json()})
    else:
        print(f"{'the same' if found.same else 'NOT the same'}{f': {found.reason}' if found.reason else ''}")
        if found.receipt:
            print(found.receipt)
    raise typer.Exit(0 if found.same else 1)


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
        for column, value in pairs([pair]).items():
            values.setdefault(column, []).append(value)
    workbench().export(name, out, values, pairs(parameter))
    print(out)


def _known(form: str) -> str:
    from boathouse.query.result import FORMATS

    if form not in FORMATS:
        raise UsageError(f"no format {form!r}", hint=f"formats: {', '.join(FORMATS)}")
    return form


def _show(result: Result, form: str, receipt: Path | None) -> None:
    if form == "table":
        from boathouse.cli.terminal import show_table

        show_table(result)
    else:
        result.write(form, sys.stdout.buffer, proven=receipt is not None)
    if receipt:
        result.receipt.save(receipt)
