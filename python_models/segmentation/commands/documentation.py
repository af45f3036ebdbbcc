"""dbt's documentation in one file without what its readers do not look at.

    python -m segmentation documentation target report/documentation.html

Tests, unit tests, what is switched off and macros of dbt itself are two thirds of the
file that dbt writes.
"""

import argparse
import json
import sys
from pathlib import Path

# keys of a node that its page is not made of
UNSHOWN = (
    "unrendered_config", "checksum", "build_path", "compiled_path", "deferred",
    "contract", "created_at", "root_path", "config_call_dict", "unrendered_database",
    "unrendered_schema", "vars", "time_spine", "primary_key", "latest_version",
)  # fmt: skip
MARKS = ('"MANIFEST.JSON INLINE DATA"', '"CATALOG.JSON INLINE DATA"')
OF_COLUMNS = ("name", "description", "data_type", "tags", "meta")


class DocumentationError(Exception):
    """The documentation cannot be written: a sentence that says why."""


def slimmed(manifest):
    """A manifest with what the pages show, and nothing else."""
    package = manifest["metadata"]["project_name"]
    nodes = {
        name: {
            **{key: value for key, value in node.items() if key not in UNSHOWN},
            "columns": {
                column: {key: said.get(key) for key in OF_COLUMNS}
                for column, said in node.get("columns", {}).items()
            },
        }
        for name, node in manifest["nodes"].items()
        if node["resource_type"] != "test"
    }
    macros = {
        name: macro
        for name, macro in manifest["macros"].items()
        if macro["package_name"] == package
    }
    names = {*nodes, *manifest["sources"], *manifest["exposures"], *manifest["metrics"]}
    names |= {*manifest.get("semantic_models", {}), *manifest.get("saved_queries", {})}

    def known(edges):
        return {
            name: [one for one in others if one in names]
            for name, others in edges.items()
            if name in names
        }

    return {
        **manifest,
        "nodes": nodes,
        "macros": macros,
        "disabled": {},
        "unit_tests": {},
        "docs": {
            name: block
            for name, block in manifest["docs"].items()
            if name.endswith("__overview__")
        },
        "parent_map": known(manifest["parent_map"]),
        "child_map": known(manifest["child_map"]),
    }


def documentation(target):
    """The page as text, of what `dbt docs generate --static` left in a folder.

    Raises
    ------
    DocumentationError
        If a file is missing, or dbt's page is not as it was.
    """
    try:
        page, manifest, catalog = (
            (Path(target) / name).read_text(encoding="utf-8")
            for name in ("index.html", "manifest.json", "catalog.json")
        )
    except FileNotFoundError as error:
        raise DocumentationError(
            f"There is no {error.filename}; make it with dbt docs generate."
        ) from None
    if not all(mark in page for mark in MARKS):
        raise DocumentationError(
            "This dbt writes its documentation in another form: take"
            f" {target}/static_index.html, which is larger."
        )
    small = json.dumps(slimmed(json.loads(manifest)), separators=(",", ":"))
    for mark, text in zip(MARKS, (small, catalog), strict=True):
        page = page.replace(mark, text.replace("</", "<\\/"))
    return page


def main(arguments=None):
    """Write the page; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m segmentation documentation",
        description=__doc__.splitlines()[0],
    )
    parser.add_argument("target", type=Path, help="where `dbt docs generate` wrote")
    parser.add_argument("page", type=Path, help="the file to write")
    options = parser.parse_args(arguments)
    try:
        options.page.write_text(documentation(options.target), encoding="utf-8")
    except DocumentationError as error:
        print(error, file=sys.stderr)
        return 1
    return 0
