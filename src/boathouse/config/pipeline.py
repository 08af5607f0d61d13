"""pipelines/NAME.yml: a source, its cleaning, its dataset, its suite."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, field_validator, model_validator

from boathouse.config.load import Lines, read_yaml, validate
from boathouse.errors import UsageError, did_you_mean
from boathouse.schedule import check

_NAME = re.compile(r"^[A-Za-z][A-Za-z0-9_]*$")
_SCALAR = r"(BIGINT|INTEGER|SMALLINT|TINYINT|DOUBLE|FLOAT|DECIMAL\(\d+, ?\d+\)|BOOLEAN|DATE|TIMESTAMP|TIMESTAMPTZ|VARCHAR|BLOB)"
_TYPE = re.compile(rf"^({_SCALAR}(\[\])*|STRUCT\(.+\)(\[\])*|MAP\(.+\))$")
_ALIASES = {
    "INT": "INTEGER", "LONG": "BIGINT", "INT64": "BIGINT", "INT32": "INTEGER", "STRING": "VARCHAR", "TEXT": "VARCHAR",
    "BOOL": "BOOLEAN", "FLOAT64": "DOUBLE", "REAL": "FLOAT", "DATETIME": "TIMESTAMP",
    "TIMESTAMP WITH TIME ZONE": "TIMESTAMPTZ", "NUMERIC": "DECIMAL(18,3)", "DECIMAL": "DECIMAL(18,3)",
}  # fmt: skip


# what is said of the data and decides nothing about a row
_WORDS: Any = {"description": True, "schedule": True, "synonyms": True, "metrics": True, "relations": True, "time": True,
               "columns": {"__all__": {"synonyms", "unit"}}}  # fmt: skip


class SourceSpec(BaseModel):
    """Where the data comes from; further keys are the options of the source's type."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="The family: csv, json, excel, parquet, database, or a plug-in's name.")
    location: str = Field(description="A path, a glob, or a SQLAlchemy URL; `{date}` is the run's logical date.")


class Column(BaseModel):
    """One column of the dataset."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    from_: str | None = Field(None, alias="from", description="Its name in the source; unset: the same name.")
    type: str = Field("VARCHAR", description="Its type: BIGINT, DECIMAL(12,2), DATE, VARCHAR, BIGINT[] …")
    format: str | None = Field(None, description="How a date or a time is written, as `%d.%m.%Y`; unset: ISO 8601.")
    decimal: str | None = Field(None, description="The decimal mark of a number; unset: a point.")
    thousands: str | None = Field(None, description="The mark between thousands; unset: none.")
    true_words: list[str] | None = Field(None, description="What counts as true, whatever the case.")
    false_words: list[str] | None = Field(None, description="What counts as false, whatever the case.")
    null_values: list[str] = Field(default_factory=list, description="Words that mean 'no value' in this column.")
    description: str | None = Field(None, description="What it means, for those who read the catalog.")
    synonyms: list[str] = Field(default_factory=list, description="What people call it when they ask.")
    unit: str | None = Field(None, description="What its numbers are counted in: EUR, kg, days.")

    @field_validator("type")
    @classmethod
    def _is_a_type(cls, value: str) -> str:
        known = value.strip() if value.strip().upper().startswith(("STRUCT", "MAP")) else value.strip().upper()
        known = _ALIASES.get(known, known)
        if not _TYPE.match(known):
            guess = did_you_mean(known, ["BIGINT", "DOUBLE", "BOOLEAN", "DATE", "TIMESTAMP", "VARCHAR", "INTEGER"])
            raise ValueError(f"no type {value!r}{guess}; a type is BIGINT, DOUBLE, DECIMAL(12,2), BOOLEAN, DATE, "
                             "TIMESTAMP, TIMESTAMPTZ, VARCHAR, BLOB, or one of them with []")  # fmt: skip
        return known


class Deduplicate(BaseModel):
    """Which row of a key wins within a batch."""

    model_config = ConfigDict(extra="forbid")

    keep: Literal["first", "last"] = Field("last", description="The first or the last of them, as sorted.")
    order_by: list[str] = Field(
        default_factory=list,
        description="Columns to sort by, each with `desc` after it or not, then as they came; a NULL there loses.",
    )


class Metric(BaseModel):
    """A figure that people ask for by its name."""

    model_config = ConfigDict(extra="forbid")

    sql: str = Field(description="An aggregate over the dataset's columns: `sum(amount)`.")
    description: str | None = Field(None, description="What it means.")
    synonyms: list[str] = Field(default_factory=list, description="What else people call it.")
    unit: str | None = Field(None, description="What it is counted in: EUR, kg, days.")


class Pipeline(BaseModel):
    """pipelines/NAME.yml."""

    model_config = ConfigDict(extra="forbid")

    description: str | None = Field(None, description="What the dataset holds.")
    source: SourceSpec = Field(description="Where the data comes from.")
    dataset: str | None = Field(None, description="The dataset it publishes; unset: the pipeline's name.")
    columns: dict[str, Column] = Field(
        default_factory=dict, description="The dataset's columns; empty: those of a typed source as they are."
    )
    drop: list[str] = Field(default_factory=list, description="Columns of the source that are left out.")
    trim: bool = Field(True, description="Whether white space around text is removed.")
    null_values: list[str] = Field(default_factory=list, description="Words that mean 'no value' in every column, beside empty.")
    derive: dict[str, str] = Field(default_factory=dict, description="Further columns, each a SQL expression.")
    sql: str | None = Field(None, description="A SELECT over `batch` that keeps `_row`: the pipeline's own step.")
    key: list[str] = Field(default_factory=list, description="The columns that name a row.")
    deduplicate: Deduplicate | None = Field(None, description="Which row of a key wins; unset: the last.")
    mode: Literal["append", "replace", "upsert"] | None = Field(
        None, description="How a batch is written; unset: upsert with a key, else append for a glob, else replace."
    )
    partition_by: list[str] = Field(default_factory=list, description="Columns that part the dataset into folders.")
    suite: str | None = Field(None, description="Its suite in expectations/; unset: the pipeline's name.")
    quarantine_limit: float = Field(
        0.1, ge=0, le=1, description="The share of a batch that may go to quarantine before all of it is rejected."
    )
    notebook: str = Field("ingest.ipynb", description="The notebook in notebooks/ that runs it.")
    schedule: str | None = Field(None, description="When it should run, as a cron line; for your scheduler.")
    synonyms: list[str] = Field(default_factory=list, description="What people call a row of the dataset when they ask.")
    metrics: dict[str, Metric] = Field(
        default_factory=dict, description="Figures that people ask for by name: `revenue: sum(amount)`."
    )
    relations: dict[str, str] = Field(
        default_factory=dict, description="By column: the dataset that it names a row of, as `customers` or `customers.id`."
    )
    time: str | None = Field(None, description="The column that 'last month' means; unset: the one date there is.")

    _name: str = PrivateAttr("")
    _path: Path = PrivateAttr(Path())
    _lines: Lines = PrivateAttr(default_factory=dict)

    @field_validator("schedule")
    @classmethod
    def _is_a_cron_line(cls, value: str | None) -> str | None:
        return value and check(value)

    @field_validator("key", "partition_by", "drop", mode="before", json_schema_input_type=str | list[str])
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value

    @field_validator("columns", mode="before", json_schema_input_type=dict[str, Column | str | None])
    @classmethod
    def _short_columns(cls, value: Any) -> Any:
        """`price: DECIMAL(10,2)` is short for `price: {type: DECIMAL(10,2)}`."""
        if not isinstance(value, dict):
            return value
        return {str(k): {"type": v} if isinstance(v, str) else v if v is not None else {} for k, v in value.items()}

    @field_validator("metrics", mode="before", json_schema_input_type=dict[str, Metric | str])
    @classmethod
    def _short_metrics(cls, value: Any) -> Any:
        """`revenue: sum(amount)` is short for `revenue: {sql: sum(amount)}`."""
        return {k: {"sql": v} if isinstance(v, str) else v for k, v in value.items()} if isinstance(value, dict) else value

    @model_validator(mode="after")
    def _names_fit(self) -> Pipeline:
        if self.mode == "upsert" and not self.key:
            raise ValueError("mode: upsert needs a key, as `key: [id]`")
        taken = [name for name in self.derive if name in self.columns]
        if taken:
            raise ValueError(f"derive: {taken[0]!r} is already a column")
        for name in (*self.columns, *self.derive):
            if name.startswith("_") or re.search(r"[ ,;{}()\n\t=]", name):
                raise ValueError(f"columns: {name!r} cannot name a column of a Delta table; use letters, digits and _")
        return self

    @property
    def name(self) -> str:
        return self._name

    @property
    def path(self) -> Path:
        return self._path

    @property
    def lines(self) -> Lines:
        return self._lines

    @property
    def dataset_name(self) -> str:
        return self.dataset or self.name

    @property
    def suite_name(self) -> str:
        return self.suite or self.name

    @property
    def step_file(self) -> Path:
        """pipelines/NAME.py, the analyst's own step, where there is one."""
        return self._path.with_suffix(".py")

    @property
    def has_step(self) -> bool:
        return self.step_file.is_file()

    def write_mode(self, many_items: bool) -> str:
        """The write mode in force: `many_items` says that the source is a glob."""
        return self.mode or ("upsert" if self.key else "append" if many_items else "replace")

    def check_names(self) -> None:
        """The key and the partitions are columns of the dataset, as far as this file alone decides them."""
        known = {*self.columns, *self.derive}
        if not self.columns or self.sql or self.has_step:
            return
        time = [self.time] if self.time else []
        for use, names in (("key", self.key), ("partition_by", self.partition_by), ("relations", self.relations), ("time", time)):
            for name in names:
                if name not in known:
                    where = f"{self.path}:{self.lines.get((use,), 1)}"
                    raise UsageError(f"{use}: no column {name!r}{did_you_mean(name, known)}", where=where,
                                     hint=f"the columns are {', '.join(sorted(known))}")  # fmt: skip

    def rules_hash(self, suite_file: Path) -> str:
        """A hash of all that decides what becomes of a batch: this file, its Python step and its suite."""
        digest = hashlib.sha256()
        rules = self.model_dump(mode="json", by_alias=True, exclude=_WORDS)
        digest.update(json.dumps(rules, sort_keys=True).encode())
        for file in (self.step_file if self.has_step else None, suite_file):
            text = file.read_text(encoding="utf-8") if file and file.is_file() else ""
            digest.update(b"\0" + text.encode())
        return digest.hexdigest()


def load_pipeline(path: Path) -> Pipeline:
    """The pipeline in `path`. Raises UsageError with file, line and the allowed keys."""
    name = path.stem
    if not _NAME.match(name):
        raise UsageError(f"{name!r} cannot name a pipeline", where=str(path), hint="use letters, digits and _")
    data, lines = read_yaml(path)
    pipeline = validate(Pipeline, data, path, lines)
    pipeline._name, pipeline._path, pipeline._lines = name, path, lines
    if not _NAME.match(pipeline.dataset_name):
        raise UsageError(f"dataset {pipeline.dataset_name!r} is not a name", where=str(path), hint="letters, digits, _")
    pipeline.check_names()
    return pipeline
