"""What the project promises of its own shape, read from manifest and files."""

import ast
import json
import re
from pathlib import Path

import dbt_process
import duckdb
import pytest
import yaml
from conftest import (
    all_entities,
    put_in_later,
    variables_of_models,
    variables_of_parsing,
)

ROOT = Path(__file__).resolve().parents[2]
NOT_PORTABLE = {
    "qualify": r"\bqualify\b",
    "filter clause": r"\bfilter\s*\(",
    "double colon cast": r"::",
    "group by all": r"\bgroup by all\b",
    "asof join": r"\basof\b",
    "log of unknown base": r"\blog\s*\(",
    "median": r"\bmedian\s*\(",
    "ignore nulls": r"\bignore nulls\b",
    "32-bit float": r"type_float\(",
    "date spine": r"date_spine\(",
    "clock": r"\bcurrent_(date|timestamp)\b|\bnow\s*\(",
    "engine test": r"target\.type",
    "list": r"\blist_(agg|sort|filter|transform)|\bunnest\s*\(|\barray_agg",
    "distinct count over a window": r"count\(distinct[^)]*\)\s*over",
    # decimals of six digits on Spark; 1.0e0 is a double
    "decimal literal in arithmetic": (
        r"(?<![\w.'])\d+\.\d+\s*[*/]|[*/]\s*\d+\.\d+(?![\w.])"
    ),
    # add_to_moment and parts_between put their arguments in brackets
    "date macro without brackets": r"\bdbt\.date(add|diff)\(",
    # does not sort on Spark; sorted_texts does
    "listagg": r"\bdbt\.listagg\(",
    # takes no column for the number on Spark and BigQuery; part_of_text does
    "split part": r"\bdbt\.split_part\(",
}


@pytest.fixture(scope="module")
def manifest(artifacts):
    """The manifest of the demo shop's project."""
    return json.loads((artifacts / "manifest.json").read_text())


def models(manifest):
    return {
        node["name"]: node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
    }


def test_models_use_no_construct_that_an_engine_lacks():
    found = []
    # what stands in macros/engines differs between engines on purpose
    everywhere = (
        "decimal literal in arithmetic", "date macro without brackets", "listagg",
        "split part",
    )  # fmt: skip
    for path in sorted([*ROOT.glob("models/**/*.sql"), *ROOT.glob("macros/**/*.sql")]):
        text = re.sub(r"--[^\n]*", "", path.read_text())
        folders = path.relative_to(ROOT).parts
        for name, pattern in NOT_PORTABLE.items():
            if folders[0] == "macros" and name not in everywhere:
                continue
            if folders[:2] == ("macros", "engines") and name in everywhere:
                continue
            if re.search(pattern, text, re.IGNORECASE):
                found.append((path.name, name))
    assert found == []


def test_the_search_for_constructs_finds_them():
    bad = (
        "select median(x), y::int, 1.0 * a, b / 90.0, {{ dbt.dateadd('day', 1, d) }},"
        " {{ dbt.listagg('x') }}, {{ dbt.split_part('x', 'y', 1) }}"
        " from t qualify row_number() over (order by x) = 1"
    )
    hits = [name for name, pattern in NOT_PORTABLE.items() if re.search(pattern, bad)]
    assert hits == [
        "qualify", "double colon cast", "median", "decimal literal in arithmetic",
        "date macro without brackets", "listagg", "split part",
    ]  # fmt: skip
    literal = NOT_PORTABLE["decimal literal in arithmetic"]
    assert re.search(literal, "b / 90.0") and re.search(literal, "0.5 * b")
    assert not re.search(literal, "1.0e0 * a / 365.25e0 + 'v1.5' || x - 0.5")


def test_what_a_full_refresh_keeps_is_tagged_as_history(manifest):
    kept = {
        name
        for name, node in models(manifest).items()
        if node["config"]["full_refresh"] is False
    }
    tagged = {
        name
        for name, node in models(manifest).items()
        if "segmentation_history" in node["config"]["tags"]
    }
    assert kept == tagged
    assert len(kept) >= 7


# made again by the day, and what tools must still be told
FORGETTING_BY_ITSELF = {
    "int_web_events__checked", "int_email_events__checked", "int_sessions__daily",
    "int_customer_days__engaged", "rpt_esp_profiles",
}  # fmt: skip


def test_an_erasure_reaches_every_table_that_grows_by_customers(manifest):
    growing = {
        name
        for name, node in models(manifest).items()
        if node["config"]["materialized"] == "incremental"
        and "customer_id" in node["columns"]
    }
    reached = {
        name
        for name, node in models(manifest).items()
        if node["config"]["meta"].get("keeps_history")
    }
    assert growing - reached == FORGETTING_BY_ITSELF
    assert len(reached) > 20
    # and what is made of them is made after it
    found = models(manifest)
    forgetting = found["int_customers__checked"]["unique_id"]
    ids = {found[name]["unique_id"] for name in reached}
    early = [
        name
        for name, node in found.items()
        if ids & set(node["depends_on"]["nodes"])
        and forgetting not in ancestors_of(manifest, node["unique_id"])
    ]
    assert early == []


def ancestors_of(manifest, unique_id):
    found, waiting = set(), [unique_id]
    while waiting:
        for parent in manifest["parent_map"].get(waiting.pop(), ()):
            if parent not in found:
                found.add(parent)
                waiting.append(parent)
    return found


def test_parts_built_one_after_the_other_are_the_whole(manifest):
    """What a part reads is of it or of an earlier one; nothing is of no part."""
    nodes = {
        name: node
        for name, node in manifest["nodes"].items()
        if node["resource_type"] in ("model", "seed")
    }
    built, missing = set(), []
    for part in ("inputs", "features", "segments", "activation"):
        built |= {
            name
            for name, node in nodes.items()
            if f"segmentation_{part}" in node["config"]["tags"]
        }
        missing += [
            (part, name, parent)
            for name in built
            for parent in nodes[name]["depends_on"].get("nodes", [])
            if parent in nodes and parent not in built
        ]
    assert missing == []
    assert built == set(nodes)


def test_every_model_sees_first_that_its_parents_are_built(manifest):
    rash = [
        name
        for name, node in models(manifest).items()
        if not any(
            "check_parents_are_built" in hook["sql"]
            for hook in node["config"]["pre-hook"]
        )
    ]
    assert rash == []


def test_tests_of_several_models_wait_until_all_are_built(manifest):
    several = [
        node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test" and len(set(node["depends_on"]["nodes"])) > 1
    ]
    waiting = "macro.segmentation.if_all_are_built"
    of_tests = {
        name: macro["depends_on"]["macros"]
        for name, macro in manifest["macros"].items()
        if name.startswith("macro.segmentation.test_")
    }
    rash = [
        node["name"]
        for node in several
        if waiting not in node["depends_on"]["macros"]
        and not any(
            waiting in of_tests.get(name, ()) for name in node["depends_on"]["macros"]
        )
    ]
    assert len(several) > 20
    assert rash == []


def test_only_tests_read_the_planted_truth(manifest):
    found = models(manifest)
    truth = found["demo_truth"]["unique_id"]
    readers = [
        child for child in manifest["child_map"][truth] if not child.startswith("test.")
    ]
    assert readers == []
    for process in ("demo_customer_processes", "demo_order_processes"):
        for child in manifest["child_map"][found[process]["unique_id"]]:
            name = child.split(".")[2]
            assert child.startswith(("test.", "unit_test.")) or name.startswith("demo_")


def test_no_planted_column_reaches_the_inputs(manifest):
    found = models(manifest)
    planted = set(found["demo_truth"]["columns"]) - {"customer_id"}
    for name, node in found.items():
        if name.startswith("stg_demo__"):
            assert planted.isdisjoint(node["columns"]), name


def test_every_mart_is_public_typed_described_and_shown(manifest):
    marts = [
        node
        for node in models(manifest).values()
        if "models/marts/" in node["original_file_path"]
    ]
    assert len(marts) >= 12
    for node in marts:
        assert node["access"] == "public", node["name"]
        assert node["contract"]["enforced"], node["name"]
        assert "```sql" in node["description"], node["name"]
        for column in node["columns"].values():
            assert column["data_type"] and column["description"], (
                node["name"],
                column["name"],
            )


def test_every_example_query_of_a_mart_runs(manifest, demo_database):
    for node in models(manifest).values():
        for example in re.findall(r"```sql\n(.*?)```", node["description"], re.DOTALL):
            with duckdb.connect(str(demo_database), read_only=True) as connection:
                connection.execute("set schema = 'shop'")
                connection.execute(example).fetchall()


def test_raw_addresses_stay_in_one_model_and_what_is_sent(manifest):
    allowed = {
        "int_customer_contacts__normalised",
        "int_customer_phones__normalised",
        "demo_customers",
    }
    sent = {
        name
        for name, node in models(manifest).items()
        if node["config"]["meta"].get("contains_pii")
        and node["original_file_path"].startswith("models/marts/sync/")
    }
    assert sent == {
        "rpt_esp_klaviyo", "rpt_esp_braze", "rpt_esp_iterable", "rpt_esp_customerio",
    }  # fmt: skip
    for name, node in models(manifest).items():
        if {"email", "phone"} & set(node["columns"]):
            # what is received is read by views alone
            is_received = name.startswith(("stg_", "base_")) or (
                "models/intermediate/inputs/" in node["original_file_path"]
                and node["config"]["materialized"] == "view"
            )
            assert name in allowed | sent or is_received, name


@pytest.mark.parametrize(
    ("personal", "readers"),
    [
        ("int_customer_contacts__normalised", {"rpt_esp_klaviyo"}),
        (
            "int_customer_phones__normalised",
            {
                "rpt_esp_klaviyo", "rpt_esp_braze", "rpt_esp_iterable",
                "rpt_esp_customerio",
            },
        ),
    ],
)  # fmt: skip
def test_only_what_is_sent_reads_the_raw_addresses(manifest, personal, readers):
    unique_id = models(manifest)[personal]["unique_id"]
    found = {
        child.split(".")[2]
        for child in manifest["child_map"][unique_id]
        if child.startswith("model.")
    }
    assert found == readers


CODE = [
    *(ROOT / "python_models").rglob("*.py"),
    *(ROOT / "activation").rglob("*.py"),
]


def test_nothing_is_pickled_or_evaluated():
    for path in CODE:
        text = path.read_text()
        assert not re.search(r"\b(pickle|joblib|dill|marshal|shelve)\b", text), path
        called = {
            node.func.id
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        # the notebook runs its own cells, to show what they print
        if path.name != "notebook.py":
            assert called.isdisjoint({"eval", "exec", "compile", "__import__"}), path


LIBRARY = ROOT / "python_models" / "segmentation"
# rooms that any room may read; what starts things may read all of them
COMMON = {"registry", "statistics"}
STARTERS = {"commands", "report"}


def rooms_read_by(text):
    """Rooms of the library that a module's imports name."""
    names = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and not node.level:
            base = node.module or ""
            names |= {base, *(f"{base}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    parts = {tuple(name.split(".")[:2]) for name in names}
    rooms = {path.name for path in LIBRARY.iterdir() if path.is_dir()}
    return {part[1] for part in parts if part[0] == "segmentation" and part[1:]} & rooms


def test_no_room_of_the_library_reads_a_siblings_inside():
    found = []
    for path in sorted(LIBRARY.rglob("*.py")):
        room = path.relative_to(LIBRARY).parts[0]
        allowed = {"registry": {"statistics"}, "statistics": set()}.get(room, COMMON)
        if room in STARTERS:
            allowed = COMMON | STARTERS
        if not path.parent.samefile(LIBRARY):
            found += [
                (str(path.relative_to(LIBRARY)), other)
                for other in rooms_read_by(path.read_text()) - allowed - {room}
            ]
    assert found == []


def test_the_search_for_siblings_finds_them():
    assert rooms_read_by("from segmentation import scores") == {"scores"}
    assert rooms_read_by("import segmentation.movement.chain") == {"movement"}
    assert rooms_read_by("from segmentation.segments.fits import x") == {"segments"}
    assert rooms_read_by("from segmentation.errors import CannotFit") == set()


# quotation marks that are none of SQL: of a message, of YAML, of a page
NO_SQL = ("must hold", "svg", '"{name}"')


def quoted_by_hand(text):
    """F-strings that put quotation marks around a value, as (line, text)."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.JoinedStr):
            continue
        around = [
            part.value if isinstance(part, ast.Constant) else None
            for part in node.values
        ]
        for i, part in enumerate(node.values):
            before = (around[i - 1] if i else "") or ""
            after = (around[i + 1] if i + 1 < len(around) else "") or ""
            if (
                isinstance(part, ast.FormattedValue)
                and re.search(r"""['"]\w*$""", before)
                and re.match(r"""\w*['"]""", after)
            ):
                found.append((node.lineno, ast.unparse(node)))
    return found


def test_names_and_values_in_sql_are_quoted_by_one_function():
    found = [
        (path.name, *place)
        for path in CODE
        for place in quoted_by_hand(path.read_text())
        if not any(word in place[1] for word in NO_SQL)
    ]
    assert found == []


def test_the_search_for_quotes_by_hand_finds_them():
    assert quoted_by_hand("f\"select * from t where a = '{x}'\"")
    assert quoted_by_hand("f'select \"mean_{x}\" from t'")
    assert not quoted_by_hand('f"select {quoted(x)} from t where a = {literal(y)}"')


# what is called on DuckDB's or Spark's relations and sessions, and on nothing else
OF_AN_ENGINE = {
    "aggregate", "collect", "createDataFrame", "fetchall", "fetch_arrow_reader",
    "fetch_arrow_table", "fetchnumpy", "fetchone", "fetch_record_batch", "from_arrow",
    "groupBy", "mapInArrow", "mapInPandas", "order", "project", "set_alias", "sql",
    "sql_query", "toArrow", "toPandas", "to_arrow_reader", "to_arrow_table",
}  # fmt: skip


def uses_of_an_engine(text):
    """Imports of an engine, and calls of methods that only engines have, as names."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").split(".")[0])
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            name = node.func.attr
            on_session = (
                isinstance(node.func.value, ast.Name)
                and node.func.value.id == "session"
            )
            if name in OF_AN_ENGINE or on_session:
                found.add(name)
    return {
        name
        for name in found
        if name in OF_AN_ENGINE | {"duckdb", "pyspark"}
        or name in {"table", "execute", "cursor", "query", "register", "filter"}
    }


def test_only_one_module_of_the_python_models_speaks_to_an_engine():
    # what is not called by models works on files, which are DuckDB's
    own = {LIBRARY / "relations.py", LIBRARY / "session.py"}
    found = {
        str(path.relative_to(ROOT)): uses
        for path in sorted((ROOT / "python_models").rglob("*.py"))
        if path not in own
        and not {LIBRARY / room for room in STARTERS} & set(path.parents)
        and path != LIBRARY / "identifiers.py"
        and (uses := uses_of_an_engine(path.read_text()))
    }
    assert found == {}
    assert uses_of_an_engine((LIBRARY / "relations.py").read_text())


def test_the_search_for_uses_of_an_engine_finds_them():
    assert uses_of_an_engine("import duckdb") == {"duckdb"}
    assert uses_of_an_engine("from pyspark.sql import functions") == {"pyspark"}
    assert uses_of_an_engine("rows.order('x').limit(1).fetchall()") == {
        "order", "fetchall",
    }  # fmt: skip
    assert uses_of_an_engine("session.table('x')") == {"table"}
    assert uses_of_an_engine("frame.mapInArrow(f, s).toArrow()") == {
        "mapInArrow", "toArrow",
    }  # fmt: skip
    assert uses_of_an_engine("relations.read_rows(x, where='y'); re.search(a)") == set()


# -- what the tests themselves rely on --------------------------------------


# of variables that are no numbers
OTHER_VALUES = {
    "segmentation_as_of_date": "2024-06-30",
    "segmentation_budgets": [1000],
    "segmentation_currency": "EUR",
    "segmentation_demo_end_date": "2024-06-30",
    "segmentation_earliest_day": "1995-01-01",
    "segmentation_extracted_at": "2024-12-31 12:00:00",
    "segmentation_ga4_user_id": "email",
    "segmentation_holdout_salt": "pepper",
    "segmentation_n_clusters": 4,
    "segmentation_order_discounts": "included",
    "segmentation_recipe": "rfm_rules",
    "segmentation_service_categories": ["Postage"],
    "segmentation_sync_failures": "refused/*_failures.csv",
    "segmentation_time_zone": "Europe/Berlin",
}


@pytest.mark.parametrize("connector", ["demo", "native"])
def test_manifests_may_be_shared_by_runs_with_other_variables_and_databases(
    connector, parse, project, run_dbt, tmp_path
):
    settings = yaml.safe_load((project / "dbt_project.yml").read_text())["vars"]
    free = settings.keys() - variables_of_parsing(project)
    no_numbers = {n for n in free if not isinstance(settings[n], int | float)}
    assert no_numbers == OTHER_VALUES.keys(), "give each a value other than the default"
    others = OTHER_VALUES | {
        name: not settings[name]
        if isinstance(settings[name], bool)
        else settings[name] + 1
        for name in free - no_numbers
    }
    # what models keep is put in after parsing
    for variables in variables_of_models(project).values():
        others |= {name: settings[name] + 1 for name in variables.values()}
    others["segmentation_columns"] = {"orders": {"ordered_at": "placed_at"}}
    if connector == "native":
        tables = {entity: f"raw_{entity}" for entity in all_entities(project)}
        others |= {"segmentation_connector": "native", "segmentation_tables": tables}
    known, *replaced = put_in_later(others, project)
    assert known.keys() & variables_of_parsing(project) <= {
        "segmentation_connector",
        "segmentation_tables",
    }
    run_dbt(
        ["parse", "--vars", json.dumps(others), "--target-path", tmp_path],
        project,
        {"SEGMENTATION_DUCKDB_PATH": str(tmp_path / "elsewhere.duckdb")},
    )
    other = dbt_process.load_manifest(tmp_path / "partial_parse.msgpack", "elsewhere")
    shared = dbt_process.load_manifest(parse(known, project), "elsewhere", *replaced)
    assert contents(shared) == contents(other)


def contents(manifest):
    """What a manifest has dbt do, whenever it was parsed."""
    return {
        key: comparable(node.to_dict())
        for part in ("nodes", "sources", "unit_tests", "exposures", "metrics", "macros")
        for key, node in getattr(manifest, part).items()
    }


def comparable(part):
    if isinstance(part, dict):
        return {
            key: comparable(value)
            for key, value in part.items()
            # dbt lists the macros that a model's branches call, and uses the list to
            # select what changed, and for nothing in a run; when a table was loaded is
            # asked by `dbt source freshness` alone
            if key not in ("created_at", "macros", "loaded_at_field")
        }
    return [comparable(item) for item in part] if isinstance(part, list) else part
