"""What stays up until Ctrl-C: API, dashboards, JupyterLab, the protocol of assistants."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from boathouse.cli.app import app, workbench


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
