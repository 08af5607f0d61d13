"""The wizard in a real browser: a dropped CSV becomes a dataset without code; what is wrong is said where it is."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import ipywidgets as widgets
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from boathouse.errors import SourceError, UsageError
from boathouse.widgets.rule import Rule
from boathouse.widgets.wizard import Wizard
from boathouse.workbench import Workbench
from tests.query.lakes import opened
from tests.widgets.jupyter import FRONT_ENDS, write

SCRIPT = "<img src=x onerror=\"document.title='owned'\">"
HEADER = "<img src=x onerror=document.title='owned'>"
CSV = (
    f"Order ID;Region;Amount;Note;{HEADER}\n"
    + "".join(f"{n};{'West' if n % 2 else 'East'};{n},50;x;1\n" for n in range(1, 41))
    + f"41;West;nothing;{SCRIPT};1\n"
)


@pytest.fixture(params=FRONT_ENDS)
def made(request: pytest.FixtureRequest, tmp_path: Path, open_page) -> tuple[Workbench, Page]:
    wb = opened(tmp_path / "workbench", '[api]\nuploads = "1MB"\n')
    write(wb, "wizard", f"import boathouse\nboathouse.open({str(wb.root)!r}).wizard()")
    page = open_page(request.param, wb, "wizard")
    page.get_by_role("button", name="Look at it").wait_for(timeout=60_000)
    return wb, page


def drop(page: Page, files: dict[str, str]) -> None:
    """Drops files on the wizard, as from a folder's window."""
    made = """files => {
        const held = new DataTransfer();
        for (const [name, text] of Object.entries(files)) held.items.add(new File([text], name));
        return held;
    }"""
    for kind in ("dragenter", "dragover", "drop"):
        page.dispatch_event(".bh-view h1", kind, {"dataTransfer": page.evaluate_handle(made, files)})


def test_a_dropped_file_becomes_a_dataset(made: tuple[Workbench, Page]):
    wb, page = made
    page.get_by_role("textbox", name="Location").fill("silos/nothing.csv")
    page.get_by_role("button", name="Look at it").click()
    page.get_by_role("alert").filter(has_text="does not exist").wait_for()
    drop(page, {"a.csv": "a\n1\n", "b.csv": "b\n1\n"})
    page.get_by_text("one file at a time").wait_for()
    drop(page, {"big.csv": "x" * 1_000_000})
    page.get_by_text("big.csv has 1,000,000 bytes").wait_for()
    drop(page, {"..csv": "x\n1\n"})
    page.get_by_text("cannot name").wait_for()
    drop(page, {"Shop orders.csv": CSV})
    page.get_by_text("kept as silos/Shop orders.csv").wait_for()
    page.get_by_role("textbox", name="Name").fill("orders")
    page.get_by_role("button", name="Look at it").click()
    page.get_by_text("What was assumed of 41 rows").wait_for()
    assert page.get_by_role("combobox", name="amount").input_value() == "DECIMAL(18,2)"  # one cell is none
    page.get_by_role("combobox", name="order_id").select_option("VARCHAR")
    page.get_by_role("combobox", name="note").select_option("(leave out)")
    page.get_by_label("region: must be one of").uncheck()
    page.get_by_role("button", name="Look again").click()
    page.get_by_text("as it was said").wait_for()
    assert page.get_by_role("combobox", name="note").input_value() == "(leave out)"
    assert not page.get_by_label("region: must be one of").is_checked()  # a decision outlives another look
    found = Axe().run(page, context=".bh-view").response["violations"]
    assert not [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in ("serious", "critical")]
    page.get_by_role("button", name="Add and run it").click()
    page.get_by_text("orders is in the lake").wait_for(timeout=60_000)
    assert wb["orders"].schema == {"order_id": "VARCHAR", "region": "VARCHAR", "amount": "DECIMAL(18,2)",
                                   "img_src_x_onerror_document_title_owned": "BIGINT"}  # fmt: skip
    assert len(wb["orders"]) == 40
    assert [row["reasons"] for row in wb.quarantine("orders")] == [["amount: 'nothing' is not a DECIMAL(18,2)"]]
    suite = (wb.root / "expectations" / "orders.json").read_text(encoding="utf-8")
    assert "must_not_be_null" not in suite
    assert "be_in_set" not in suite
    page.get_by_role("button", name="Make a dashboard of it").click()
    page.get_by_text("dashboards/orders.ipynb").wait_for()
    page.get_by_role("button", name="Look at it").last.click()
    page.get_by_role("heading", name="orders", exact=True).wait_for()
    assert page.title() != "owned"


def test_a_file_is_not_written_over(tmp_path: Path):
    wb = opened(tmp_path / "workbench")
    assert wb.take("a.csv", b"x\n1\n") == wb.take("a.csv", b"x\n1\n") == "silos/a.csv"
    with pytest.raises(UsageError, match="other content"):
        wb.take("a.csv", b"x\n2\n")
    assert wb.take("a.csv", b"x\n2\n", over=hashlib.sha256(b"x\n1\n").hexdigest()) == "silos/a.csv"
    for name in ("../a.csv", "/etc/a.csv", ".a.csv", "a/b.csv"):
        with pytest.raises(UsageError, match="cannot name"):
            wb.take(name, b"")


# the rest without a browser: the same widget, its buttons pressed here

ORDERS = "Order ID;Region;Amount\n" + "".join(f"{n};{'West' if n % 2 else 'East'};{n},50\n" for n in range(1, 41))


@pytest.fixture
def wizard(tmp_path: Path) -> Wizard:
    return Wizard(opened(tmp_path / "workbench"))


def press(wizard: Wizard, words: str) -> str:
    """Presses a button, waits for what it does, and returns what is then said of it."""
    [step] = [
        step
        for step in (wizard, wizard.assumed, wizard.suite)
        if words in [getattr(one, "description", "") for one in step.children]
    ]
    place = [getattr(one, "description", "") for one in step.children].index(words)
    said: widgets.HTML = step.children[place + 1]
    before = set(threading.enumerate())
    step.children[place].click()
    for thread in set(threading.enumerate()) - before:
        thread.join(120)
    if words == "Add and run it" and wizard.run.children:
        wizard.run.children[1].working.join(120)
    return said.value


def look(wizard: Wizard, name: str, content: str = ORDERS) -> str:
    (wizard.wb.root / f"{name}.csv").write_text(content, encoding="utf-8")
    wizard.location.value, wizard.name.value = f"{name}.csv", name
    return press(wizard, "Look at it")


def test_an_unticked_expectation_is_left_out_also_where_a_correction_is_pending(wizard: Wizard):
    look(wizard, "orders")
    next(rule for rule in wizard.rules if rule.about[0].endswith("in_set")).tick.value = False
    next(rule for rule in wizard.rules if rule.about[1] == "region").severity.value = "warning"
    wizard.types["order_id"].value = "VARCHAR"
    if (
        "other expectations" in press(wizard, "Add and run it") + wizard.go.value
    ):  # a text has no range: what is new is shown first
        press(wizard, "Add and run it")
    suite = (wizard.wb.root / "expectations" / "orders.json").read_text(encoding="utf-8")
    assert "in_set" not in suite
    assert [one["severity"] for one in json.loads(suite)["expectations"] if one["kwargs"].get("column") == "region"] == [
        "warning"
    ]
    assert "order_id: {type: VARCHAR" in (wizard.wb.root / "pipelines" / "orders.yml").read_text(encoding="utf-8")
    assert len(wizard.wb["orders"]) == 40


def test_what_was_rejected_is_mended_and_run_again(wizard: Wizard):
    look(wizard, "orders")
    wizard.types["region"].value = "BIGINT"
    press(wizard, "Look again")
    assert "the batch would be rejected" in wizard.assumed.children[0].value
    press(wizard, "Add and run it")
    assert "rejected" in wizard.run.children[1].outcome.value
    assert wizard.wb.datasets() == []
    wizard.types["region"].value = "VARCHAR"
    press(wizard, "Look again")
    press(wizard, "Add and run it")
    assert len(wizard.wb["orders"]) == 40
    file = wizard.wb.root / "pipelines" / "orders.yml"
    file.write_text(file.read_text(encoding="utf-8") + "# by hand\n", encoding="utf-8")
    assert "is there already" in press(wizard, "Add and run it")  # what somebody changed is not written over
    assert "# by hand" in file.read_text(encoding="utf-8")


def test_a_name_that_is_taken_is_told_at_once(wizard: Wizard):
    look(wizard, "orders")
    press(wizard, "Add and run it")
    assert "give this one another name" in look(Wizard(wizard.wb), "orders")


def test_what_was_corrected_wrongly_is_corrected_again(wizard: Wizard):
    look(wizard, "orders")
    wizard.fields["delimiter"].value = "zz"
    assert "more than one character" in press(wizard, "Look again")
    assert wizard.draft is not None
    assert "in_set" in wizard.draft.suite  # what was there is there still
    wizard.fields["delimiter"].value = ";"
    assert "alert" not in press(wizard, "Look again")
    wizard.types["region"].value = "(leave out)"
    press(wizard, "Look again")
    assert list(wizard.draft.types) == ["order_id", "amount"]
    wizard.types["region"].value = "(as it is found)"
    press(wizard, "Look again")
    assert list(wizard.draft.types) == ["order_id", "region", "amount"]
    wizard.key.value = "amounts"
    assert "did you mean &#x27;amount&#x27;" in press(wizard, "Look again")
    wizard.key.value = ""
    press(wizard, "Look again")
    assert wizard.draft.key == []


def test_corrections_are_those_of_one_source(wizard: Wizard):
    look(wizard, "orders")
    wizard.types["region"].value, wizard.key.value = "(leave out)", "order_id, amount"
    press(wizard, "Look again")
    assert "alert" not in look(wizard, "other", "x,y\n1,2\n3,4\n")
    assert wizard.draft is not None
    assert list(wizard.draft.types) == ["x", "y"]


def test_a_date_is_read_the_other_way_round(wizard: Wizard):
    look(wizard, "days", "day;n\n" + "".join(f"0{n}/02/2024;{n}\n" for n in range(1, 10)))
    assert wizard.formats["day"].value == "%d/%m/%Y"
    wizard.formats["day"].value = "%m/%d/%Y"
    press(wizard, "Look again")
    press(wizard, "Look again")  # it stays so
    assert wizard.draft is not None
    assert {row["day"].isoformat()[5:] for row in wizard.draft.sample} >= {"01-02", "02-02", "03-02"}
    assert "%m/%d/%Y" in wizard.draft.pipeline


def test_a_password_is_not_shown_again(wizard: Wizard, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("BOATHOUSE_SHOP_PASSWORD", "mistyped")
    wizard.location.value, wizard.name.value = "postgresql://me:correct-horse@127.0.0.1:1/shop", "shop"
    wizard.table.value = "orders"
    said = press(wizard, "Look at it")
    assert "alert" in said
    assert "correct-horse" not in said + wizard.location.value
    assert os.environ["BOATHOUSE_SHOP_PASSWORD"] == "correct-horse"  # the one typed last


def test_nothing_to_look_at(wizard: Wizard):
    assert "nothing to look at" in press(wizard, "Look at it")
    assert "cannot name a pipeline" in look(wizard, "my orders!")


def test_a_file_of_the_web_is_fetched(wizard: Wizard, tmp_path: Path):
    served = tmp_path / "served"
    served.mkdir()
    (served / "shop orders.csv").write_text(ORDERS, encoding="utf-8")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=str(served)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    wizard.location.value = f"{url}/shop%20orders.csv"
    press(wizard, "Look at it")
    assert wizard.location.value == "silos/shop orders.csv"
    assert wizard.name.value == "shop_orders"
    assert wizard.draft
    assert wizard.draft.rows == 40
    with pytest.raises(SourceError, match="cannot be fetched: HTTP Error 404"):
        wizard.wb.fetch(f"{url}/none.csv")
    server.shutdown()


def test_bounds_may_be_changed_and_outlive_another_look(wizard: Wizard):
    look(wizard, "orders")
    rules = {
        (kind.removeprefix("expect_column_values_to_"), column): rule for rule in wizard.rules for kind, column in [rule.about]
    }
    amount, region = rules["be_between", "amount"], rules["be_in_set", "region"]
    amount.bounds["max_value"].value = "many"
    assert "&#x27;many&#x27; is not a number" in press(wizard, "Add and run it")
    amount.bounds["max_value"].value = "-1"
    assert "no value is from" in press(wizard, "Add and run it")
    assert "orders" not in wizard.wb.pipelines()
    amount.bounds["max_value"].value, amount.bounds["min_value"].value = "39.5", ""
    region.bounds["value_set"].value = 'East, West, "North, far"'
    amount.severity.value = "critical"
    assert "one of" in region.bounds["value_set"].description
    press(wizard, "Look at it")
    press(wizard, "Add and run it")
    suite = json.loads((wizard.wb.root / "expectations" / "orders.json").read_text(encoding="utf-8"))
    kept = {
        (one["type"].removeprefix("expect_column_values_to_"), one["kwargs"].get("column")): one for one in suite["expectations"]
    }
    assert kept["be_in_set", "region"]["kwargs"]["value_set"] == ["East", "West", "North, far"]
    assert kept["be_between", "amount"]["kwargs"] == {"column": "amount", "max_value": 39.5}
    assert len(wizard.wb["orders"]) == 39  # the one above the bound is kept out


@pytest.mark.parametrize(
    ("kwargs", "typed", "said"),
    [({"min_value": 1}, {"min_value": "x"}, "the table: 'x' is not a number"),
     ({"column": "a", "min_value": 1}, {"min_value": ""}, "a: nothing is left of what must hold"),
     ({"column": "a", "regex": "^x$"}, {"regex": "["}, "a: '[' is no pattern"),
     ({"column": "a", "min_value": "2026-01-01"}, {"min_value": "soon"}, "a: 'soon' is not a date"),
     ({"column": "a", "min_value": 1.5}, {"min_value": "nan"}, "a: 'nan' is not a number")],
)  # fmt: skip
def test_a_bound_that_is_none_is_told(kwargs: dict, typed: dict[str, str], said: str):
    rule = Rule({"type": "expect_it", "kwargs": kwargs, "severity": "warning"}, lambda _: "words")
    for name, text in typed.items():
        rule.bounds[name].value = text
    with pytest.raises(UsageError) as told:
        _ = rule.decided
    assert said in told.value.message
    assert said in rule.tick.description
