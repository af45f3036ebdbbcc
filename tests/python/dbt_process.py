"""dbt in processes of their own that neither import it nor parse the project anew.

A run of dbt spends two seconds on its imports and some 14 on parsing this project,
before it does anything. Here a server imports dbt once, and every run is a fork of it;
and a run may be given the manifest of an earlier parse. Which manifest may be shared,
`build_shop` in conftest.py knows.
"""

import gc
import multiprocessing
import os
import subprocess
import sys
import tempfile
from multiprocessing import forkserver
from pathlib import Path

server = multiprocessing.get_context("forkserver")
server.set_forkserver_preload(["dbt_warm"])

# the sources whose tables the variable segmentation_tables names
NAMED_BY_USERS = ("native", "customer_summary")


def ensure_server():
    """Start the server unless it runs; it finds dbt_warm beside this file."""
    path = os.environ.get("PYTHONPATH")
    folders = [str(Path(__file__).parent), *([path] if path else [])]
    os.environ["PYTHONPATH"] = os.pathsep.join(folders)
    try:
        forkserver.ensure_running()
    finally:
        del os.environ["PYTHONPATH"]
        if path:
            os.environ["PYTHONPATH"] = path


def run(args, cwd, env=None, manifest=None):
    """Run dbt and wait for it.

    Arguments: `args`, those of dbt, such as ["build"]; `cwd`, the project's folder;
    `env`, environment variables on top of this process's; `manifest`, None to parse, or
    the arguments of load_manifest: the partial_parse.msgpack of an earlier parse, the
    name of the database that the models shall be in, and what to replace in it.

    Returns the CompletedProcess; what dbt says on either stream is in `stdout`.
    """
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "output.txt"
        process = start(args, cwd, env, output, manifest)
        process.join()
        said = output.read_text() if output.exists() else ""
    return subprocess.CompletedProcess(["dbt", *args], process.exitcode, said, "")


def start(args, cwd, env, output, manifest=None, own_group=False):
    """Begin a run of dbt; returns the process.

    Arguments as of run, and `output`, the file for what dbt says; `own_group`, whether
    the process leads a group of its own, to be killed with all that it starts.
    """
    ensure_server()
    process = server.Process(
        target=run_here,
        args=(
            [str(arg) for arg in args],
            str(cwd),
            {**os.environ, **(env or {})},
            output,
            manifest,
            own_group,
        ),
    )
    process.start()
    return process


def run_here(args, cwd, env, output, manifest, own_group=False):
    """Run dbt in this process, and end it; arguments as of start."""
    if own_group:
        os.setsid()
    os.environ.clear()
    # the edges that the order of tests needs, without those that follow from them
    os.environ.update(env, DBT_USE_FAST_TEST_EDGES="true")
    os.chdir(cwd)
    with open(output, "w") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)

    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.exceptions import DbtUsageException
    from dbt.cli.main import dbtRunner

    gc.disable()
    if manifest is not None:
        manifest = load_manifest(*manifest)
    # a manifest is a million objects, which are not looked through again and again
    gc.freeze()
    gc.enable()
    gc.set_threshold(20_000)
    result = dbtRunner(manifest).invoke(args)
    # a fork ends without the hooks of the interpreter's exit
    DuckDBConnectionManager.close_all_connections()
    if isinstance(result.exception, DbtUsageException):
        print(result.exception)
    sys.exit(0 if result.success else 1 if result.exception is None else 2)


def load_manifest(path, database, values=None, tables=None):
    """A parsed manifest, with the project's database under another name.

    Arguments: `path`, of the partial_parse.msgpack; `database`, the name, which for
    DuckDB is that of the file; `values` to put into the `meta` of models, {model: {key:
    value}}; `tables`, of the sources that the user names tables for, {entity: name}.
    Returns a Manifest of dbt's.
    """
    from dbt.contracts.graph.manifest import Manifest

    manifest = Manifest.from_msgpack(Path(path).read_bytes())
    old = next(iter(manifest.nodes.values())).database
    for node in manifest.nodes.values():
        if values and node.name in values:
            for meta in (node.meta, node.config.meta, node.unrendered_config["meta"]):
                meta.update(values[node.name])
    for source in manifest.sources.values():
        name = (tables or {}).get(source.name)
        if name and source.source_name in NAMED_BY_USERS:
            source.relation_name = source.relation_name.replace(
                f'."{source.identifier}"', f'."{name}"'
            )
            source.identifier = name
    for node in (*manifest.nodes.values(), *manifest.sources.values()):
        if node.database == old:
            node.database = database
            if node.relation_name:
                node.relation_name = node.relation_name.replace(
                    f'"{old}".', f'"{database}".', 1
                )
    manifest.build_flat_graph()
    return manifest
