"""`python -m segmentation init` recognises a shop's tables and marks what is vague."""

import shutil

import duckdb
import pytest
import yaml
from conftest import ROOT
from segmentation.commands import init

CONTRACT = init.read_contract()


def written(tables, schema="raw"):
    """The variables for tables, {name: columns in one text}, and the text itself."""
    split = {name: columns.split() for name, columns in tables.items()}
    text, problems = init.write_variables(schema, split, CONTRACT)
    return yaml.safe_load(text), text, problems


def test_three_csv_files_give_the_variables_that_the_host_project_has(
    tmp_path, monkeypatch, capsys
):
    shutil.copytree(ROOT / "integration_tests" / "seeds", tmp_path / "shop")
    monkeypatch.setenv("SEGMENTATION_DUCKDB_PATH", str(tmp_path / "shop.duckdb"))
    output = tmp_path / "vars.yml"
    assert init.main([str(tmp_path / "shop"), "--output", str(output)]) == 0
    found = yaml.safe_load(output.read_text())
    host = yaml.safe_load((ROOT / "integration_tests/dbt_project.yml").read_text())
    assert found["segmentation_connector"] == "native"
    assert found["segmentation_columns"] == host["vars"]["segmentation_columns"]
    given = {
        name: table for name, table in found["segmentation_tables"].items() if table
    }
    assert given == host["vars"]["segmentation_tables"]
    with duckdb.connect(str(tmp_path / "shop.duckdb"), read_only=True) as connection:
        counted = connection.execute("select count(*) from raw.shop_buyers").fetchone()
    assert counted == (150,)
    assert f'dbt build --vars "$(cat {output})"' in capsys.readouterr().out


def test_own_names_need_no_mapping():
    tables = {
        entity: " ".join(CONTRACT[entity])
        for entity in ("customers", "orders", "reviews")
    }
    tables["order_lines"] = " ".join(CONTRACT["order_lines"])
    found, text, problems = written(tables)
    assert problems == []
    assert found["segmentation_columns"] == {}
    assert "look" not in text.split("\n", 1)[1]
    assert found["segmentation_tables"]["reviews"] == "reviews"
    assert found["segmentation_tables"]["tickets"] is None


def test_a_vague_name_is_taken_and_marked():
    found, text, problems = written(
        {
            "users": "id email created_at",
            "orders": "id user_id created_at total_discounts",
            "line_items": "id order_id sku quantity price",
        }
    )
    assert problems == []
    assert found["segmentation_columns"]["orders"] == {
        "order_id": "id",
        "customer_id": "user_id",
        "ordered_at": "created_at",
        "discount_amount": "total_discounts",
    }
    assert "ordered_at: created_at  # look: is it this one?" in text
    assert "customer_id: user_id\n" in text


def test_what_is_required_and_not_found_is_told_with_what_is_left_over():
    found, text, problems = written(
        {"customers": "customer_id", "orders": "order_id customer_id ordered_at",
         "order_lines": "order_line_id order_id pieces unit_price"}
    )  # fmt: skip
    assert problems == ["order_lines (order_lines) has no column for quantity"]
    assert "# quantity: required, not found; left over: pieces" in text
    found, text, problems = written({"customers": "customer_id"})
    assert problems == [
        "no table was recognised as orders",
        "no table was recognised as order_lines",
    ]
    assert found["segmentation_tables"]["orders"] is None


def test_one_table_of_totals_is_a_customer_summary():
    found, _, problems = written(
        {"crm_export": "Customer_ID Last_Purchase_Date Total_Orders Total_Spend Gender"}
    )
    assert problems == []
    assert found["segmentation_connector"] == "customer_summary"
    assert found["segmentation_tables"] == {"customer_summaries": "crm_export"}
    assert found["segmentation_columns"]["customer_summaries"] == {
        "last_ordered_at": "Last_Purchase_Date",
        "n_orders": "Total_Orders",
        "total_amount": "Total_Spend",
    }


@pytest.mark.parametrize(
    ("connector", "tables"),
    [
        (
            "thelook",
            {
                "users": "id email", "orders": "order_id user_id",
                "order_items": "id order_id inventory_item_id", "products": "id",
            },
        ),
        (
            "online_retail",
            {
                "online_retail": "InvoiceNo StockCode Description Quantity InvoiceDate"
                " UnitPrice CustomerID Country"
            },
        ),
    ],
)  # fmt: skip
def test_public_data_sets_have_connectors_of_their_own(connector, tables):
    found, _, problems = written(tables)
    assert found == {
        "segmentation_connector": connector,
        "segmentation_schema": "raw",
    }
    assert problems == []


def test_the_schema_of_a_duckdb_file_is_the_one_that_holds_the_shop(
    write_shop, tmp_path, capsys
):
    database = tmp_path / "warehouse.duckdb"
    write_shop(database, schema="landing")
    with duckdb.connect(str(database)) as connection:
        connection.execute("create schema notes; create table notes.memo (a integer)")
    output = tmp_path / "vars.yml"
    assert init.main([str(database), "--output", str(output)]) == 0
    found = yaml.safe_load(output.read_text())
    assert found["segmentation_schema"] == "landing"
    assert found["segmentation_columns"] == {}
    assert f"SEGMENTATION_DUCKDB_PATH={database} dbt build" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda path: None, "There is no"),
        (lambda path: path.mkdir(), "There is no CSV or Parquet file in"),
        (
            lambda path: path.write_text("no database"),
            "cannot be read as a DuckDB file",
        ),
    ],
)
def test_what_is_no_shop_is_refused_in_words(tmp_path, make, sentence):
    make(tmp_path / "it")
    with pytest.raises(SystemExit, match=sentence):
        init.main([str(tmp_path / "it"), "--output", str(tmp_path / "vars.yml")])
