"""Write dashboard, PDF, workbook and notebook: `python -m segmentation report`."""

import argparse
import time
from pathlib import Path

from segmentation.commands.arguments import add_database, check_database

MADE = ("dashboard.html", "report.pdf", "segments.xlsx", "notebook.ipynb")
PACKAGES = {"quickjs": "quickjs-ng", "typst": "typst", "xlsxwriter": "XlsxWriter"}


def main(arguments=None):
    """Read the command line, read the marts once, write what was asked for."""
    parser = argparse.ArgumentParser(
        prog="python -m segmentation report",
        description="Dashboard, PDF, workbook and notebook from the published marts.",
    )
    add_database(parser)
    parser.add_argument(
        "--output", type=Path, default=Path("report"), help="the folder to write to"
    )
    parser.add_argument(
        "--floor", type=int, default=10, help="fewest customers of a group shown"
    )
    parser.add_argument(
        "--only", choices=MADE, action="append", help="write this one; may be repeated"
    )
    options = parser.parse_args(arguments)
    check_database(parser, options, "dbt build")
    absent = [package for name, package in PACKAGES.items() if not _is_installed(name)]
    if absent:
        parser.error(
            f"{', '.join(absent)} is missing: pip install 'segmentation[report]'"
        )
    from segmentation.report import (
        content,
        dashboard,
        marts,
        notebook,
        pdf,
        svg,
        workbook,
    )

    asked = options.only or MADE
    options.output.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()

    def say(text):
        print(f"{time.perf_counter() - started:6.1f} s  {text}", flush=True)

    say(f"reading {options.schema} in {options.database}")
    with marts.open_marts(options.database) as connection:
        try:
            data = content.report_data(connection, options.schema, options.floor)
        except ValueError as error:
            parser.error(str(error))
        for why in dict.fromkeys(data["missing"].values()):
            say(f"left out: {why}")
        if "dashboard.html" in asked:
            path = options.output / "dashboard.html"
            path.write_text(dashboard.dashboard_html(data), encoding="utf-8")
            say(f"{path}, {path.stat().st_size / 1e6:.2f} MB")
        if "report.pdf" in asked:
            path = options.output / "report.pdf"
            pdf.write_pdf(path, data, svg.Drawer(data), say)
            say(str(path))
        if "segments.xlsx" in asked:
            path = options.output / "segments.xlsx"
            workbook.write_workbook(path, connection, options.schema, data, say)
            say(str(path))
    if "notebook.ipynb" in asked:
        path = options.output / "notebook.ipynb"
        notebook.write_notebook(path, options.database, options.schema, say)
        say(str(path))


def _is_installed(name):
    from importlib.util import find_spec

    return find_spec(name) is not None
