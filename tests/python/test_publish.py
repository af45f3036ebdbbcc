"""Publishing beside the build: whole or not at all, and nothing personal."""

import duckdb
import pytest
from segmentation.commands import publish


def published(folder):
    """Names and numbers of rows of what a folder shows now."""
    files = sorted((folder / "current").glob("*.parquet"))
    return {
        file.stem: duckdb.sql(f"select count(*) from '{file}'").fetchall()[0][0]
        for file in files
    }


@pytest.fixture
def small(tmp_path):
    """A database with three marts, one of them for a tool."""
    path = tmp_path / "small.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema shop")
        for name in ("rpt_customers", "fct_x", "rpt_esp_klaviyo", "int_x"):
            connection.execute(
                f"create table shop.{name} as select 'a@b.example' as email"
            )
    return path


def test_every_mart_is_published_as_it_is(demo_database, tmp_path, query):
    n_tables, where = publish.publish(demo_database, "shop", f"parquet:{tmp_path}")
    found = published(tmp_path)
    assert len(found) == n_tables > 50
    for name, n_rows in found.items():
        assert query(demo_database, f"select count(*) from shop.{name}") == [(n_rows,)]
    (total,) = query(demo_database, "select sum(net_amount) from shop.rpt_customers")
    file = f"{where}/rpt_customers.parquet"
    assert duckdb.sql(f"select sum(net_amount) from '{file}'").fetchall() == [total]


def test_tables_for_tools_are_left_out(small, tmp_path):
    publish.publish(small, "shop", f"parquet:{tmp_path}/out")
    assert set(published(tmp_path / "out")) == {"rpt_customers", "fct_x"}


def test_a_publication_that_fails_leaves_the_one_before(small, tmp_path):
    out = tmp_path / "out"
    publish.publish(small, "shop", f"parquet:{out}")
    before = (out / "current").resolve()
    with duckdb.connect(str(small)) as connection:
        connection.execute(
            "create view shop.fct_z as select error('no') as broken from shop.fct_x"
        )
    with pytest.raises(publish.PublishError, match="what was published before stays"):
        publish.publish(small, "shop", f"parquet:{out}")
    assert (out / "current").resolve() == before
    assert set(published(out)) == {"rpt_customers", "fct_x"}
    assert [one.name for one in out.iterdir() if one.name != "current"] == [before.name]


def test_a_reader_may_finish_what_is_replaced(small, tmp_path):
    """Of old publications the last one is kept."""
    out = tmp_path / "out"
    seen = []
    for _ in range(4):
        publish.publish(small, "shop", f"parquet:{out}")
        seen.append((out / "current").resolve())
    assert len(set(seen)) == 4
    assert set(out.glob("publication_*")) == set(seen[-2:])


@pytest.mark.parametrize(
    ("database", "destination", "said"),
    [
        ("none.duckdb", "parquet:x", "There is no database"),
        (None, "excel:x", "is none of parquet:"),
        (None, "parquet", "is none of parquet:"),
        (None, "parquet:used", "is no link that this command made"),
    ],
)
def test_what_cannot_be_published_is_said_in_a_sentence(
    small, tmp_path, monkeypatch, capsys, database, destination, said
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "used" / "current").mkdir(parents=True)
    code = publish.main(
        ["--database", database or str(small), "--schema", "shop", "--to", destination]
    )
    error = capsys.readouterr().err
    assert code == 1 and said in error and "Traceback" not in error


def test_a_schema_without_marts_is_named(small, tmp_path):
    with pytest.raises(publish.PublishError, match="no mart in schema nowhere"):
        publish.publish(small, "nowhere", f"parquet:{tmp_path}/out")
