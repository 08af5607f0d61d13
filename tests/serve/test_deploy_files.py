"""The container's files are well formed; no container engine runs them here."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys

import pytest

from tests.conftest import REPOSITORY


def test_the_containerfile_passes_its_linter():
    if not (tool := shutil.which("hadolint", path=str(sys.prefix) + "/bin")):
        pytest.skip("no hadolint for this platform")
    done = subprocess.run([tool, str(REPOSITORY / "Containerfile")], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_compose_fits_its_schema():
    command = [
        sys.executable,
        "-m",
        "check_jsonschema",
        "--builtin-schema",
        "vendor.compose-spec",
        str(REPOSITORY / "compose.yaml"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_what_the_image_copies_is_let_in():
    copied = re.findall(r"^COPY (.+) \S+$", (REPOSITORY / "Containerfile").read_text(), re.M)
    let_in = (REPOSITORY / ".dockerignore").read_text().splitlines()
    for name in " ".join(copied).split():
        assert (REPOSITORY / name).exists()
        assert f"!{name}" in let_in
