"""`%%sql` and `%ask` in a notebook."""

from __future__ import annotations

import argparse
import shlex
from typing import Any

import duckdb
from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand
from IPython.display import display

import boathouse
from boathouse.ask import Conversation
from boathouse.errors import BoathouseError, first_line
from boathouse.query import Result
from boathouse.workbench import Workbench


class _Options(argparse.ArgumentParser):
    def error(self, message: str) -> Any:
        raise UsageError(f"{message}; {self.format_usage().strip()}")


_SQL = _Options(prog="%%sql", add_help=False)
_SQL.add_argument("--save", metavar="NAME", help="keep it as queries/NAME.sql")
_SQL.add_argument("--replace", action="store_true", help="even where there is one of that name")
_SQL.add_argument("--to", metavar="VARIABLE", help="the result, as a variable of the notebook")
_SQL.add_argument("--role", metavar="NAME", help="see what a role sees")


@magics_class
class BoathouseMagics(Magics):
    """The magics over one workbench, opened when the first of them is used."""

    _opened: Workbench | None = None

    def __init__(self, shell: Any):
        super().__init__(shell)
        self._names: dict[str, Any] = shell.user_ns
        self.conversation = Conversation()

    def workbench(self) -> Workbench:
        """Raises UsageError where the notebook is in no workbench."""
        if self._opened is None:
            self._opened = boathouse.open()
        return self._opened

    @no_var_expand
    @line_cell_magic
    def sql(self, line: str, cell: str | None = None) -> Result | None:
        """One SELECT over the datasets. `$name` takes the notebook's variable of that name.

        `rows = %sql SELECT …` is the result; a cell shows it as a table:

        %%sql [--save NAME [--replace]] [--to VARIABLE] [--role NAME]
        """
        try:
            if cell is None:
                found = self._result(line, None)
                found.arrow()  # what fails, fails here
                return found
            options = _SQL.parse_args(_split(line))
            if options.to and not options.to.isidentifier():
                raise UsageError(f"{options.to!r} cannot name a variable")
            found = self._result(cell, options.role)
            if options.to:
                found.arrow()
            from boathouse.widgets.table import Table

            display(Table(found))
            if options.save:
                kept = self.workbench().save_query(options.save, cell, self._values(cell), replace=options.replace)
                display({"text/plain": f"saved: {kept}"}, raw=True)
            if options.to:
                self._names[options.to] = found
        except BoathouseError as error:
            raise UsageError(error.render()) from None
        return None

    @no_var_expand
    @line_cell_magic
    def ask(self, line: str, cell: str | None = None) -> None:
        """A question in plain language. Follow-ups know what was asked before in this notebook."""
        try:
            answer = self.workbench().ask(" ".join([line, cell or ""]).strip(), conversation=self.conversation)
        except BoathouseError as error:
            raise UsageError(error.render()) from None
        display(answer)

    def _result(self, sql: str, role: str | None) -> Result:
        return self.workbench().sql(sql, self._values(sql) or None, role=role)

    def _values(self, sql: str) -> dict[str, Any]:
        """The notebook's variables that a query names."""
        try:
            names = {name for statement in duckdb.extract_statements(sql) for name in statement.named_parameters}
        except duckdb.Error as error:
            raise BoathouseError(first_line(error)) from None
        if missing := sorted(names - self._names.keys()):
            raise BoathouseError(f"there is no variable {missing[0]!r}", hint=f"{missing[0]} = …, in a cell before")
        return {name: self._names[name] for name in names}


def asked(lines: list[str]) -> list[str]:
    """A question ends with a question mark, which IPython would take for a call for help."""
    if lines and lines[0].startswith("%%"):
        return lines
    return [
        f"get_ipython().run_line_magic('ask', {line[5:].strip()!r})\n" if line.startswith("%ask ") else line for line in lines
    ]


def _split(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError as error:
        raise UsageError(f"the options cannot be read: {error}") from None
