"""The notebook: a walk from features to segments, run and written with its outputs.

Written as nbformat 4.5 by hand, so that nothing of Jupyter has to be installed; Jupyter
reads it and can run it again.
"""

import ast
import contextlib
import io
import json
from importlib import resources


def walk_cells():
    """The walk's cells: (kind, text), from page/walk.py in the percent format."""
    folder = resources.files(__package__).joinpath("page")
    text = folder.joinpath("walk.py").read_text(encoding="utf-8")
    cells = []
    for part in text.split("# %%")[1:]:
        heading, _, body = part.partition("\n")
        body = body.strip("\n")
        if "[markdown]" in heading:
            lines = [
                line.removeprefix("#").removeprefix(" ") for line in body.split("\n")
            ]
            cells.append(("markdown", "\n".join(lines)))
        else:
            cells.append(("code", body))
    return cells


def run_cell(code, names):
    """Run a cell as Jupyter would.

    Parameters
    ----------
    code : str
    names : dict
        The cells' common names; changed by it.

    Returns
    -------
    printed : str
    value : object
        Of the last line if it is an expression, else None.

    Raises
    ------
    RuntimeError
        The cell failed; the message shows its first line.
    """
    tree = ast.parse(code)
    last = None
    if tree.body and isinstance(tree.body[-1], ast.Expr):
        last = ast.Expression(tree.body.pop().value)
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            exec(compile(tree, "<cell>", "exec"), names)
            value = eval(compile(last, "<cell>", "eval"), names) if last else None
    except Exception as error:
        first = code.strip().split("\n")[0]
        raise RuntimeError(f"the cell that begins {first!r} failed: {error}") from error
    return printed.getvalue(), value


def _lines(text):
    return text.splitlines(keepends=True)


def _outputs(printed, value, number):
    outputs = []
    if printed:
        outputs.append(
            {"output_type": "stream", "name": "stdout", "text": _lines(printed)}
        )
    if value is not None:
        data = {"text/plain": _lines(repr(value))}
        if hasattr(value, "_repr_html_"):
            data["text/html"] = _lines(value._repr_html_())
        if hasattr(value, "_repr_svg_"):
            data["image/svg+xml"] = _lines(value._repr_svg_())
        outputs.append(
            {
                "output_type": "execute_result",
                "execution_count": number,
                "data": data,
                "metadata": {},
            }
        )
    return outputs


def write_notebook(path, database, schema="shop", say=lambda text: None):
    """Run the walk and write it.

    Parameters
    ----------
    path : pathlib.Path
    database : str or pathlib.Path
        A DuckDB file; named in the notebook as it is here.
    schema : str
        Where the marts are.
    say : callable
        Is told which cell has run.

    Raises
    ------
    RuntimeError
        A cell failed.
    """
    names, cells, number = {"__name__": "__main__"}, [], 0
    listed = walk_cells()
    for at, (kind, text) in enumerate(listed, start=1):
        text = text.replace(
            'DATABASE = "segmentation.duckdb"', f"DATABASE = {str(database)!r}"
        )
        text = text.replace('SCHEMA = "shop"', f"SCHEMA = {schema!r}")
        cell = {
            "cell_type": kind,
            "id": f"cell-{at:02d}",
            "metadata": {},
            "source": _lines(text),
        }
        if kind == "code":
            number += 1
            cell["execution_count"] = number
            cell["outputs"] = _outputs(*run_cell(text, names), number)
            say(f"cell {at} of {len(listed)}")
        cells.append(cell)
    names["connection"].close()
    notebook = {
        "cells": cells,
        "metadata": {
            "kernelspec": {
                "display_name": "Python 3",
                "language": "python",
                "name": "python3",
            },
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", "utf-8")
