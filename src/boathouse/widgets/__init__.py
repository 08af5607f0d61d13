"""Widgets for JupyterLab and Voilà: each one file, each usable alone."""
