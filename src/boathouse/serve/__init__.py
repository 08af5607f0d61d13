"""The HTTP face: FastAPI over the workbench's verbs."""
