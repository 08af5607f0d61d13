"""Four Winds Boats: what it sells, to whom, and every order of a month. The same month gives the same orders on any day."""

from __future__ import annotations

import calendar
import random
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

REGIONS = {"North": 22, "South": 34, "East": 17, "West": 27}  # and how much of the business each is
CATEGORIES = ["Sailing boats", "Rowing boats", "Kayaks and canoes", "Paddle boards", "Safety", "Clothing", "Rigging"]
SEASON = [30, 35, 60, 90, 120, 150, 165, 160, 100, 65, 40, 45]  # orders come with the sun, presents in December
CUSTOMERS = 420

# name, category, price, and the price of a day where it is for hire
PRODUCTS = [
    ("Dinghy Tern", 1, "2490.00", "65.00"), ("Dinghy Sandpiper", 1, "3190.00", "79.00"), ("Catboat Heron", 1, "7900.00", "140.00"),
    ("Keelboat Albatross", 1, "18500.00", "260.00"), ("Skiff Plover", 2, "1190.00", "35.00"), ("Double scull Teal", 2, "4300.00", "60.00"),
    ("Rowing boat Mallard", 2, "1650.00", "40.00"), ("Tender Coot", 2, "690.00", "22.00"), ("Kayak Otter", 3, "780.00", "28.00"),
    ("Sea kayak Seal", 3, "1490.00", "45.00"), ("Canoe Beaver", 3, "1120.00", "38.00"), ("Folding kayak Newt", 3, "990.00", None),
    ("Paddle", 3, "59.90", "4.00"), ("Board Pike", 4, "420.00", "20.00"), ("Board Perch", 4, "560.00", "24.00"),
    ("Touring board Eel", 4, "890.00", "32.00"), ("Board pump", 4, "49.50", None), ("Life jacket, adult", 5, "64.90", "5.00"),
    ("Life jacket, child", 5, "49.90", "4.00"), ("Throw line", 5, "32.50", None), ("Flares, set of 4", 5, "58.00", None),
    ("First-aid box", 5, "39.00", None), ("Fog horn", 5, "18.90", None), ("Oilskin jacket", 6, "149.00", None),
    ("Oilskin trousers", 6, "99.00", None), ("Wetsuit", 6, "189.00", "12.00"), ("Sailing gloves", 6, "27.90", None),
    ("Deck shoes", 6, "84.00", None), ("Woollen cap", 6, "19.90", None), ("Rope 10 mm, 20 m", 7, "36.00", None),
    ("Shackle", 7, "6.40", None), ("Block, single", 7, "22.80", None), ("Winch handle", 7, "44.00", None),
    ("Anchor 5 kg", 7, "72.00", None), ("Fender", 7, "17.50", None), ("Mooring line", 7, "28.40", None),
]  # fmt: skip

_FIRST = ["Ada", "Amir", "Birgit", "Chloé", "Dev", "Edith", "Femi", "Grace", "Hana", "Ivo", "José", "Kirsi", "Liam", "Márta", "Noor",
          "Oskar", "Priya", "Quentin", "Ruth", "Søren", "Tomás", "Uma", "Vera", "Wei", "Yara", "Zoë"]  # fmt: skip
_LAST = ["Adeyemi", "Berg", "Costa", "Dubois", "Evans", "Fischer", "García", "Haddad", "Ito", "Jansen", "Kaya", "Lindqvist",
         "Müller", "Novak", "O'Brien", "Patel", "Quinn", "Rossi", "Silva", "Tanaka", "Ueda", "Varga", "Walsh", "Young"]  # fmt: skip
_TOWNS = {"North": ["Gullhaven", "Coldquay"], "South": ["Sunmouth", "Palmstrand", "Old Jetty"], "East": ["Reedham Lock"],
          "West": ["Windlass", "Saltby"]}  # fmt: skip
_INTERESTS = ["sailing", "rowing", "paddling", "racing", "fishing", "repair"]


@dataclass
class Order:
    """A line of the shop's book: something sold, or hired out for so many days."""

    order_id: str
    ordered_on: date
    region: str
    customer_id: str
    product_id: int
    kind: str
    quantity: int
    amount: Decimal

    def cells(self) -> list[str]:
        return [str(value) for value in vars(self).values()]


def months(today: date, count: int = 24) -> list[date]:
    """The first days of the months that have ended, oldest first."""
    last = today.year * 12 + today.month - 2
    return [date(n // 12, n % 12 + 1, 1) for n in range(last - count + 1, last + 1)]


def customer_id(number: int) -> str:
    return f"C{number:04}"


def customers(today: date) -> list[dict]:
    """Who buys: people, clubs and companies, each with an address."""
    rng = random.Random("customers")
    return [_customer(rng, number, today.year - 3) for number in range(1, CUSTOMERS + 1)]


def _customer(rng: random.Random, number: int, joined: int) -> dict:
    region = rng.choices(list(REGIONS), list(REGIONS.values()))[0]
    town = rng.choice(_TOWNS[region])
    kind = rng.choices(["private", "club", "company"], [80, 14, 6])[0]
    last = rng.choice(_LAST)
    name = {"private": f"{rng.choice(_FIRST)} {last}", "club": f"{town} Boat Club {number}", "company": f"{last} & Co"}[kind]
    return {
        "customer_id": customer_id(number),
        "name": name,
        "kind": kind,
        "email": f"{customer_id(number).lower()}@example.org" if rng.random() < 0.9 else None,
        "joined": date(joined - rng.randrange(5), rng.randint(1, 12), rng.randint(1, 28)).isoformat(),
        "address": {
            "street": f"{rng.randint(1, 80)} Harbour Road",
            "postcode": f"{rng.randint(10, 99)}{number:03}",
            "town": town,
        },
        "interests": rng.sample(_INTERESTS, rng.randint(0, 3)),
        "newsletter": rng.random() < 0.4,
    }


def orders(month: date) -> list[Order]:
    """A month's orders, by day."""
    rng = random.Random(f"orders {month:%Y-%m}")
    count = round(SEASON[month.month - 1] * rng.uniform(9.0, 10.0))
    days = sorted(rng.randrange(calendar.monthrange(month.year, month.month)[1]) for _ in range(count))
    return [_order(rng, f"{month:%y%m}-{n:04}", month + timedelta(day)) for n, day in enumerate(days, 1)]


def _order(rng: random.Random, order_id: str, day: date) -> Order:
    product = rng.choices(range(len(PRODUCTS)), [1 if float(price) > 2000 else 6 for _, _, price, _ in PRODUCTS])[0]
    _, _, price, hire = PRODUCTS[product]
    hired = hire is not None and rng.random() < 0.7
    quantity = rng.choice([1, 1, 2, 3, 7, 14]) if hired else rng.choice([1, 1, 1, 2]) if float(price) > 300 else rng.randint(1, 8)
    region = rng.choices(list(REGIONS), list(REGIONS.values()))[0]
    amount = Decimal(hire if hired else price) * quantity  # type: ignore[arg-type]
    return Order(
        order_id, day, region, customer_id(rng.randint(1, CUSTOMERS)), product + 1, "hire" if hired else "sale", quantity, amount
    )
