"""dbt in processes of their own that neither import it nor parse the project anew.

A run of dbt spends two seconds on its imports and some 14 on parsing this project,
before it does anything. Here a server imports dbt once, and every run is a fork of it;
and a run may be given the manifest of an earlier parse. Which manifest may be shared,
`build_shop` in conftest.py knows.
"""

import multiprocessing
import os
import subprocess
import sys
import tempfile
from pathlib import Path

PRELOADED = ["dbt.cli.main", "dbt.adapters.duckdb", "dbt.contracts.graph.manifest"]
server = multiprocessing.get_context("forkserver")
server.set_forkserver_preload(PRELOADED)


def run(args, cwd, env=None, manifest=None):
    """Run dbt and wait for it.

    Arguments: `args`, those of dbt, such as ["build"]; `cwd`, the project's folder;
    `env`, environment variables on top of this process's; `manifest`, None to parse, or
    the partial_parse.msgpack of an earlier parse and the name of the database that
    the models shall be in instead.

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
    os.environ.update(env)
    os.chdir(cwd)
    with open(output, "w") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)

    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.exceptions import DbtUsageException
    from dbt.cli.main import dbtRunner

    if manifest is not None:
        manifest = load_manifest(*manifest)
    result = dbtRunner(manifest).invoke(args)
    # a fork ends without the hooks of the interpreter's exit
    DuckDBConnectionManager.close_all_connections()
    if isinstance(result.exception, DbtUsageException):
        print(result.exception)
    sys.exit(0 if result.success else 1 if result.exception is None else 2)


def load_manifest(path, database):
    """A parsed manifest, with the project's database under another name.

    Arguments: `path`, of the partial_parse.msgpack; `database`, the name, which for
    DuckDB is that of the file. Returns a Manifest of dbt's.
    """
    from dbt.contracts.graph.manifest import Manifest

    manifest = Manifest.from_msgpack(Path(path).read_bytes())
    old = next(iter(manifest.nodes.values())).database
    for node in (*manifest.nodes.values(), *manifest.sources.values()):
        if node.database == old:
            node.database = database
            if node.relation_name:
                node.relation_name = node.relation_name.replace(
                    f'"{old}".', f'"{database}".', 1
                )
    manifest.build_flat_graph()
    return manifest
