"""The way in: errors as sentences, with their exit codes."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable
from typing import Any, NoReturn

import typer
from typer.exceptions import TyperException

from boathouse.cli.app import Settings, app
from boathouse.errors import BoathouseError


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
