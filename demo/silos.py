"""Writes the company's silos: each of its tables lies where, and as badly, as such tables do."""

from __future__ import annotations

import csv
import json
import random
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from demo import company, excel
from demo.company import Order

_SUPPLIERS = ["Bootsbau Müller", "Chantier Élan", "Segelmacherei Groß", "Astilleros Peña", "Åkesson Marin", "Ropeworks Ltd"]
_HEADER = ["order_id", "ordered_on", "region", "customer_id", "product_id", "kind", "quantity", "amount"]


def write(folder: Path, today: date) -> list[tuple[str, int]]:
    """Writes them all; returns what there is: (place, rows)."""
    months = company.months(today)
    silos: dict[str, Callable[[Path], int]] = {
        "shop/orders-*.csv": lambda path: sum(_orders(path.with_name(f"orders-{m:%Y-%m}.csv"), m) for m in months),
        "crm/customers.jsonl": lambda path: _customers(path, today),
        "warehouse/products.db": _products,
        "office/targets.xlsx": lambda path: _targets(path, months),
        "office/invoices.csv": lambda path: _invoices(path, months),
    }
    made = []
    for place, silo in silos.items():
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        made.append((place, silo(folder / place)))
    return made


def _orders(path: Path, month: date) -> int:
    """A month's export of the shop: its orders, those of the month before that were changed since, and its faults."""
    lines = [order.cells() for order in _changed(company.months(month, 1)[0])]
    lines += _with_faults(random.Random(f"faults {month:%Y-%m}"), company.orders(month))
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([_HEADER, *lines])
    return len(lines)


def _changed(month: date) -> Iterator[Order]:
    """Some orders are changed in the month after, and exported again: one piece, or day, less."""
    for order in company.orders(month)[::100]:
        if order.quantity > 1:
            yield replace(order, quantity=order.quantity - 1, amount=order.amount / order.quantity * (order.quantity - 1))


def _with_faults(rng: random.Random, orders: list[Order]) -> list[list[str]]:
    """The lines of a month, one to three of them spoiled, and one or two there twice."""
    lines = [order.cells() for order in orders]
    turn = 2 * orders[0].ordered_on.month  # each month begins with another
    for n in range(rng.randint(1, 3)):
        _FAULTS[(turn + n) % len(_FAULTS)](lines[rng.randrange(len(lines))])
    for at in sorted(rng.sample(range(len(lines)), rng.randint(1, 2)), reverse=True):
        lines.insert(at, list(lines[at]))
    return lines


def _bad_amount(cells: list[str]) -> None:
    cells[7] = cells[7].replace("0", "O", 1) if "0" in cells[7] else "n/a"


def _unknown_region(cells: list[str]) -> None:
    cells[2] = {"North": "Nroth", "South": "Sout", "East": "Esat", "West": "Wset"}.get(cells[2], "?")


def _negative_quantity(cells: list[str]) -> None:
    cells[6] = f"-{cells[6]}"


def _no_such_day(cells: list[str]) -> None:
    cells[1] = f"{cells[1][:8]}32"


def _ragged(cells: list[str]) -> None:
    cells.append("call before delivery")


_FAULTS = [_bad_amount, _unknown_region, _negative_quantity, _no_such_day, _ragged]


def _customers(path: Path, today: date) -> int:
    """JSON lines; one was cut off, and one customer has no number."""
    lines = [json.dumps(customer, ensure_ascii=False) for customer in company.customers(today)]
    lines.insert(100, lines[99][:57])
    lines.insert(
        200, json.dumps({"customer_id": None, "name": "Walk-in", "kind": "private", "joined": f"{today.year - 1}-01-01"})
    )
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return len(lines)


def _products(path: Path) -> int:
    path.unlink(missing_ok=True)
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE categories (category_id INTEGER PRIMARY KEY, name TEXT NOT NULL)")
        db.execute(
            "CREATE TABLE products (product_id INTEGER PRIMARY KEY, name TEXT NOT NULL, category_id INTEGER NOT NULL "
            "REFERENCES categories, price DECIMAL(10,2) NOT NULL, hire_price DECIMAL(8,2))"
        )
        db.executemany("INSERT INTO categories VALUES (?, ?)", enumerate(company.CATEGORIES, 1))
        rows = [(number, *product) for number, product in enumerate(company.PRODUCTS, 1)]
        db.executemany("INSERT INTO products VALUES (?, ?, ?, ?, ?)", rows)
    db.close()
    return len(company.CATEGORIES) + len(company.PRODUCTS)


def _targets(path: Path, months: list[date]) -> int:
    """What each region is to take in a month: an Excel sheet under a title."""
    rows = [
        [region, month, round(share * company.SEASON[month.month - 1] * 33, -2)]
        for month in months
        for region, share in company.REGIONS.items()
    ]
    title = [["Four Winds Boats: targets by region and month"], []]
    excel.write(path, {"Targets": [*title, ["Region", "Month", "Target"], *rows], "Notes": [["Agreed in the spring meeting."]]})
    return len(rows)


def _invoices(path: Path, months: list[date]) -> int:
    """What an older bookkeeping program exports: Latin-1, semicolons, decimal commas, a title above and a sum below."""
    rows, total = [], 0
    for month in months:
        rng = random.Random(f"invoices {month:%Y-%m}")
        for n in range(1, rng.randint(8, 14)):
            day, cents = month + timedelta(rng.randrange(28)), rng.randint(8_000, 900_000)
            paid = rng.choice(["ja", "ja", "ja", "nein"])
            rows.append([f"R-{month:%y%m}-{n:02}", rng.choice(_SUPPLIERS), f"{day:%d.%m.%Y}", _german(cents), paid])
            total += cents
    with path.open("w", encoding="latin-1", newline="") as file:
        out = csv.writer(file, delimiter=";", lineterminator="\r\n")
        out.writerow([f"Lieferantenrechnungen der Geschäftsjahre {months[0].year} bis {months[-1].year}"])
        out.writerows([["Rechnung", "Lieferant", "Datum", "Betrag", "Bezahlt"], *rows, ["Summe", "", "", _german(total), ""]])
    return len(rows) + 1


def _german(cents: int) -> str:
    return f"{cents / 100:,.2f}".translate(str.maketrans(",.", ".,"))
