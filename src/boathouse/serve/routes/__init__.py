"""The addresses: each is one verb of the workbench."""
