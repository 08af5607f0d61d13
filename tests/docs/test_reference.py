"""The generated parts of the documentation say what the models say."""

from __future__ import annotations

import json
import tomllib

import jsonschema
import pytest
import yaml
from pages import DOCS, REPOSITORY

from boathouse import reference

MEND = "it is stale: python -m boathouse.reference"


@pytest.mark.parametrize("path", list(reference.files()), ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_generated_files_are_fresh(path) -> None:
    assert path.is_file(), f"{path} is missing: python -m boathouse.reference"
    assert path.read_text(encoding="utf-8") == reference.files()[path], MEND


def test_every_model_is_shown_somewhere() -> None:
    shown = {match[2] for page in DOCS.rglob("*.md") for match in reference.BLOCK.finditer(page.read_text(encoding="utf-8"))}
    assert shown >= set(reference.models())


def test_schemas_can_be_written_elsewhere(tmp_path) -> None:
    reference.main([str(tmp_path / "schemas")])
    made = sorted(path.name for path in (tmp_path / "schemas").iterdir())
    assert made == ["boathouse-toml.schema.json", "pipeline.schema.json", "receipt.schema.json"]


class TestPipelineSchema:
    """What an editor underlines is what a run refuses."""

    @pytest.fixture
    def validator(self):
        return jsonschema.Draft7Validator(json.loads(reference.schemas()["pipeline.schema.json"]))

    def test_a_drafted_pipeline_is_valid(self, validator, wb) -> None:
        (wb.root / "orders.csv").write_text("id;day;price\n1;01.02.2026;1,50\n2;02.02.2026;2,00\n", encoding="utf-8")
        drafted = yaml.safe_load(wb.add("orders", "orders.csv").pipeline)
        assert not list(validator.iter_errors(drafted))

    @pytest.mark.parametrize("path", sorted((REPOSITORY / "pipelines").glob("*.yml")), ids=lambda path: path.stem)
    def test_the_demo_company_s_pipelines_are_valid(self, validator, path) -> None:
        assert not list(validator.iter_errors(yaml.safe_load(path.read_text(encoding="utf-8"))))

    @pytest.mark.parametrize(
        "wrong",
        [
            {"source": {"type": "csv"}},
            {"source": {"type": "csv", "location": "a.csv", "sheet": "one"}},
            {"source": {"type": "excel", "location": "a.xlsx", "delimiter": ";"}},
            {"source": {"type": "csv", "location": "a.csv"}, "modus": "append"},
            {"source": {"type": "csv", "location": "a.csv"}, "mode": "merge"},
            {"source": {"type": "csv", "location": "a.csv"}, "columns": {"a": {"typ": "DATE"}}},
        ],
    )
    def test_what_is_wrong_is_found(self, validator, wrong) -> None:
        assert list(validator.iter_errors(wrong))

    @pytest.mark.parametrize(
        "right",
        [
            {"source": {"type": "csv", "location": "a.csv", "header": True}, "key": "id", "columns": {"id": "BIGINT", "b": None}},
            {"source": {"type": "somebody-elses", "location": "x://y", "anything": 1}},
        ],
    )
    def test_short_forms_and_plug_ins_are_valid(self, validator, right) -> None:
        assert not list(validator.iter_errors(right))


def test_the_workbench_of_this_repository_is_valid() -> None:
    schema = json.loads(reference.schemas()["boathouse-toml.schema.json"])
    written = (REPOSITORY / "boathouse.toml").read_text(encoding="utf-8")
    assert not list(jsonschema.Draft7Validator(schema).iter_errors(tomllib.loads(written)))
