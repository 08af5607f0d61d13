"""Numbers: a cell becomes exactly the number that it says, or it is lost; held against Python's own reading."""

from __future__ import annotations

import math
import re
from decimal import Context, Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.ingest.typed_cells import LOST, typed

ROOM = Context(prec=100)
SPACES = " \t\n\r\u00a0"
DIGITS = st.text("0123456789", min_size=1, max_size=12)
SIGN = st.sampled_from(["", "", "-", "+"])
SPACE = st.sampled_from(["", "", "", " ", "\t", "\u00a0"])
plain = st.builds("{}{}{}{}".format, SPACE, SIGN, DIGITS, SPACE)
fraction = st.builds("{}{}{}.{}{}".format, SPACE, SIGN, st.one_of(DIGITS, st.just("")), st.one_of(DIGITS, st.just("")), SPACE)
exponent = st.builds("{}{}e{}{}".format, SIGN, st.one_of(DIGITS, fraction), SIGN, st.text("0123456789", min_size=1, max_size=2))
odd = st.sampled_from(["", " ", "0x1F", "1_000", "--5", "5-", "1.2.3", ".", "-", "+", "٣", "½", "1e", "e5", "1,5", "1 000", "$5", "5%",
                       "nan", "NaN", "inf", "-Infinity", "1e999", "NULL", "007", "-0", "1d", "0b11", "null", "9" * 30])  # fmt: skip
NUMBERS = st.lists(st.one_of(plain, fraction, exponent, odd, st.text("0123456789+-.,eE_x '", max_size=8)), max_size=60)
many = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def empty(cell: str) -> bool:
    return not cell.strip(SPACES)


@many
@given(NUMBERS)
def test_whole_numbers(engine, cells):
    for cell, value in zip(cells, typed(engine, cells, type="BIGINT"), strict=True):
        bare = cell.strip(SPACES)
        if empty(cell):
            assert value is None
        elif re.fullmatch(r"[+-]?\d+(\.0*)?", bare, re.A) and -(2**63) <= int(bare.split(".")[0]) < 2**63:
            assert value == int(bare.split(".")[0])
        else:
            assert value is LOST, cell


@many
@given(NUMBERS, st.sampled_from([(9, 2), (18, 0), (38, 10), (18, 6), (4, 4)]))
def test_decimals(engine, cells, size):
    precision, scale = size
    for cell, value in zip(cells, typed(engine, cells, type=f"DECIMAL({precision},{scale})"), strict=True):
        bare = cell.strip(SPACES)
        if empty(cell):
            assert value is None
            continue
        said = Decimal(bare) if re.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)", bare, re.A) else None
        fits = (
            said is not None
            and said == said.quantize(Decimal(10) ** -scale, context=ROOM)
            and abs(said) < 10 ** (precision - scale)
        )
        assert value == said if fits else value is LOST, cell


@many
@given(NUMBERS)
def test_floats(engine, cells):
    for cell, value in zip(cells, typed(engine, cells, type="DOUBLE"), strict=True):
        bare = cell.strip(SPACES)
        if empty(cell):
            assert value is None
            continue
        said = (
            float(bare) if re.fullmatch(r"[+-]?((\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?|inf|infinity|nan)", bare, re.A | re.I) else None
        )
        if said is None or (math.isinf(said) and "inf" not in bare.lower()):
            assert value is LOST, cell
        else:
            assert value == said or (math.isnan(value) and math.isnan(said)), cell


@many
@given(st.lists(st.decimals(min_value=-(10**9), max_value=10**9, places=3), max_size=40))
def test_decimal_comma_and_thousands(engine, numbers):
    cells = [f"{number:,}".translate(str.maketrans({",": ".", ".": ","})) for number in numbers]
    assert typed(engine, cells, type="DECIMAL(18,3)", decimal=",", thousands=".") == numbers
    assert typed(engine, [f"{number:,}" for number in numbers], type="DECIMAL(18,3)", thousands=",") == numbers
    assert typed(engine, [f"{number:,}" for number in numbers], type="DOUBLE", thousands=",") == [
        float(number) for number in numbers
    ]


@pytest.mark.parametrize("kind", ["BIGINT", "DECIMAL(18,2)", "DOUBLE"])
@pytest.mark.parametrize("cell", ["1,5", "12,34", "1,2345", ",123", "1,234,5", "1.5,000"])
def test_a_mark_out_of_place_is_no_mark_of_thousands(engine, kind, cell):
    assert typed(engine, [cell], type=kind, thousands=",") == [LOST]


def test_thousands_by_any_space_and_by_an_apostrophe(engine):
    cells = ["1 234 567", "1\u00a0234\u202f567", "12"]
    assert typed(engine, cells, type="BIGINT", thousands=" ") == [1234567, 1234567, 12]
    assert typed(engine, ["1'234.50"], type="DECIMAL(9,2)", thousands="'") == [Decimal("1234.50")]
    assert typed(engine, ["12,34,567"], type="BIGINT", thousands=",") == [1234567]  # lakhs


def test_a_null_word_that_would_be_a_value_is_none(engine):
    assert typed(engine, ["-1", "7", " -1 "], type="BIGINT", null_values=["-1"]) == [None, 7, None]
    assert typed(engine, ["NaN", "1.5"], type="DOUBLE", null_values=["NaN"]) == [None, 1.5]


def test_many_decimals_are_not_cut(engine):
    assert typed(engine, ["1.0000000000000001", "1.00000000000000000000"], type="DECIMAL(18,2)") == [LOST, Decimal("1.00")]
    assert typed(engine, ["1e-3", "0.001", "0.010"], type="DECIMAL(18,2)") == [LOST, LOST, Decimal("0.01")]
