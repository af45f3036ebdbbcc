"""How large is the report of a large shop, and how soon is it there?

    python benchmarks/report.py --customers 100000

1. Build the demo shop with so many customers, all marts.
2. Write dashboard, PDF and workbook from them, each five times; seconds are medians.
3. Open the dashboard in a headless Chromium, offline, five times, until every chart is
   drawn.

Prints Markdown. The build takes some minutes; --database measures one that is there.
"""

import argparse
import os
import shutil
import statistics
import tempfile
import time
from pathlib import Path

from segmentation.report import content, dashboard, marts, pdf, svg, workbook
from shops import build_shop

N_RUNS = 5


def median_seconds(make):
    """Median wall and processor seconds of some runs of a function."""
    walls, processors = [], []
    for _ in range(N_RUNS):
        wall, processor = time.perf_counter(), time.process_time()
        make()
        walls.append(time.perf_counter() - wall)
        processors.append(time.process_time() - processor)
    return statistics.median(walls), statistics.median(processors)


def until_drawn(file):
    """Median seconds from asking for a page until all its charts are drawn.

    Returns
    -------
    float or None
        None where there is no Chromium.
    """
    chromium = shutil.which("chromium")
    try:
        from playwright import sync_api
    except ImportError:
        return None
    if chromium is None:
        return None
    with sync_api.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium)
        spent = []
        for _ in range(N_RUNS):
            context = browser.new_context(offline=True)
            page = context.new_page()
            wall = time.perf_counter()
            page.goto(file.as_uri())
            page.wait_for_function("document.documentElement.dataset.readyMs")
            spent.append(time.perf_counter() - wall)
            context.close()
        browser.close()
    return statistics.median(spent)


def measure(database, folder):
    """Time all parts of the report.

    Returns
    -------
    n_customers : int
    rows : list of (what, megabytes or None, wall seconds, processor seconds or None)
    """
    page, paper, book = (
        folder / name for name in ("dashboard.html", "report.pdf", "segments.xlsx")
    )
    with marts.open_marts(database) as connection:
        read = median_seconds(lambda: content.report_data(connection))
        data = content.report_data(connection)
        (n_customers,) = connection.execute(
            "select count(*) from report_customers"
        ).fetchone()
        rows = [("reading the marts", None, *read)]
        for path, make in (
            (page, lambda: page.write_text(dashboard.dashboard_html(data), "utf-8")),
            (paper, lambda: pdf.write_pdf(paper, data, svg.Drawer(data))),
            (book, lambda: workbook.write_workbook(book, connection, "shop", data)),
        ):
            spent = median_seconds(make)
            rows.append((f"`{path.name}`", path.stat().st_size / 1e6, *spent))
    drawn = until_drawn(page)
    if drawn is not None:
        rows.append(("until all charts are drawn in Chromium", None, drawn, None))
    return n_customers, rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--database", type=Path, help="marts that are built already")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        database = options.database
        if database is None:
            # not shop: a file called like its schema is refused
            database = folder / "large.duckdb"
            variables = {"segmentation_demo_customers": options.customers}
            build_shop(database, ["fqn:*"], variables)
        n_customers, rows = measure(database, folder)
    print(f"{n_customers:,} customers, {os.cpu_count()} processors\n")
    print("| | size | seconds | of the processor |\n|---|---:|---:|---:|")
    for what, size, wall, processor in rows:
        print(
            f"| {what} | {'' if size is None else f'{size:.2f} MB'} | {wall:.2f} |"
            f" {'' if processor is None else f'{processor:.2f}'} |"
        )


if __name__ == "__main__":
    main()
