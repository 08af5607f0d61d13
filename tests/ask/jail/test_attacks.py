"""What a model's code tries in the jail: nothing gets through, and only its own question ends."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from boathouse.ask import python
from boathouse.ask.jail import Jail, JailError, cells, environment, jail
from boathouse.config import QueryLimits
from boathouse.errors import BoathouseError, LimitError
from boathouse.workbench import Workbench
from tests.ask.jail.attacks import BABBLE, ENDLESS, HELD
from tests.query.lakes import opened, publish

# errors that say nothing of the jail: the attack itself would be broken
BROKEN = (
    "NameError",
    "SyntaxError",
    "AttributeError",
    "TypeError",
    "KeyError",
    "IndexError",
    "ModuleNotFoundError",
    "ImportError",
)
TRIED = """
try:
{code}
    told = "THROUGH"
except BaseException as error:
    told = "HELD by " + type(error).__name__ + ": " + str(error)[:200]
"""

FOUND = """
import os, stat
def _is_socket(n):
    try: return stat.S_ISSOCK(os.fstat(n).st_mode)
    except OSError: return False
wall = next(n for n in range(3, 64) if _is_socket(n))
"""


@pytest.fixture
def place() -> Jail:
    try:
        return jail()
    except JailError as error:
        pytest.skip(error.message)


@pytest.fixture(scope="module")
def wb(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    made = opened(tmp_path_factory.mktemp("jail") / "workbench")
    publish(made, "orders", "order_id: BIGINT, note: VARCHAR", "1,firstsecret\n2,b\n")
    return made


@pytest.fixture
def words(tmp_path: Path) -> Iterator[dict[str, Any]]:
    """A lake with a secret, a process of the house, a port that somebody listens on."""
    (tmp_path / "secret.txt").write_text("a secret,1\n", encoding="utf-8")
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                came, _ = server.accept()
            except OSError:
                return
            came.recv(1 << 16)
            came.sendall(b"HTTP/1.0 200 OK\r\n\r\nhello")
            came.close()

    threading.Thread(target=serve, daemon=True).start()
    house = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    yield {"lake": tmp_path, "house": house.pid, "port": server.getsockname()[1]}
    server.close()
    assert house.poll() is None
    house.kill()
    house.wait()


def run(place: Jail, wb: Workbench, code: str) -> python.Made:
    """What code comes to in the jail."""
    queries = python.Queries(lambda sql, versions=None: wb.reader.sql(sql, None, versions, QueryLimits(seconds=10, rows=100_000)))
    with place.cell() as cell:
        made = python.work(cell, {"datasets": [{"name": "orders", "columns": []}], "code": code}, queries, python._no_model)
        queries.proven(made, code, QueryLimits()).arrow()
        return made


def tried(code: str) -> str:
    return TRIED.format(code="\n".join(f"    {line}" for line in code.splitlines()))


def told(place: Jail, wb: Workbench, code: str) -> str:
    made = run(place, wb, f"{code}\nexecute_sql_query('FROM orders')\nresult = {{'type': 'string', 'value': told}}")
    return str(made.rows[0][0])


@pytest.mark.parametrize("attack", HELD.values(), ids=HELD)
def test_it_is_held(place: Jail, wb: Workbench, words: dict[str, Any], attack: str):
    found = told(place, wb, tried(attack.format(**words)))
    assert found.startswith("HELD"), found
    assert not found.startswith(tuple(f"HELD by {name}:" for name in BROKEN)), found
    assert [path.name for path in words["lake"].iterdir()] == ["secret.txt"]
    assert (words["lake"] / "secret.txt").read_text(encoding="utf-8") == "a secret,1\n"


# what needs rights that a test has not, or depends on the machine, may fail outside the jail as well
OUTSIDE = ("another root", "higher priority", "a tracer", "the house's memory", "keys of the kernel", "io_uring", "openat2", "a terminal's input",
           "TCP over IPv6", "another filter", "a signal by asking", "a walk")  # fmt: skip


@pytest.mark.parametrize("attack", [name for name in HELD if name not in OUTSIDE])
def test_without_the_jail_it_would_get_through(place: Jail, words: dict[str, Any], attack: str):
    code = f"import pandas as pd, numpy as np\n{tried(HELD[attack].format(**words))}\nprint(told)"
    ran = subprocess.run([str(environment.interpreter()), "-c", code], capture_output=True, text=True, check=False, timeout=60,
                         cwd=words["lake"], stdin=subprocess.DEVNULL)  # fmt: skip
    assert "THROUGH" in ran.stdout, ran.stdout + ran.stderr


@pytest.mark.parametrize("attack", ENDLESS.values(), ids=ENDLESS)
def test_what_does_not_end_is_ended(place: Jail, wb: Workbench, monkeypatch: pytest.MonkeyPatch, attack: str):
    monkeypatch.setattr(cells, "SECONDS", 1.0)
    begun = time.monotonic()
    with pytest.raises(BoathouseError) as error:
        run(place, wb, FOUND + attack.format(wall="wall"))
    assert time.monotonic() - begun < 5
    assert isinstance(error.value, LimitError) or "queries" in str(error.value)
    assert told(place, wb, "told = 'well'") == "well"


@pytest.mark.parametrize("attack", BABBLE.values(), ids=BABBLE)
def test_only_its_own_question_ends(place: Jail, wb: Workbench, attack: str):
    with pytest.raises(BoathouseError):
        run(place, wb, FOUND + attack.format(wall="wall"))
    assert told(place, wb, "told = 'well'") == "well"


@pytest.mark.parametrize(
    "sql",
    ["SELECT * FROM read_text('/etc/passwd')", "SELECT * FROM '/etc/passwd'", "ATTACH '/tmp/x.db'", "COPY orders TO '/tmp/x'", "DROP TABLE orders",
     "SELECT getenv('HOME')", "SELECT * FROM duckdb_settings()", "SET enable_external_access = true", "INSTALL httpfs", "SELECT 1; SELECT 2"],
)  # fmt: skip
def test_the_door_to_the_data_is_the_guards(place: Jail, wb: Workbench, sql: str):
    assert told(place, wb, tried(f"execute_sql_query({sql!r})")).startswith("HELD by RuntimeError")


def test_a_question_finds_nothing_of_another(place: Jail, wb: Workbench):
    told(
        place,
        wb,
        "import pandas\nkept = execute_sql_query('SELECT * FROM orders')\npandas.kept = kept\nos = __import__('os')\nos.environ['KEPT'] = 'firstsecret'\ntold = 'x'",
    )
    looked = """
import gc, os, pandas
wanted = "".join(["first", "secret"])
kept = [one for one in gc.get_objects() if isinstance(one, dict) and one is not globals() and wanted in str(one)]
told = f"{hasattr(pandas, 'kept')} {'KEPT' in os.environ} {len(kept)}"
"""
    assert told(place, wb, looked) == "False False 0"


def test_nothing_of_the_house_is_in_its_environment(place: Jail, wb: Workbench, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
    found = Jail(environment.interpreter())
    try:
        seen = told(found, wb, "import os; told = str(dict(os.environ)) + str(__import__('sys').argv)")
    finally:
        found.close()
    assert "secret" not in seen
    assert "HOME" not in seen


def test_it_has_one_way_out_and_no_other_open(place: Jail, wb: Workbench):
    code = """
import os, stat
def _kind(n):
    try: return stat.S_IFMT(os.fstat(n).st_mode)
    except OSError: return None
told = str([n for n in range(3, 1024) if _kind(n) is not None].__len__())
"""
    assert told(place, wb, code) == "1"


def test_two_questions_at_once_do_not_mix(place: Jail, wb: Workbench):
    found: dict[int, str] = {}

    def ask(n: int) -> None:
        found[n] = told(
            place, wb, f"import time\nd = execute_sql_query('SELECT {n} AS n')\ntime.sleep(0.2)\ntold = str(d['n'][0])"
        )

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {n: str(n) for n in range(12)}


def test_a_keeper_that_is_killed_is_started_again(wb: Workbench):
    first = jail()
    os.kill(first._process.pid, 9)
    first._process.wait()
    second = jail()
    assert second is not first
    assert told(second, wb, "told = 'well'") == "well"


def test_leaving_a_question_ends_its_process(place: Jail):
    with place.cell() as cell:
        cell.say({"datasets": [{"name": "none", "columns": []}], "code": "while True: pass"})
        assert children(place._process.pid)
    assert not children(place._process.pid)


def test_all_of_it_ends_with_its_house():
    code = """
from boathouse.ask.jail import jail
place = jail()
cell = place.cell().__enter__()
cell.say({"datasets": [{"name": "none", "columns": []}], "code": "while True: pass"})
print(place._process.pid, flush=True)
cell.hear()
"""
    house = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert house.stdout is not None
    keeper = int(house.stdout.readline())
    [worker] = children(keeper)
    house.kill()
    house.wait()
    for _ in range(50):
        if not any(Path(f"/proc/{pid}").exists() for pid in (keeper, worker)):
            return
        time.sleep(0.1)
    pytest.fail("something outlives its house")


def children(pid: int) -> list[int]:
    """Those that run; one that has ended may wait to be counted."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in found if Path(f"/proc/{child}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"]


def test_queries_that_fail_count_too(place: Jail, wb: Workbench):
    code = "while True:\n    try: execute_sql_query('SELECT nope')\n    except RuntimeError: pass"
    with pytest.raises(BoathouseError, match="more than 20 queries"):
        run(place, wb, code)


def test_queries_have_one_time_together(place: Jail, wb: Workbench, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(python, "_SECONDS", 0.0)
    with pytest.raises(LimitError, match="queries"):
        run(place, wb, "for _ in range(3): execute_sql_query('FROM orders')")
