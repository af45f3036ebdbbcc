"""Fixtures of the tests that run dbt: copies of the project, runs of it, made-up shops.

No test runs dbt in the project itself. To parse the project costs 20 seconds, so it is
parsed once for all runs of all workers that need the same manifest: those in the shared
copy (`project`) whose variables differ in none that is read while parsing (see
`variables_of_parsing`). Of those variables, tests should share the values.
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import compare_builds
import dbt_process
import duckdb
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
NOT_COPIED = shutil.ignore_patterns(
    ".git", ".venv", ".*_cache", "__pycache__", "*.egg-info", "*.duckdb*",
    "dbt_packages", "logs", "target",
)  # fmt: skip
NO_TESTS = ("--exclude-resource-type", "test", "unit_test")
# what is chosen by the recipe
RECIPE_ROWS = ("recipes", "targets", "claims")
# the three tables that every shop has, in the columns that it must have
SMALLEST_SHOP = {
    "customers": "select 'c' || i as customer_id from range(60) as numbers(i)",
    "orders": """
        select
            'o' || i as order_id,
            'c' || i % 60 as customer_id,
            timestamp '2024-01-01 12:00' + to_days(cast(i as integer)) as ordered_at
        from range(200) as numbers(i)
    """,
    "order_lines": """
        select
            'l' || i as order_line_id,
            'o' || i as order_id,
            1 + i % 2 as quantity,
            1.5 + i % 17 as unit_price
        from range(200) as numbers(i)
    """,
}


# files that take a minute or more: begun last, one would keep a worker busy alone
LONGEST = (
    "test_reproducibility", "test_package", "test_connectors", "test_bad_inputs",
    "test_customer_summary", "test_campaign", "test_activation_sync",
    "test_score_pipeline", "test_thelook", "test_privacy", "test_segment_validity",
    "test_experiment_shop", "test_metrics", "test_online_retail", "test_guards",
    "test_segment_recipes", "test_point_in_time", "test_confirmation",
    "test_products", "test_shop_mail_site",
)  # fmt: skip


def pytest_collection_modifyitems(items):
    order = {name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: order.get(item.path.stem, len(order)))


def pytest_report_header():
    return f"data sets: {test_data_folder()}"


def test_data_folder():
    """Folder of the public data sets, one folder each."""
    default = ROOT.parent / "shared" / "data"
    return Path(os.environ.get("SEGMENTATION_TEST_DATA", default))


test_data_folder.__test__ = False


@pytest.fixture(scope="session")
def test_data():
    """Function from a data set's name to its folder; skips the test if it is absent."""

    def find(name):
        folder = test_data_folder() / name
        if not folder.is_dir():
            pytest.skip(
                f"no data set {name} in {folder.parent}; set SEGMENTATION_TEST_DATA to "
                "the folder that holds it"
            )
        return folder

    return find


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory):
    """A folder that all workers of this run of pytest share."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder


@pytest.fixture(scope="session")
def made_once(shared_folder):
    """Function that makes something in a folder, once for all workers.

    Arguments: `name`, of the folder; `make`, a function of the folder, which is new and
    empty. Returns the folder. Another worker that asks meanwhile waits.
    """

    @contextmanager
    def alone(name):
        with open(shared_folder / f"{name}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def once(name, make):
        folder = shared_folder / name
        done = shared_folder / f"{name}.done"
        with alone(name):
            if not done.exists():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                make(folder)
                done.touch()
        return folder

    return once


@pytest.fixture(scope="session")
def copy_project(tmp_path_factory):
    """Function that copies the project to a new folder, for a test that edits it."""

    def copy():
        folder = tmp_path_factory.mktemp("copy") / "segmentation"
        return Path(shutil.copytree(ROOT, folder, ignore=NOT_COPIED))

    return copy


@pytest.fixture(scope="session")
def project(made_once):
    """A copy of the project to run dbt in, of all workers, so not to be edited."""

    def copy(folder):
        shutil.copytree(ROOT, folder / "segmentation", ignore=NOT_COPIED)

    return made_once("project", copy) / "segmentation"


@pytest.fixture(scope="session")
def run_dbt():
    """Function that runs dbt in a process of its own.

    Arguments: `args`, those of dbt, such as ["build"]; `cwd`, the project's folder;
    `env`, further environment variables; `check`, whether the test fails if dbt does;
    `manifest`, as in dbt_process.run. Returns the CompletedProcess; what dbt says is in
    `stdout`.
    """

    def run(args, cwd, env=None, check=True, manifest=None):
        process = dbt_process.run(
            [*args, "--no-use-colors"],
            cwd,
            {
                "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
                "DBT_LOG_LEVEL_FILE": "none",
                **(env or {}),
            },
            manifest,
        )
        if check and process.returncode != 0:
            said = process.stdout[-4000:]
            pytest.fail(f"dbt {' '.join(map(str, args))}\n{said}", pytrace=False)
        return process

    return run


def variables_of_parsing(project):
    """Names of the variables that the manifest depends on.

    Those that a YAML file of the project reads, and those that say which tables and
    models the inputs are read from. All others are read by SQL when a model is built.
    """
    names = {f"segmentation_{part}" for part in ("connector", "refs", "tables")}
    for path in project.rglob("*.yml"):
        names.update(re.findall(r"var\(['\"](\w+)['\"]", path.read_text()))
    return names


def variables_of_models(project):
    """Variables that models keep in their `meta`, {model: {key: variable}}.

    Nothing else in the manifest depends on those that are so kept, so that values can
    be put there after parsing.
    """
    kept = {}
    for path in (project / "python_models").rglob("*.yml"):
        for model in yaml.safe_load(path.read_text()).get("models", []):
            for key, value in model.get("config", {}).get("meta", {}).items():
                variable = re.fullmatch(r"\{\{ var\('(\w+)'\) \}\}", str(value))
                if variable:
                    kept.setdefault(model["name"], {})[key] = variable[1]
    return kept


@pytest.fixture(scope="session")
def parse(made_once, run_dbt, project, request):
    """Function that parses a project, once for all runs that need the same manifest.

    Arguments: `vars`, dbt variables; `cwd`, a copy of the project. Returns the path of
    the manifest; None if dbt refuses to parse.
    """

    def parse_once(vars, cwd):
        names = variables_of_parsing(cwd)
        files = [
            (str(path), path.stat().st_mtime_ns)
            for path in sorted(cwd.rglob("*"))
            if path.is_file() and not {"target", "logs"} & set(path.parts)
        ]
        chosen = {name: value for name, value in vars.items() if name in names}
        if not chosen and cwd == project:
            return request.getfixturevalue("artifacts") / "partial_parse.msgpack"
        text = json.dumps([files, chosen], sort_keys=True, default=str)

        def make(folder):
            written = json.dumps(chosen, default=str)
            run_dbt(
                ["parse", "--no-write-json", "--vars", written]
                + ["--target-path", folder, "--log-path", folder],
                cwd,
                {"SEGMENTATION_DUCKDB_PATH": str(folder / "parsed.duckdb")},
                check=False,
            )

        folder = made_once(f"parsed_{hashlib.md5(text.encode()).hexdigest()}", make)
        manifest = folder / "partial_parse.msgpack"
        return manifest if manifest.exists() else None

    return parse_once


def all_entities(project):
    """Names of the tables that the input contract knows."""
    settings = yaml.safe_load((project / "dbt_project.yml").read_text())
    return list(settings["vars"]["segmentation_tables"])


def put_in_later(vars, project):
    """What of variables need not be known while parsing.

    Returns the other variables, the values that models keep of these, {model: {key:
    value}}, and the tables that the user names for entities, {entity: name}.
    """
    kept = variables_of_models(project)
    # a value of another type may be refused, or be read as another
    later = {
        name
        for variables in kept.values()
        for name in variables.values()
        if type(vars.get(name)) is int
    }
    values = {
        model: {key: vars[name] for key, name in variables.items() if name in later}
        for model, variables in kept.items()
    }
    columns = vars.get("segmentation_columns")
    if isinstance(columns, dict) and all(isinstance(c, dict) for c in columns.values()):
        # the manifest has the column that `dbt source freshness` reads, and no other
        later.add("segmentation_columns")
    known = {name: vars[name] for name in vars if name not in later}
    connectors = str(vars.get("segmentation_connector"))
    tables = vars.get("segmentation_tables", {})
    entities = all_entities(project)
    if (
        any(name in connectors for name in dbt_process.NAMED_BY_USERS)
        and isinstance(tables, dict)
        and all(
            entity in entities and isinstance(table, str | None)
            for entity, table in tables.items()
        )
    ):
        # a model that may read a table need not
        known["segmentation_tables"] = {entity: entity for entity in entities}
    else:
        tables = None
    return known, values, tables


@pytest.fixture(scope="session")
def shared_manifest(parse):
    """Function that parses a project, once for all runs that can share the manifest.

    Arguments as those of `parse`. Returns the path of the manifest, and what to replace
    in it, as dbt_process.load_manifest takes them but for the database; None if dbt
    refuses to parse.
    """

    def find(vars, cwd):
        known, *replaced = put_in_later(vars, cwd)
        path = parse(known, cwd)
        return path and (path, *replaced)

    return find


@pytest.fixture(scope="session")
def artifacts(made_once, project, run_dbt):
    """Folder of manifest.json and the like, of the project parsed as it is."""

    def parse(folder):
        run_dbt(["parse", "--target-path", folder], project)

    return made_once("artifacts", parse)


# the fits of a build spend most of their time on these; a test of stability, or of the
# figures that are published, asks for more
FEW_RESAMPLES = {
    "segmentation_stability_resamples": 2,
    "segmentation_score_resamples": 100,
    "segmentation_judged_days": 1,
}
DEFAULT_RESAMPLES = {
    "segmentation_stability_resamples": 30,
    "segmentation_score_resamples": 500,
    "segmentation_judged_days": 4,
}


@pytest.fixture(scope="session")
def build_shop(project, shared_manifest, run_dbt, tmp_path_factory):
    """Function that builds the project under given variables into a DuckDB file.

    Arguments: `vars`, dbt variables, on top of FEW_RESAMPLES; `database`, the file;
    `args`, those of dbt; `cwd`, a copy of the project; `check`, as in run_dbt. Returns
    the CompletedProcess, with `target`, the folder of dbt's artifacts, which the next
    run writes anew. Those in JSON take a second: ask for them with "--write-json".
    """
    target = tmp_path_factory.mktemp("target")

    def build(vars, database, args=("build",), cwd=None, check=True):
        cwd, database = cwd or project, Path(database)
        vars = {**FEW_RESAMPLES, **vars}
        shared = shared_manifest(vars, cwd)
        unwritten = [] if "--write-json" in args else ["--no-write-json"]
        process = run_dbt(
            [*args, *unwritten, "--vars", json.dumps(vars, default=str)]
            + ["--target-path", target, "--log-path", target],
            cwd,
            {"SEGMENTATION_DUCKDB_PATH": str(database)},
            check,
            shared and (shared[0], database.stem, *shared[1:]),
        )
        process.target = target
        return process

    return build


@pytest.fixture(scope="session")
def build_features(build_shop):
    """Function that builds all that recipes share, as build_shop, but no segments."""

    def build(vars, database, cwd=None):
        chosen = [f"int_segment_{name}__chosen+" for name in RECIPE_ROWS]
        args = ["build", *NO_TESTS, "--exclude", *chosen]
        return build_shop(vars, database, args, cwd)

    return build


@pytest.fixture(scope="session")
def build_segments(build_shop):
    """Function that segments a copy of what build_features built.

    Arguments: `vars`, as there, and the recipe's; `features`, the file to copy;
    `database`, the copy; `upto`, the model to build last; `cwd`, a copy of the project.
    """

    def build(vars, features, database, upto, cwd=None):
        shutil.copy(features, database)
        selected = f"int_segment_recipes__chosen+,+{upto}"
        chosen = [f"int_segment_{name}__chosen" for name in RECIPE_ROWS[1:]]
        args = ["build", *NO_TESTS, "-s", *chosen, selected]
        return build_shop(vars, database, args, cwd)

    return build


@pytest.fixture(scope="session")
def n_resamples():
    """Function from a number of bootstrap resamples to the one to use.

    Tests make do with few, for the sake of time; SEGMENTATION_TEST_RESAMPLES asks for
    as many as docs/segments.md quotes.
    """

    def choose(few):
        return int(os.environ.get("SEGMENTATION_TEST_RESAMPLES", few))

    return choose


@pytest.fixture(scope="session")
def write_shop():
    """Function that writes input tables to a new DuckDB file, in place of an old one.

    Arguments: `database`, the file; `tables`, {name: query}, on top of SMALLEST_SHOP:
    a query may read the smallest shop's table as `smallest`, None leaves the table out;
    `schema`.
    """

    def write(database, tables=None, schema="raw"):
        for old in (database, database.with_name(database.name + ".wal")):
            old.unlink(missing_ok=True)
        with duckdb.connect(str(database)) as connection:
            connection.execute(f"create schema {schema}")
            for name, query in {**SMALLEST_SHOP, **(tables or {})}.items():
                if query is not None:
                    smallest = SMALLEST_SHOP.get(name, "select 1")
                    connection.execute(
                        f"create table {schema}.{name} as "
                        f"with smallest as ({smallest}) {query}"
                    )

    return write


@pytest.fixture(scope="session")
def query():
    """Function that returns the rows of a query on a DuckDB file, as tuples."""

    def fetch(database, sql):
        with duckdb.connect(str(database), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    return fetch


@pytest.fixture(scope="session")
def fingerprints():
    """Function from a database file to {public mart: (rows, order-independent hash)}.

    As benchmarks/compare_builds.py takes them; that script also shows what differs.
    """

    def take(database, schema="shop", leave_out=compare_builds.BY_RUN):
        with duckdb.connect(str(database), read_only=True) as connection:
            catalog = connection.execute("select current_catalog()").fetchone()[0]
            found = {}
            for table in compare_builds.list_tables(
                connection, catalog, schema, leave_out=leave_out
            ):
                taken = compare_builds.fingerprint(connection, catalog, schema, table)
                found[table] = (taken["rows"], taken["hash"])
        assert found, f"no public mart in schema {schema} of {database}"
        return found

    return take


@pytest.fixture
def mounted(tmp_path):
    """Function that mounts a file system in memory; skips where that is not allowed.

    Arguments: `options`, of mount, such as "size=2m". Returns the folder.
    """
    folders = []

    def mount(options):
        folder = tmp_path / f"mounted{len(folders)}"
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", options, "none", str(folder)]
        try:
            subprocess.run(command, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            pytest.skip("file systems may be mounted by root on Linux alone")
        folders.append(folder)
        return folder

    yield mount
    for folder in folders:
        subprocess.run(["umount", str(folder)], check=True)


SYNCED_SHOP = {
    "segmentation_connector": "native",
    "segmentation_schema": "raw",
    "segmentation_history_snapshots": 2,
    "segmentation_confirmations": 1,
    "segmentation_score_resamples": 100,
    "segmentation_as_of_date": "2024-07-08",
    # quintiles of 60 customers move many
    "segmentation_min_blast_customers": 60,
}
SYNCED_CUSTOMERS = """
    select
        customer_id,
        case when customer_id not in ('c3', 'c9') then customer_id || '@example.com' end
            as email,
        cast(substr(customer_id, 2) as integer) % 3 != 0 as has_email_consent,
        customer_id in ('c3', 'c6') as has_push_consent,
        {erased_at} as erased_at
    from smallest
"""


@pytest.fixture(scope="session")
def synced_shop(tmp_path_factory, write_shop, build_shop):
    """A shop of 60 customers that was published on two Mondays, for tests of syncs.

    Two thirds consent to e-mail, c3 and c6 to push; c3 and c9 have no address. In the
    second week half of the customers move, c2 is erased, and c5 and c6 consent to
    nothing any more. Is a namespace: `first` and `second`, databases not to be edited;
    `start(which)`, which copies one of them to the file that is built into and returns
    it; `run`, a function of selected nodes and further variables that runs dbt on that
    file.
    """
    folder = tmp_path_factory.mktemp("synced")
    database = folder / "warehouse.duckdb"
    first, second = folder / "first.duckdb", folder / "second.duckdb"

    def run(*selected, check=True, args=(), **variables):
        return build_shop(
            {**SYNCED_SHOP, **variables},
            database,
            ("build", *NO_TESTS, *args, "--select", *selected),
            check=check,
        )

    def start(which):
        return Path(shutil.copy(which, database))

    everything = "+path:models/marts/sync"
    customers = SYNCED_CUSTOMERS.format(erased_at="cast(null as timestamp)")
    write_shop(database, {"customers": customers})
    run(everything)
    shutil.copy(database, first)
    with duckdb.connect(str(database)) as connection:
        connection.execute(
            "update raw.customers set erased_at = timestamp '2024-07-12'"
            " where customer_id = 'c2'"
        )
        connection.execute(
            "update raw.customers"
            " set has_email_consent = false, has_push_consent = false"
            " where customer_id in ('c5', 'c6')"
        )
    run(everything, segmentation_as_of_date="2024-07-15")
    shutil.copy(database, second)
    return SimpleNamespace(first=first, second=second, start=start, run=run)


# the shop that the tests of connectors land in the tables of others
LANDED_SHOP = {
    "segmentation_demo_customers": 600,
    "segmentation_history_snapshots": 4,
}
LANDING = ROOT / "integration_tests" / "landing"


@pytest.fixture(scope="session")
def landed_shop(made_once, build_shop):
    """Database with LANDED_SHOP's own tables, in schema shop_demo; not to be edited."""

    def make(folder):
        selected = ("build", *NO_TESTS, "-s", "+path:models/demo")
        build_shop(LANDED_SHOP, folder / "demo.duckdb", selected)

    return made_once("landed_shop", make) / "demo.duckdb"


@pytest.fixture(scope="session")
def demo_database(build_shop, tmp_path_factory):
    """A built demo shop to read: SEGMENTATION_TEST_DEMO, or a small one made here."""
    named = os.environ.get("SEGMENTATION_TEST_DEMO")
    if named:
        return Path(named)
    path = tmp_path_factory.mktemp("demo") / "demo.duckdb"
    small = {
        "segmentation_demo_customers": 1500,
        "segmentation_history_snapshots": 4,
        "segmentation_stability_resamples": 5,
    }
    build_shop(small, path, ["build", *NO_TESTS])
    return path
