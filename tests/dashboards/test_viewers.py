"""A dashboard shows what its viewer may see, and its kernel, its source and the disk are nobody else's."""

from __future__ import annotations

import json
import re
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from boathouse import viewer
from boathouse.errors import AccessError, BoathouseError
from boathouse.workbench import Workbench
from tests.dashboards.served import REPOSITORY, Looker, serving
from tests.query.lakes import opened, publish

SETTINGS = """
[api]
anonymous = []

[roles.west]
datasets = ["orders"]
rows = {orders = "region = 'West'"}
masks = {orders = {customer = "null"}}

[roles.stock]
datasets = ["stock"]
dashboards = ["ord*"]
"""
PLAIN = """
import ipywidgets, boathouse
wb = boathouse.open()
ipywidgets.HTML(f"plain: {wb.sql('SELECT sum(amount) AS n FROM orders').rows()[0]['n']}, secret_of_the_source")
"""


@pytest.fixture(scope="module")
def wb(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    made = opened(tmp_path_factory.mktemp("viewers") / "workbench", SETTINGS)
    publish(
        made, "orders", "order_id: BIGINT, region: VARCHAR, customer: VARCHAR, amount: BIGINT", "1,West,Ann,10\n2,East,Bea,5\n"
    )
    publish(made, "stock", "sku: VARCHAR, pieces: BIGINT", "a,1\n")
    made.add_dashboard("orders", "orders")
    cell = {"cell_type": "code", "execution_count": None, "id": "a", "metadata": {}, "outputs": [], "source": PLAIN}
    notebook = {"cells": [cell], "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3"}}, "nbformat": 4, "nbformat_minor": 5}  # fmt: skip
    (made.root / "dashboards" / "plain.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    (made.root / "dashboards" / "picture.png").write_bytes(b"secret")
    return made


@pytest.fixture(scope="module")
def keys(wb: Workbench) -> dict[str, str]:
    names = {"all": "everything", "west": "west", "stock": "stock"}
    return {name: wb.create_key(name, [role])[1] for name, role in names.items()}


@pytest.fixture(scope="module")
def url(wb: Workbench, keys: dict[str, str]) -> Iterator[str]:
    with serving(wb) as address:
        yield address


def get(url: str, key: str | None = None, method: str = "GET") -> tuple[int, str]:
    request = urllib.request.Request(url, method=method, headers={"Authorization": f"Bearer {key}"} if key else {})
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read().decode(errors="replace")
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(errors="replace")


def looker(browser: Browser, url: str, key: str) -> Looker:
    made = Looker(browser)
    made.page.goto(f"{url}/login")
    made.page.locator("input[name=key]").fill(key)
    made.page.get_by_role("button", name="Log in").click()
    return made


def test_each_viewer_sees_their_own_rows(url: str, keys: dict[str, str], browser: Browser):
    west = looker(browser, url, keys["west"])
    west.open(f"{url}/dashboards/orders")
    assert west.figure("Amount") == "10"
    assert "Ann" not in west.page.content()
    assert "East" not in west.page.locator(".bh-page").inner_text()
    assert "what you may see of it" in west.page.locator(".bh-page").inner_text()
    everyone = looker(browser, url, keys["all"])
    everyone.open(f"{url}/dashboards/orders")
    assert everyone.figure("Amount") == "15"
    other = looker(browser, url, keys["stock"])
    other.page.goto(f"{url}/dashboards/orders")
    other.page.get_by_text("not for your roles to see").wait_for(timeout=60_000)
    assert "no dataset" not in other.page.content()
    for one in (west, everyone, other):
        one.context.close()


def test_a_role_has_dashboards_of_its_own(url: str, keys: dict[str, str]):
    assert get(f"{url}/dashboards/plain", keys["stock"])[0] == 404
    front = {name: get(f"{url}/", key)[1] for name, key in keys.items()}
    assert ["/dashboards/plain" in front[name] for name in ("all", "west", "stock")] == [True, True, False]
    assert "/dashboards/orders" in front["stock"]


def test_a_plain_notebook_is_under_the_viewers_policy_as_well(url: str, keys: dict[str, str], browser: Browser):
    west = looker(browser, url, keys["west"])
    west.page.goto(f"{url}/dashboards/plain")
    west.page.get_by_text("plain: 10,").wait_for(timeout=60_000)
    west.context.close()


def test_what_a_viewer_may_not_use_is_said_on_its_page(wb: Workbench, url: str, keys: dict[str, str], browser: Browser):
    shutil.copy(REPOSITORY / "dashboards" / "new_source.ipynb", wb.root / "dashboards")
    west = looker(browser, url, keys["west"])
    west.page.goto(f"{url}/dashboards/new_source")
    west.page.get_by_role("alert").filter(has_text="this is for those who see everything").wait_for(timeout=60_000)
    west.context.close()


def test_the_first_look_is_the_viewers_own(url: str, keys: dict[str, str]):
    until = time.monotonic() + 60
    while True:  # a kernel that is not heated has none
        _, page = get(f"{url}/dashboards/orders", keys["west"])
        kernel = re.search(r'"kernelId":\s*"([0-9a-f-]{36})"', page)
        assert kernel
        assert get(f"{url}/dashboards/first/{kernel[1]}", keys["all"])[0] == 404
        if (first := get(f"{url}/dashboards/first/{kernel[1]}", keys["west"])[1]) or time.monotonic() > until:
            break
        time.sleep(5)
    assert '<div class="bh-figure">10</div>' in first
    assert "what you may see of it" in first
    assert "Ann" not in first
    while "aria-busy" in first:
        first = get(f"{url}/dashboards/first/{kernel[1]}", keys["west"])[1]
    assert get(f"{url}/dashboards/first/{kernel[1]}", keys["west"])[1] == ""  # all of it has been told


def test_who_has_no_key_is_asked_for_one(url: str, browser: Browser):
    made = Looker(browser)
    made.page.goto(f"{url}/dashboards/orders")
    assert "/login?next=/dashboards/orders" in made.page.url
    made.page.goto(f"{url}/dashboards/orders?region=West")
    assert made.page.url.endswith("/login?next=/dashboards/orders%3Fregion%3DWest")
    made.context.close()


def test_no_source_and_no_file_goes_through(url: str, keys: dict[str, str]):
    status, page = get(f"{url}/dashboards/plain", keys["all"])
    assert status == 200
    assert "wb.sql" not in page
    assert "import ipywidgets" not in page
    for path in (
        "voila/files/picture.png", "voila/files/plain.ipynb", "voila/tree/", "voila/api/contents/plain.ipynb", "api/kernels",
        "voila/static/../../boathouse.toml", "voila/static/%2e%2e/%2e%2e/boathouse.toml", "voila/render/plain.ipynb", "voila/query/x",
        "voila/labextensions/..%2f..%2fboathouse.toml", "login", "../boathouse.toml",
    ):  # fmt: skip
        status, text = get(f"{url}/dashboards/{path}", keys["all"])
        assert status in (404, 405), (path, status)
        assert "secret" not in text


def test_a_kernel_obeys_its_viewer_alone(url: str, keys: dict[str, str]):
    _, page = get(f"{url}/dashboards/orders", keys["all"])
    found = re.search(r'"kernelId":\s*"([0-9a-f-]{36})"', page)
    assert found is not None
    kernel, socket = found[1], url.replace("http", "ws")
    channels = f"{socket}/dashboards/api/kernels/{kernel}/channels"
    west, mine = {"Authorization": f"Bearer {keys['west']}"}, {"Authorization": f"Bearer {keys['all']}"}
    for headers in ({}, west, mine | {"Origin": "http://elsewhere.example"}):
        with pytest.raises(InvalidStatus) as refused, connect(channels, additional_headers=headers):
            pass
        assert refused.value.response.status_code == 403
    assert get(f"{url}/dashboards/voila/api/shutdown/{kernel}", keys["west"], "POST")[0] == 404
    with connect(channels, additional_headers=mine) as opened:
        code = {"code": "import os; os._exit(1)", "silent": False}
        header = {"msg_id": "1", "msg_type": "execute_request", "session": "s", "username": "", "version": "5.3", "date": ""}
        opened.send(json.dumps({"header": header, "parent_header": {}, "metadata": {}, "content": code, "channel": "shell"}))
        said = [json.loads(message) for message in _until_quiet(opened)]
    assert not [one for one in said if one["header"]["msg_type"] == "execute_input"]  # a viewer runs no code


def _until_quiet(opened) -> Iterator[str | bytes]:
    while True:
        try:
            yield opened.recv(timeout=2)
        except TimeoutError:
            return


@pytest.mark.parametrize("location", ["/etc/passwd", "silos/../boathouse.toml", "../x.csv", "sqlite:////etc/x", "https://elsewhere.example/a.csv", "silos"])  # fmt: skip
def test_a_viewer_adds_no_file_of_the_disk(wb: Workbench, monkeypatch: pytest.MonkeyPatch, location: str):
    """Those who see everything may add what they upload, and nothing else of this machine."""
    wb.take("visits.csv", b"visit_id,minutes\n1,5\n")
    monkeypatch.setenv(viewer.SERVED, "1")
    monkeypatch.setenv("HTTP_X_BOATHOUSE_VIEWER", viewer.told("all", wb.policy("everything"), here=False))
    assert wb.draft("visits", "silos/visits.csv").rows == 1
    with pytest.raises(AccessError, match="a file that you upload"):
        wb.draft("visits", location)
    monkeypatch.setenv("HTTP_X_BOATHOUSE_VIEWER", viewer.told("local", wb.policy("everything"), here=True))
    with pytest.raises(BoathouseError) as other:
        wb.draft("visits", location)
    assert not isinstance(other.value, AccessError)


def test_a_key_that_is_revoked_ends_its_page(wb: Workbench, url: str):
    key, token = wb.create_key("passing", ["everything"])
    _, page = get(f"{url}/dashboards/orders", token)
    found = re.search(r'"kernelId":\s*"([0-9a-f-]{36})"', page)
    assert found is not None
    channels = f"{url.replace('http', 'ws')}/dashboards/api/kernels/{found[1]}/channels"
    with connect(channels, additional_headers={"Authorization": f"Bearer {token}"}) as opened:
        wb.revoke_key(key.id)
        with pytest.raises(ConnectionClosed):
            list(iter(lambda: opened.recv(timeout=15), None))


def test_another_sites_page_starts_no_kernel(url: str, keys: dict[str, str]):
    headers = {"Authorization": f"Bearer {keys['all']}", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "image"}
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(urllib.request.Request(f"{url}/dashboards/orders", headers=headers))
    assert refused.value.code in (401, 403)


def test_a_schedule_is_seen_by_its_dataset(tmp_path: Path):
    made = opened(tmp_path / "workbench", SETTINGS)
    publish(made, "stock", "sku: VARCHAR", "a\n")
    text = "source: {type: csv, location: stock.csv}\nschedule: 0 6 * * *\n"
    (made.root / "pipelines" / "stock.yml").write_text(text + "dataset: payroll\n", encoding="utf-8")
    (made.root / "pipelines" / "load.yml").write_text(text + "dataset: stock\n", encoding="utf-8")
    made.viewer = made.policy("stock")
    assert [one["pipeline"] for one in made.schedule()] == ["load"]


def test_what_a_page_read_is_in_the_audit_log(wb: Workbench, url: str, keys: dict[str, str], browser: Browser):
    west = looker(browser, url, keys["west"])
    west.open(f"{url}/dashboards/orders")
    west.context.close()  # its kernel ends, and has written the rest
    until = time.monotonic() + 30
    while not (read := [event for event in wb.audit(1_000) if event["method"] == "SHOW" and event["caller"] == "west"]):
        assert time.monotonic() < until
        time.sleep(0.5)
    assert {event["key"] for event in read} == {key.id for key in wb.api_keys() if key.name == "west"}
    assert any(
        "sum(" in event["sql"] and '"orders"' in event["datasets"] and "rows_filtered" in event["policies"] for event in read
    )


def test_a_viewer_has_a_limited_number_of_pages(tmp_path: Path):
    made = opened(tmp_path / "workbench", "[api]\nanonymous = []\n\n[dashboards]\npages = 1\nheated = 0\n")
    publish(made, "orders", "order_id: BIGINT, amount: BIGINT", "1,10\n")
    made.add_dashboard("orders", "orders")
    one, other = (made.create_key(name, ["everything"])[1] for name in ("one", "other"))
    with serving(made) as address:
        status, page = get(f"{address}/dashboards/orders", one)
        assert status == 200
        status, problem = get(f"{address}/dashboards/orders", one)
        assert (status, "you have as many dashboards open as you may: 1" in problem) == (429, True)
        assert get(f"{address}/dashboards/orders", other)[0] == 200
        kernel = re.search(r'"kernelId":\s*"([0-9a-f-]{36})"', page)
        assert kernel
        assert get(f"{address}/dashboards/voila/api/shutdown/{kernel[1]}", one, "POST")[0] == 204
        assert get(f"{address}/dashboards/orders", one)[0] == 200


def test_a_page_without_its_kernel_says_so(wb: Workbench, keys: dict[str, str], browser: Browser):
    with serving(wb) as address:
        page = looker(browser, address, keys["all"]).open(f"{address}/dashboards/orders")
        assert page.locator("#bh-ended").count() == 0
    page.get_by_role("alert").filter(has_text="This page has ended").wait_for(timeout=30_000)
    page.context.close()
