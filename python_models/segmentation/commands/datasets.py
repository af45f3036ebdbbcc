r"""Load public data sets into a DuckDB file, for the connectors that read them.

Run it as a command::

    python -m segmentation datasets download-online-retail --to data
    python -m segmentation datasets load-online-retail \
        --file data/online_retail.parquet --database segmentation.duckdb

Online Retail is the UCI data set 352 (doi 10.24432/C5BW33), Online Retail II its
two-year edition 502 (doi 10.24432/C5CG6D); both are licensed CC BY 4.0.
"""

import argparse
import codecs
import datetime
import glob
import hashlib
import http.client
import os
import pathlib
import re
import shutil
import sys
import tempfile
import urllib.parse
import urllib.request
import zipfile

import duckdb
import pyarrow as pa

from segmentation import relations
from segmentation.commands.run import STORAGE_VERSION
from segmentation.identifiers import literal, qualified, quoted

ONLINE_RETAIL_URL = "https://archive.ics.uci.edu/static/public/352/online+retail.zip"
# content_checksum of the 541,909 rows of UCI data set 352.
ONLINE_RETAIL_CHECKSUM = (
    "5ec8ef0b535f6eaee60b7b8b5d49b5075c1d0f29852d5cab3045b713786da7b7"
)
TABLE = "online_retail"

# As in profiles.yml: a file made here can be opened by readers older than duckdb 2.0.
STORAGE = {"storage_compatibility_version": STORAGE_VERSION}

# Column of the table, its kind, and the names it goes by in the editions, in lower case
# without blanks and signs.
COLUMNS = {
    "InvoiceNo": ("code", ["invoiceno", "invoice"]),
    "StockCode": ("code", ["stockcode"]),
    "Description": ("text", ["description"]),
    "Quantity": ("whole", ["quantity"]),
    "InvoiceDate": ("time", ["invoicedate"]),
    "UnitPrice": ("number", ["unitprice", "price"]),
    "CustomerID": ("whole", ["customerid"]),
    "Country": ("text", ["country"]),
}
NOUNS = {"whole": "a whole number", "number": "a number", "time": "a date and time"}

# How files spell a time, the likeliest first: ISO 8601 (none), then month first, as the
# CSV copies of the American tools have it, then day first.
TIME_FORMATS = [
    None,
    "%m/%d/%Y %H:%M",
    "%m/%d/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M",
    "%d/%m/%Y %H:%M:%S",
]
SUFFIXES = [".parquet", ".csv", ".xlsx", ".zip"]


def load_online_retail(files, database, schema="shop_raw"):
    """Load Online Retail or Online Retail II into a table of a DuckDB file.

    The table, <schema>.online_retail, is replaced if it is there.

    Parameters
    ----------
    files : list of path-like
        Parquet, CSV (UTF-8 or Latin-1, with commas) or xlsx files, or zip files of
        them. Each file, and each sheet of a workbook, is one part; see merge_parts.
    database : path-like
        DuckDB file; made if it is not there.
    schema : str
        Schema of the table; made if it is not there.

    Returns
    -------
    int
        Rows of the table.

    Raises
    ------
    FileNotFoundError
        If a file is not there.
    ValueError
        If a file lacks a column or has no rows, if it cannot be read, or if a value is
        not of its column's type.
    ImportError
        If a file is a workbook and python-calamine is not installed.
    """
    # the DuckDB file is opened only when all is read: a bad file leaves it alone
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        merged = merge_parts(connection, read_parts(connection, files, folder))
        rows = connection.table(merged).to_arrow_table()
    with duckdb.connect(os.fspath(database), config=STORAGE) as connection:
        connection.register("rows_read", rows)
        connection.begin()
        place = qualified(connection, schema)
        table = f"{place}.{TABLE}"
        connection.execute(f"create schema if not exists {place}")
        connection.execute(f"create or replace table {table} as from rows_read")
        connection.commit()
        return _count(connection, table)


def download_online_retail(
    folder, url=ONLINE_RETAIL_URL, expected=ONLINE_RETAIL_CHECKSUM
):
    """Download Online Retail, verify its content and keep it as a Parquet file.

    Parameters
    ----------
    folder : path-like
        Folder to put online_retail.parquet into; made if it is not there. The variable
        segmentation_parquet_folder can name it.
    url : str
        Zip file to download, by http, https or file.
    expected : str
        Checksum that the content must have; see content_checksum.

    Returns
    -------
    pathlib.Path
        The Parquet file.

    Raises
    ------
    ValueError
        If the file cannot be downloaded or read, or has another content; nothing is
        written then.
    ImportError
        If python-calamine is not installed.
    """
    if urllib.parse.urlsplit(url).scheme not in ("http", "https", "file"):
        raise ValueError(f"{url} is no address to download from; use http or https")
    target = pathlib.Path(folder) / f"{TABLE}.parquet"
    with tempfile.TemporaryDirectory() as work, duckdb.connect() as connection:
        archive = pathlib.Path(work) / "download.zip"
        try:
            with urllib.request.urlopen(url, timeout=60) as response:
                with archive.open("wb") as file:
                    shutil.copyfileobj(response, file)
        except (OSError, http.client.HTTPException) as error:
            raise ValueError(
                f"{url} cannot be downloaded ({error}); download it by other means and "
                "use load-online-retail --file"
            ) from error

        try:
            rows = merge_parts(connection, read_parts(connection, [archive], work))
        except ValueError as error:
            raise ValueError(
                f"what {url} gives is not the data set: {error}"
            ) from error
        found = content_checksum(connection.table(rows))
        if found != expected:
            raise ValueError(
                f"the {_count(connection, rows)} rows of {url} have the checksum "
                f"{found}, not {expected}: the file is not the one published as UCI "
                "data set 352, so nothing was written. If you trust it, use "
                "load-online-retail --file"
            )

        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = target.with_suffix(".parquet.unfinished")
        connection.table(rows).write_parquet(os.fspath(unfinished))
        os.replace(unfinished, target)
    return target


def content_checksum(relation):
    """Digest what a table of Online Retail says, whatever its form.

    Neither the order of the rows nor blanks around a text matter, nor whether an empty
    text is null; times are taken to the second and prices to four decimals.

    Parameters
    ----------
    relation : duckdb.DuckDBPyRelation
        The table, with the columns of COLUMNS.

    Returns
    -------
    str
        SHA-256 of the sorted rows, 64 hexadecimal digits.
    """
    values = {
        "text": "trim({0})",
        "code": "trim({0})",
        "whole": "cast(cast({0} as bigint) as varchar)",
        "number": "cast(cast({0} as decimal(18, 4)) as varchar)",
        "time": "strftime({0}, '%Y-%m-%d %H:%M:%S')",
    }
    cells = [
        f"coalesce({values[kind].format(column)}, '')"
        for column, (kind, _) in COLUMNS.items()
    ]
    # chr(31) is the unit separator, which no text holds
    lines = relations.select(
        relation, {"line": f"concat_ws(chr(31), {', '.join(cells)})"}
    )
    digest = hashlib.sha256()
    # DuckDB sorts text by its bytes
    for batch in relations.read(lines, order_by="line"):
        for line in batch.column(0):
            digest.update(line.as_py().encode() + b"\n")
    return digest.hexdigest()


def read_parts(connection, files, folder):
    """Read files into temporary tables with the columns and types of COLUMNS.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
    files : list of path-like
    folder : path-like
        Folder that zip files are unpacked into.

    Returns
    -------
    list of str
        Names of the temporary tables, one per file and sheet.
    """
    parts = []
    for file in files:
        for path, label in _unpacked(pathlib.Path(file), pathlib.Path(folder)):
            for source, values, origin in _sources(connection, path, label):
                part = f"part_{len(parts)}"
                _read_typed(connection, source, values, origin, part)
                parts.append(part)
    return parts


def merge_parts(connection, parts):
    """Put parts together that overlap, as the two sheets of Online Retail II do.

    Of each distinct row there are as many as in the part that has most of it: a row
    that two parts share is taken once, one that a part repeats stays repeated.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
    parts : list of str
        Tables with the columns of COLUMNS.

    Returns
    -------
    str
        Name of a temporary table with their rows, sorted.
    """
    columns = ", ".join(COLUMNS)
    counts = " union all ".join(
        f"select {columns}, count(*) as n_rows from {part} group by {columns}"
        for part in parts
    )
    connection.execute(
        f"""
        create or replace temporary table merged_parts as
        with
        merged as (
            select {columns}, max(n_rows) as n_rows
            from ({counts})
            group by {columns}
        ),
        repeated as (
            select {columns}, unnest(range(n_rows)) as copy_number
            from merged
        )
        select {columns} from repeated order by {columns}
        """
    )
    return "merged_parts"


def _unpacked(path, folder):
    """List the data files of a file: [(path, what to call it in a message)]."""
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}; check its name")
    if path.suffix.lower() not in SUFFIXES:
        raise ValueError(
            f"{path} is of no known kind; give one of " + ", ".join(SUFFIXES)
        )
    if path.stat().st_size == 0:
        raise ValueError(f"{path} is empty; download it again")
    if path.suffix.lower() != ".zip":
        return [(path, str(path))]

    unpacked = []
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                name = pathlib.PurePosixPath(member.filename)
                is_data = name.suffix.lower() in SUFFIXES[:-1]
                if not is_data or "__MACOSX" in name.parts or name.name[0] == ".":
                    continue
                # own names: those inside an archive may lead out of the folder
                handle, copy = tempfile.mkstemp(name.suffix.lower(), dir=folder)
                with os.fdopen(handle, "wb") as target:
                    with archive.open(member) as source:
                        shutil.copyfileobj(source, target)
                unpacked.append((pathlib.Path(copy), f"{member.filename} in {path}"))
    except zipfile.BadZipFile as error:
        raise ValueError(
            f"{path} is no zip file ({error}); download it again"
        ) from error
    if not unpacked:
        raise ValueError(
            f"{path} holds no data; it must hold a file of the kind "
            + ", ".join(SUFFIXES[:-1])
        )
    return unpacked


def _sources(connection, path, label):
    """Give each table of a file: [(text to select from, its values, its name)]."""
    # DuckDB reads a file name as a pattern
    pattern = glob.escape(os.fspath(path))
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        return [("read_parquet(?)", [pattern], label)]
    if suffix == ".csv":
        return [
            (
                "read_csv(?, encoding = ?, delim = ',', quote = '\"', escape = '\"', "
                "header = true, all_varchar = true)",
                [pattern, _encoding(path)],
                label,
            )
        ]

    sources = []
    for sheet, table in _read_workbook(path, label):
        name = f"sheet_{len(sources)}"
        connection.register(name, table)
        sources.append((name, [], f"sheet {sheet} of {label}"))
    if not sources:
        raise ValueError(f"{label} has no rows; download it again")
    return sources


def _encoding(path):
    """Tell whether a text file is UTF-8 or, failing that, Latin-1."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"


def _read_workbook(path, label):
    """Read the sheets of a workbook that are not empty: [(name, table of texts)]."""
    try:
        from python_calamine import CalamineError, CalamineWorkbook
    except ImportError as error:
        raise ImportError(
            f"{label} is a workbook, which needs python-calamine to be read: "
            "pip install segmentation[datasets], or give a CSV or Parquet file"
        ) from error

    tables = []
    try:
        workbook = CalamineWorkbook.from_path(os.fspath(path))
        for sheet in workbook.sheet_names:
            columns = {
                str(header): pa.array([_cell_text(cell) for cell in cells], pa.string())
                for header, *cells in zip(
                    *workbook.get_sheet_by_name(sheet).to_python(), strict=True
                )
            }
            if columns:
                tables.append((sheet, pa.table(columns)))
    except CalamineError as error:
        raise ValueError(
            f"{label} cannot be read as a workbook ({error}); download it again"
        ) from error
    return tables


def _cell_text(cell):
    """Spell a cell as a CSV file would: workbooks keep codes as numbers, 71053.0."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime.datetime):
        return cell.isoformat(sep=" ")
    return None if cell is None else str(cell)


def _read_typed(connection, source, values, origin, part):
    """Read one table into the temporary table `part`, or say what is wrong with it."""
    try:
        found = connection.execute(f"describe from {source}", values).fetchall()
        names = _matched_columns([row[0] for row in found], origin)
        texts = ", ".join(
            f"nullif(cast({quoted(name)} as varchar), '') as {column}"
            for column, name in names.items()
        )
        connection.execute(
            f"create or replace temporary table texts as select {texts} from {source}",
            values,
        )
    except duckdb.Error as error:
        raise ValueError(f"{origin} cannot be read: {error}") from error
    if _count(connection, "texts") == 0:
        raise ValueError(f"{origin} has no rows; download it again")

    expressions = {
        column: _typed(connection, column, kind)
        for column, (kind, _) in COLUMNS.items()
    }
    for column, expression in expressions.items():
        bad, example = connection.execute(
            f"select count(*), min({column}) from texts "
            f"where {column} is not null and {expression} is null"
        ).fetchall()[0]
        if bad:
            raise ValueError(
                f"column {names[column]} of {origin} must hold "
                f"{NOUNS[COLUMNS[column][0]]}, but {bad} rows do not, such as "
                f'"{example}"; correct them'
            )
    typed = ", ".join(f"{text} as {column}" for column, text in expressions.items())
    connection.execute(f"create temporary table {part} as select {typed} from texts")


def _matched_columns(found, origin):
    """Match the columns of a file to COLUMNS: {column: its name in the file}."""
    present = {re.sub("[^a-z0-9]", "", name.lower()): name for name in found}
    names = {}
    for column, (_, spellings) in COLUMNS.items():
        matches = [present[name] for name in spellings if name in present]
        if not matches:
            raise ValueError(
                f"{origin} has no column {column}, only {', '.join(found)}; give the "
                "whole file as the UCI Machine Learning Repository publishes it, or "
                "rename its column"
            )
        names[column] = matches[0]
    return names


def _typed(connection, column, kind):
    """Give the SQL that reads a column of table `texts`; null where it cannot."""
    if kind == "text":
        return column
    if kind == "code":
        return f"regexp_replace({column}, '^([0-9]+)[.]0$', '\\1')"
    number = f"try_cast({column} as double)"
    if kind == "number":
        return number
    if kind == "whole":
        whole = f"try_cast({number} as integer)"
        return f"case when {number} = round({number}) then {whole} end"

    times = [
        f"try_cast({column} as timestamp)"
        if time_format is None
        else f"try_strptime({column}, {literal(time_format)})"
        for time_format in TIME_FORMATS
    ]
    # one format for the whole column: 1/12/2010 alone does not tell month from day
    counts = connection.execute(
        "select " + ", ".join(f"count({time})" for time in times) + " from texts"
    ).fetchall()[0]
    best = times[max(range(len(times)), key=lambda number: counts[number])]
    # a workbook's times are fractions of a day, off by some microseconds
    return f"date_trunc('second', {best} + interval 500 milliseconds)"


def _count(connection, table):
    """Count the rows of a table."""
    return connection.execute(f"select count(*) from {table}").fetchall()[0][0]


def main(arguments=None):
    """Run the command line; see the module's description.

    Parameters
    ----------
    arguments : list of str or None
        Arguments, None for those of the command line.

    Returns
    -------
    int
        Exit code: 0, or 1 with a message if something is wrong.
    """
    parser = argparse.ArgumentParser(
        prog="python -m segmentation datasets",
        description="Load public data sets for the connectors that read them.",
    )
    commands = parser.add_subparsers(dest="command", required=True)

    load = commands.add_parser(
        "load-online-retail",
        help="load Online Retail or Online Retail II into a DuckDB file",
    )
    load.add_argument(
        "--file",
        action="append",
        required=True,
        help="Parquet, CSV, xlsx or a zip file of them; may be given twice",
    )
    load.add_argument("--database", required=True, help="DuckDB file")
    load.add_argument("--schema", default="shop_raw", help="default: %(default)s")

    download = commands.add_parser(
        "download-online-retail",
        help="download Online Retail and verify its content",
    )
    download.add_argument("--to", required=True, help="folder")

    options = parser.parse_args(arguments)
    try:
        if options.command == "load-online-retail":
            rows = load_online_retail(options.file, options.database, options.schema)
            place = f"{options.schema}.{TABLE} of {options.database}"
            print(f"loaded {rows} rows into {place}")
        else:
            print(f"wrote {download_online_retail(options.to)}")
    except (ValueError, OSError, ImportError, duckdb.Error) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0
