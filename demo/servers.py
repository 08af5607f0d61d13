"""Two more silos where there are servers for them: DEMO_POSTGRES and DEMO_MYSQL hold their URLs.

Their pipelines are made by `boathouse add`, and git ignores them: they name the variable, never the URL.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa

from boathouse.sources.database import DatabaseOptions, DatabaseSource
from demo import company
from demo.company import Order


class Server(NamedTuple):
    """A server's table: `variable` holds its URL, `pipeline` brings the table into the lake."""

    variable: str
    pipeline: str
    table: sa.Table


PAYMENTS = Server("DEMO_POSTGRES", "payments", sa.Table(
    "demo_payments", sa.MetaData(),
    sa.Column("payment_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("order_id", sa.String(12), nullable=False),
    sa.Column("paid_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("method", sa.String(10), nullable=False),
    sa.Column("amount", sa.Numeric(12, 2), nullable=False),
))  # fmt: skip
DELIVERIES = Server("DEMO_MYSQL", "deliveries", sa.Table(
    "demo_deliveries", sa.MetaData(),
    sa.Column("delivery_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("order_id", sa.String(12), nullable=False),
    sa.Column("carrier", sa.String(20), nullable=False),
    sa.Column("sent_on", sa.Date, nullable=False),
    sa.Column("arrived", sa.Boolean, nullable=False),
))  # fmt: skip


def fill(root: Path, today: date) -> list[tuple[Server, int]]:
    """Writes the tables for which there is a server; returns them with their rows. The pipelines of the others go.
    Raises SourceError where a server does not answer."""
    orders = [order for month in company.months(today, 6) for order in company.orders(month)]
    made = []
    for server, rows in ((PAYMENTS, _payments(orders)), (DELIVERIES, _deliveries(orders))):
        if os.environ.get(server.variable):
            made.append((server, _write(server, list(rows), root, today)))
        else:
            (root / "pipelines" / f"{server.pipeline}.yml").unlink(missing_ok=True)
            (root / "expectations" / f"{server.pipeline}.json").unlink(missing_ok=True)
    return made


def _write(server: Server, rows: list[dict], root: Path, today: date) -> int:
    source = DatabaseSource(f"${{{server.variable}}}", DatabaseOptions(table=server.table.name), root, today)
    with source.engine.begin() as connection:
        server.table.drop(connection, checkfirst=True)
        server.table.create(connection)
        connection.execute(server.table.insert(), rows)
    return len(rows)


def _payments(orders: list[Order]) -> Iterator[dict]:
    rng = random.Random("payments")
    for number, order in enumerate(orders, 1):
        at = datetime.combine(order.ordered_on, time(rng.randint(8, 18), rng.randint(0, 59)), UTC)
        method = rng.choice(["card", "card", "cash", "transfer"])
        yield {"payment_id": number, "order_id": order.order_id, "paid_at": at, "method": method, "amount": order.amount}


def _deliveries(orders: list[Order]) -> Iterator[dict]:
    rng = random.Random("deliveries")
    sold = (order for order in orders if order.kind == "sale")
    for number, order in enumerate(sold, 1):
        sent, carrier = order.ordered_on + timedelta(rng.randint(1, 6)), rng.choice(["Tidewater", "Overland", "own van"])
        arrived = rng.random() < 0.97
        yield {"delivery_id": number, "order_id": order.order_id, "carrier": carrier, "sent_on": sent, "arrived": arrived}
