"""`python -m demo`: the company's silos, then its lake, then a look at both. Every command is shown as one types it."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.text import Text

import boathouse
from boathouse import BoathouseError, clock
from demo import company, servers, silos

ROOT = Path(__file__).resolve().parents[1]
_QUARANTINED = 8  # lines to show
_console = Console(highlight=False, soft_wrap=True)


def main() -> int:
    """Runs the demo; returns the exit code of the first command that fails."""
    today = clock.now(boathouse.open(ROOT).tz).date()
    _say("Four Winds Boats sells boats and gear and hires them out. Its tables lie apart, as tables do:")
    for place, rows in silos.write(ROOT / "silos", today):
        print(f"  silos/{place:22}{rows:>7,} rows")
    added = servers.fill(ROOT, today)
    for server, rows in added:
        print(f"  {server.variable + ' ' + server.table.name:28}{rows:>7,} rows")

    _say("Each has a pipeline in pipelines/ and what must hold in expectations/. Into the lake with them:")
    for server, _ in added:
        options = f"--from ${{{server.variable}}} --option type=database --table {server.table.name} --replace"
        _boathouse("add", server.pipeline, *options.split(), lines=3)
    _boathouse("run", "--all")

    _say("What was apart is together: CSV, SQLite and JSON in one question, about last month.")
    _boathouse("sql", best_sold(company.months(today, 1)[0]))

    _say("Anyone may ask. No model is needed, and nothing is guessed:")
    _boathouse("ask", "which region sold most last month?")

    if sys.platform == "linux":
        _say("With a model, PandasAI may answer: its Python runs in a jail, in an environment of its own.")
        print("$ python -m boathouse.ask.jail", flush=True)
        subprocess.run([sys.executable, "-m", "boathouse.ask.jail"], check=False)  # without it, `sql` answers

    _say("No bad row got in and none was lost: what was kept out lies in quarantine, with its reason.")
    _boathouse("quarantine", "orders", lines=_QUARANTINED)

    _say("Where to look next:")
    _next_steps()
    return 0


def best_sold(month: date) -> str:
    """What sold best in a month: orders are CSVs, products and categories SQLite tables, customers JSON."""
    return f"""
  SELECT o.region, c.name AS category, sum(o.amount) AS revenue,
         sum(o.amount) FILTER (k.kind = 'club') AS from_clubs
  FROM orders o
  JOIN products p USING (product_id)
  JOIN categories c USING (category_id)
  JOIN customers k USING (customer_id)
  WHERE o.month = DATE '{month}'
  GROUP BY ALL ORDER BY revenue DESC LIMIT 8"""


def _boathouse(*arguments: str, lines: int | None = None) -> None:
    """Runs a command and shows what it prints, or the first lines of it. Raises CalledProcessError where it fails."""
    typed = " ".join(f'"{part}"' if "\n" in part else shlex.quote(part) for part in arguments)
    _console.print(Text(f"$ boathouse {typed}{f' | head -{lines}' if lines else ''}", "bold"))
    sys.stdout.flush()
    colour = {"FORCE_COLOR": "1"} if sys.stdout.isatty() else {}
    ran = subprocess.run(
        [sys.executable, "-m", "boathouse.cli", "-C", str(ROOT), *arguments],
        check=False,
        encoding="utf-8",
        env={**os.environ, "COLUMNS": str(_console.width), "PYTHONUTF8": "1", **colour},
        stdout=subprocess.PIPE if lines else None,
        stderr=None if sys.stderr.isatty() and not lines else subprocess.PIPE,  # progress is for a terminal
    )
    if lines and not ran.returncode:
        print("\n".join([*ran.stdout.splitlines()[:lines], *ran.stderr.splitlines()]))
    if ran.returncode:
        print("".join((ran.stderr or "").partition("error: ")[1:]), file=sys.stderr)
        ran.check_returncode()


def _next_steps() -> None:
    published = (run for run in boathouse.open(ROOT).runs("orders") if run["status"] == "published")
    steps = [
        ("boathouse up", "everything on one page: dashboards, catalog, JupyterLab"),
        ("boathouse catalog orders", "a dataset: its columns, its version, its verdict"),
        ("boathouse runs", "every run there has been"),
        (f"lake/{next(published)['notebook']}", "the run of orders, as the notebook that it was"),
        ("docs/tutorial.md", "from a CSV and a PostgreSQL table of yours to an answer"),
    ]
    if not shutil.which("boathouse"):
        activate = os.path.relpath(Path(sys.executable).with_name("activate"))
        steps.insert(0, (f". {activate}" if os.name == "posix" else activate, "and `boathouse` is a command of this shell"))
    for what, why in steps:
        print(f"  {what:26}{why}" if len(what) < 26 else f"  {why}:\n    {what}")


def _say(sentence: str) -> None:
    _console.print(Text(f"\n{sentence}", "cyan"))


def _end() -> int:
    try:
        return main()
    except BoathouseError as error:
        print(f"error: {error.render()}", file=sys.stderr)
        return error.exit_code
    except subprocess.CalledProcessError as error:
        return error.returncode


if __name__ == "__main__":
    code = _end()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code or 0)  # as the command line does: threads of native libraries now and then abort an orderly end
