"""What a notebook gets by `%load_ext boathouse.lab`: `%%sql`, `%ask`, and the names of datasets and columns by the Tab key."""

from __future__ import annotations

from typing import Any


def load_ipython_extension(shell: Any) -> None:
    """Called by IPython. The workbench is that of the folder in which the notebook runs."""
    from boathouse.lab.completion import Names
    from boathouse.lab.magics import BoathouseMagics, asked

    magics = BoathouseMagics(shell)
    shell.register_magics(magics)
    shell.input_transformers_cleanup.append(asked)
    shell.Completer.custom_matchers.append(Names(magics.workbench).matcher)
