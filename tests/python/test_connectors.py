"""Connectors: what each has, how they are put together, and what comes of it."""

import json

import duckdb
import jinja2
import pytest
import yaml
from conftest import ROOT
from segmentation.init import read_contract
from segmentation.variables import read_connectors

STAGING = ROOT / "models" / "staging"
ENTITIES = list(read_contract())
ENTITIES.remove("customer_summaries")


def read_table():
    """The table of connectors, {name: {'kind', 'staged_as', 'entities'}}."""
    found = []
    template = jinja2.Environment(extensions=["jinja2.ext.do"]).from_string(
        (ROOT / "macros" / "inputs" / "connector.sql").read_text(),
        globals={"return": found.append},
    )
    template.module.connectors()
    return found[0]


def entities_of(name):
    """The entities that there is a model for under a name."""
    found = {path.stem.split("__")[1] for path in (STAGING / name).glob("stg_*.sql")}
    return found & set(ENTITIES)


# -- one table, one contract -------------------------------------------------


def test_the_table_of_connectors_is_that_of_the_folders():
    table = read_table()
    assert list(table) == list(read_connectors())
    staged = {entry.get("staged_as", name) for name, entry in table.items()}
    folders = {folder.name for folder in STAGING.iterdir() if folder.is_dir()}
    assert set(table) | staged == folders
    for name, entry in table.items():
        assert entry["kind"] in ("shop", "mail", "site")
        assert set(entry["entities"]) == entities_of(entry.get("staged_as", name)), name


def columns_of(path, prefix):
    """Columns that a YAML file describes, {entity: [column]}."""
    return {
        model["name"].removeprefix(prefix): {
            column["name"] for column in model["columns"]
        }
        for model in yaml.safe_load(path.read_text())["models"]
        if model["name"].startswith(prefix)
    }


@pytest.mark.parametrize(
    "name",
    sorted({table.get("staged_as", name) for name, table in read_table().items()}),
)
def test_a_connector_has_the_columns_of_the_staging_contract(name):
    folder = ROOT / "models" / "intermediate" / "inputs"
    contract = {
        entity.removesuffix("__united"): columns
        for entity, columns in columns_of(
            folder / "_int_inputs__models.yml", "int_"
        ).items()
    }
    assert set(contract) == set(ENTITIES)
    found = columns_of(STAGING / name / f"_stg_{name}__models.yml", f"stg_{name}__")
    assert entities_of(name) <= set(found)
    for entity in entities_of(name):
        # what a table of one's own had mended is counted beside
        assert found[entity] - {"mended_values"} == contract[entity], entity


def test_what_is_united_has_the_types_of_the_input_contract(demo_database):
    types = {
        "id": "VARCHAR", "string": "VARCHAR", "word": "VARCHAR", "integer": "INTEGER",
        "money": "DECIMAL", "double": "DOUBLE", "boolean": "BOOLEAN", "date": "DATE",
        "timestamp": "TIMESTAMP",
    }  # fmt: skip
    with duckdb.connect(str(demo_database), read_only=True) as connection:
        found = connection.execute(
            "select table_name, column_name, data_type from"
            " information_schema.columns where table_name like 'int_%__united'"
        ).fetchall()
    actual = {(table, column): data_type for table, column, data_type in found}
    n_compared = 0
    for entity in ENTITIES:
        for column, properties in read_contract()[entity].items():
            name = properties.get("staged_as", column)
            data_type = actual[f"int_{entity}__united", name]
            assert data_type.startswith(types[properties["type"]]), (entity, name)
            n_compared += 1
    assert n_compared > 60


# -- composition -------------------------------------------------------------


@pytest.fixture(scope="module")
def said_of(project, run_dbt):
    """What is said of choices of connectors, by one run of dbt."""
    choices = {
        "one": "native",
        "a list": ["native"],
        "two shops": ["native", "demo"],
        "none": [],
        "unknown": ["native", "shopware"],
        "a number": 5,
        "a mapping": {"native": "demo"},
    }
    text = f"""
        {{% set said = {{}} %}}
        {{% for name, chosen in fromjson({json.dumps(json.dumps(choices))}).items() %}}
            {{% do said.update({{name: segmentation.connector_problems(chosen)}}) %}}
        {{% endfor %}}
        {{{{ print("SAID" ~ tojson(said)) if execute }}}}
    """
    process = run_dbt(
        ["compile", "--quiet", "--inline", text]
        + ["--target-path", project / "target" / "variables"],
        project,
    )
    said = next(line for line in process.stdout.splitlines() if line[:4] == "SAID")
    return json.loads(said.removeprefix("SAID"))


@pytest.mark.parametrize("choice", ["one", "a list"])
def test_one_shop_is_right(said_of, choice):
    assert said_of[choice] == []


@pytest.mark.parametrize(
    ("choice", "sentence"),
    [
        ("two shops", "names 2 shops, native and demo; leave one of them"),
        ("none", "names no shop, without which there is nobody to segment; add one of"),
        ("unknown", 'unknown connector "shopware" in the variable'),
        ("a number", "is 5, but must be the name of a connector or a list of names"),
        ("a mapping", "must be the name of a connector or a list of names, of demo"),
    ],
)
def test_other_choices_are_refused_in_words(said_of, choice, sentence):
    assert len(said_of[choice]) == 1
    assert sentence in said_of[choice][0]
