"""Loading public data sets: every format and edition, and what is refused."""

import datetime
import functools
import hashlib
import http.server
import os
import pathlib
import sys
import threading
import zipfile

import duckdb
import pytest
from segmentation.commands import datasets

NAMES = list(datasets.COLUMNS)
NAMES_II = [
    "Invoice",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "Price",
    "Customer ID",
    "Country",
]
FIRST = datetime.datetime(2010, 12, 1, 8, 26)
LATER = datetime.datetime(2010, 12, 9, 17, 5)
MUG = ("536365", "22423", "MUG, £ SIGN", 6, FIRST, 2.55, 17850, "United Kingdom")
BAG = ("536365", "85123A", 'BAG "RED" ', 8, FIRST, 3.0, 17850, "United Kingdom")
BACK = ("C536379", "22423", "MUG, £ SIGN", -1, LATER, 2.55, None, "EIRE")
ROWS = [MUG, BAG, BAG, BACK]


@pytest.fixture
def database(tmp_path):
    return tmp_path / "shop.duckdb"


def spelled(row, time_format="%Y-%m-%d %H:%M:%S"):
    return [
        "" if cell is None
        else cell.strftime(time_format) if isinstance(cell, datetime.datetime)
        else str(cell)
        for cell in row
    ]  # fmt: skip


def write_csv(path, rows, names=NAMES, encoding="utf-8", **spelling):
    lines = [names, *(spelled(row, **spelling) for row in rows)]
    text = "\n".join(
        ",".join('"' + cell.replace('"', '""') + '"' for cell in line) for line in lines
    )
    path.write_bytes((text + "\n").encode(encoding))
    return path


def write_parquet(path, rows):
    with duckdb.connect() as connection:
        connection.execute(
            "create table lines (InvoiceNo varchar, StockCode varchar, "
            "Description varchar, Quantity integer, InvoiceDate timestamp, "
            "UnitPrice double, CustomerID integer, Country varchar)"
        )
        for row in rows:
            connection.execute("insert into lines values (?, ?, ?, ?, ?, ?, ?, ?)", row)
        connection.table("lines").write_parquet(os.fspath(path))
    return path


def write_xlsx(path, sheets, names=NAMES):
    """Write a workbook by hand: numbers, texts, and times as days since 1899-12-30."""

    def cell(value):
        if value is None:
            return "<c/>"
        if isinstance(value, datetime.datetime):
            days = (value - datetime.datetime(1899, 12, 30)) / datetime.timedelta(1)
            return f'<c s="1"><v>{days!r}</v></c>'
        if str(value).isdigit() or isinstance(value, int | float):
            return f"<c><v>{value}</v></c>"
        text = value.replace("&", "&amp;").replace("<", "&lt;")
        return f'<c t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'

    main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="rId1" Type="{office}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook {main} xmlns:r="{office}"><sheets>'
        + "".join(
            f'<sheet name="{name}" sheetId="{number}" r:id="rId{number}"/>'
            for number, name in enumerate(sheets, start=1)
        )
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        + "".join(
            f'<Relationship Id="rId{number}" Type="{office}/worksheet" '
            f'Target="worksheets/sheet{number}.xml"/>'
            for number in range(1, len(sheets) + 1)
        )
        + f'<Relationship Id="rId0" Type="{office}/styles" Target="styles.xml"/>'
        "</Relationships>",
        "xl/styles.xml": f'<styleSheet {main}><cellXfs count="2"><xf numFmtId="0"/>'
        '<xf numFmtId="22"/></cellXfs></styleSheet>',
    }
    for number, rows in enumerate(sheets.values(), start=1):
        lines = [names, *rows] if rows is not None else []
        parts[f"xl/worksheets/sheet{number}.xml"] = (
            f"<worksheet {main}><sheetData>"
            + "".join(f"<row>{''.join(map(cell, line))}</row>" for line in lines)
            + "</sheetData></worksheet>"
        )
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, f'<?xml version="1.0" encoding="UTF-8"?>{text}')
    return path


def write_zip(path, *members):
    with zipfile.ZipFile(path, "w") as archive:
        for member in members:
            archive.write(member, f"folder/{member.name}")
        archive.writestr("__MACOSX/._data.csv", "no data")
        archive.writestr("README.txt", "no data")
    return path


def loaded(database, schema="shop_raw"):
    with duckdb.connect(os.fspath(database), read_only=True) as connection:
        return connection.execute(f'from "{schema}".online_retail').fetchall()


def by_content(rows):
    return sorted(rows, key=str)


def checksum(path):
    with duckdb.connect() as connection:
        return datasets.content_checksum(connection.read_parquet(os.fspath(path)))


def test_parquet_is_loaded_with_its_repeated_rows(tmp_path, database):
    file = write_parquet(tmp_path / "lines.parquet", ROWS)
    assert datasets.load_online_retail([file], database) == 4
    assert by_content(loaded(database)) == by_content(ROWS)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
@pytest.mark.parametrize("names", [NAMES, NAMES_II], ids=["first", "second"])
def test_csv_is_loaded_in_both_editions_and_encodings(
    tmp_path, database, names, encoding
):
    file = write_csv(tmp_path / "lines.csv", ROWS, names, encoding)
    datasets.load_online_retail([file], database)
    assert by_content(loaded(database)) == by_content(ROWS)


@pytest.mark.parametrize("time_format", ["%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M"])
def test_a_day_after_the_12th_tells_month_from_day(tmp_path, database, time_format):
    late = (*MUG[:4], datetime.datetime(2010, 12, 13, 9, 0), *MUG[5:])
    rows = [*ROWS, late]
    file = write_csv(tmp_path / "lines.csv", rows, time_format=time_format)
    datasets.load_online_retail([file], database)
    assert by_content(loaded(database)) == by_content(rows)


def test_numbers_with_a_point_are_read_as_codes_and_counts(tmp_path, database):
    row = ("536365.0", "22423.0", "MUG", "6.0", FIRST, "2.55", "17850.0", "EIRE")
    datasets.load_online_retail([write_csv(tmp_path / "a.csv", [row])], database)
    assert loaded(database) == [
        ("536365", "22423", "MUG", 6, FIRST, 2.55, 17850, "EIRE")
    ]


def test_a_workbook_of_one_sheet_is_loaded(tmp_path, database):
    pytest.importorskip("python_calamine")
    file = write_xlsx(tmp_path / "Online Retail.xlsx", {"Online Retail": ROWS})
    datasets.load_online_retail([file], database)
    assert by_content(loaded(database)) == by_content(ROWS)


def test_rows_in_both_sheets_of_a_workbook_are_taken_once(tmp_path, database):
    pytest.importorskip("python_calamine")
    old = (*MUG[:4], datetime.datetime(2009, 12, 1, 7, 45), *MUG[5:])
    sheets = {
        "Year 2009-2010": [old, MUG, BAG, BAG],
        "Year 2010-2011": ROWS,
        "Notes": None,
    }
    file = write_xlsx(tmp_path / "online_retail_II.xlsx", sheets, NAMES_II)
    assert datasets.load_online_retail([file], database) == 5
    assert by_content(loaded(database)) == by_content([old, *ROWS])


def test_of_overlapping_files_the_one_with_more_repeats_counts(tmp_path, database):
    files = [
        write_csv(tmp_path / "one.csv", [MUG, MUG, BAG], NAMES_II),
        write_csv(tmp_path / "two.csv", [MUG, BAG, BAG, BACK], NAMES_II),
    ]
    datasets.load_online_retail(files, database)
    assert by_content(loaded(database)) == by_content([MUG, MUG, BAG, BAG, BACK])


def test_a_zip_file_is_loaded_without_what_is_no_data(tmp_path, database):
    file = write_zip(
        tmp_path / "lines.zip",
        write_csv(tmp_path / "one.csv", ROWS[:2]),
        write_parquet(tmp_path / "two.parquet", ROWS[2:]),
    )
    datasets.load_online_retail([file], database)
    assert by_content(loaded(database)) == by_content([MUG, BAG, BACK])


def test_signs_in_a_file_name_are_no_pattern_and_no_sql(tmp_path, database):
    files = [
        write_csv(tmp_path / "a'; drop [1].csv", [MUG]),
        write_parquet(tmp_path / "it's [b]{c}(d).parquet", [BACK]),
    ]
    datasets.load_online_retail(files, database, schema='my "raw" data')
    with duckdb.connect(os.fspath(database), read_only=True) as connection:
        rows = connection.execute('from "my ""raw"" data".online_retail').fetchall()
    assert by_content(rows) == by_content([MUG, BACK])


def test_a_database_may_be_called_like_its_schema(tmp_path):
    database = tmp_path / "shop_raw.duckdb"
    n_rows = datasets.load_online_retail(
        [write_csv(tmp_path / "a.csv", [MUG])], database
    )
    assert n_rows == 1


def test_loading_again_replaces_the_table(tmp_path, database):
    datasets.load_online_retail([write_csv(tmp_path / "a.csv", ROWS)], database)
    datasets.load_online_retail([write_csv(tmp_path / "b.csv", [MUG])], database)
    assert loaded(database) == [MUG]


def test_a_missing_column_is_named_and_the_database_left_alone(tmp_path, database):
    rows = [row[:5] + row[6:] for row in ROWS]
    file = write_csv(tmp_path / "lines.csv", rows, NAMES[:5] + NAMES[6:])
    with pytest.raises(
        ValueError, match=r"lines\.csv has no column UnitPrice, only In"
    ):
        datasets.load_online_retail([file], database)
    assert not database.exists()


def test_a_file_without_rows_is_refused(tmp_path, database):
    with pytest.raises(ValueError, match=r"header\.csv has no rows"):
        datasets.load_online_retail([write_csv(tmp_path / "header.csv", [])], database)
    (tmp_path / "nothing.csv").touch()
    with pytest.raises(ValueError, match=r"nothing\.csv is empty"):
        datasets.load_online_retail([tmp_path / "nothing.csv"], database)
    with pytest.raises(ValueError, match=r"none\.zip holds no data"):
        datasets.load_online_retail([write_zip(tmp_path / "none.zip")], database)


def test_a_workbook_without_rows_is_refused(tmp_path, database):
    pytest.importorskip("python_calamine")
    file = write_xlsx(tmp_path / "empty.xlsx", {"Sheet1": None})
    with pytest.raises(ValueError, match=r"empty\.xlsx has no rows"):
        datasets.load_online_retail([file], database)
    file = write_xlsx(tmp_path / "header.xlsx", {"Sheet1": []})
    with pytest.raises(ValueError, match=r"sheet Sheet1 of .*header\.xlsx has no rows"):
        datasets.load_online_retail([file], database)


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        (3, "6.5", 'column Quantity .* a whole number, but 1 rows do not.* "6.5"'),
        (4, "soon", 'column InvoiceDate .* a date and time, .* "soon"'),
        (5, "2,55", 'column Price .* a number, .* "2,55"'),
    ],
)
def test_a_value_of_another_type_is_shown(tmp_path, database, column, value, message):
    bad = [*MUG]
    bad[column] = value
    file = write_csv(tmp_path / "lines.csv", [*ROWS, bad], NAMES_II)
    with pytest.raises(ValueError, match=message):
        datasets.load_online_retail([file], database)


def test_files_that_cannot_be_read_are_named(tmp_path, database):
    with pytest.raises(FileNotFoundError, match=r"there is no file .*lost\.csv"):
        datasets.load_online_retail([tmp_path / "lost.csv"], database)
    for name in ["a.parquet", "a.zip", "a.txt"]:
        (tmp_path / name).write_text("no data")
        with pytest.raises(ValueError, match=name):
            datasets.load_online_retail([tmp_path / name], database)


def test_a_workbook_without_its_library_says_what_to_install(
    tmp_path, database, monkeypatch
):
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    file = write_xlsx(tmp_path / "lines.xlsx", {"Sheet1": ROWS})
    with pytest.raises(ImportError, match=r"pip install segmentation\[datasets\]"):
        datasets.load_online_retail([file], database)


def test_the_checksum_is_that_of_the_sorted_lines(tmp_path):
    lines = sorted(
        "\x1f".join(cells)
        for cells in [
            ["536365", "22423", "MUG, £ SIGN", "6", "2010-12-01 08:26:00", "2.5500",
             "17850", "United Kingdom"],
            ["C536379", "22423", "MUG, £ SIGN", "-1", "2010-12-09 17:05:00", "2.5500",
             "", "EIRE"],
        ]
    )  # fmt: skip
    expected = hashlib.sha256("".join(f"{line}\n" for line in lines).encode())
    file = write_parquet(tmp_path / "lines.parquet", [BACK, MUG])
    assert checksum(file) == expected.hexdigest()


def test_the_checksum_knows_content_and_not_form(tmp_path):
    file = write_parquet(tmp_path / "a.parquet", ROWS)
    trimmed = [(*row[:2], f" {row[2].strip()}", *row[3:]) for row in reversed(ROWS)]
    assert checksum(write_parquet(tmp_path / "b.parquet", trimmed)) == checksum(file)
    assert checksum(write_parquet(tmp_path / "c.parquet", ROWS[1:])) != checksum(file)


@pytest.fixture
def address(tmp_path, monkeypatch):
    """Address of a server on this computer that serves the folder `served`."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    (tmp_path / "served").mkdir()
    handler = functools.partial(
        http.server.SimpleHTTPRequestHandler, directory=tmp_path / "served"
    )
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_download_is_verified_and_kept_as_parquet(tmp_path, address):
    file = write_csv(tmp_path / "lines.csv", ROWS)
    write_zip(tmp_path / "served" / "retail.zip", file)
    expected = checksum(write_parquet(tmp_path / "lines.parquet", ROWS))
    path = datasets.download_online_retail(
        tmp_path / "data", f"{address}/retail.zip", expected
    )
    assert path == tmp_path / "data" / "online_retail.parquet"
    assert checksum(path) == expected
    assert os.listdir(path.parent) == [path.name]


def test_a_download_of_other_content_is_refused(tmp_path, address):
    file = write_csv(tmp_path / "lines.csv", ROWS)
    write_zip(tmp_path / "served" / "retail.zip", file)
    with pytest.raises(
        ValueError, match=r"the 4 rows of http://.* the checksum [0-9a-f]"
    ):
        datasets.download_online_retail(tmp_path / "data", f"{address}/retail.zip")
    assert not (tmp_path / "data").exists()


def test_a_download_that_fails_names_its_address(tmp_path, address):
    with pytest.raises(ValueError, match=r"/lost\.zip cannot be downloaded .*404"):
        datasets.download_online_retail(tmp_path / "data", f"{address}/lost.zip")
    (tmp_path / "served" / "page.zip").write_text("<html>Come back later.</html>")
    with pytest.raises(
        ValueError, match=r"what http.*/page\.zip gives is not the data"
    ):
        datasets.download_online_retail(tmp_path / "data", f"{address}/page.zip")
    with pytest.raises(ValueError, match="no address to download from"):
        datasets.download_online_retail(tmp_path / "data", "ftp://127.0.0.1/a.zip")


def test_the_command_line_loads_and_reports(tmp_path, database, capsys):
    file = write_csv(tmp_path / "lines.csv", ROWS)
    arguments = ["load-online-retail", "--database", str(database), "--file"]
    assert datasets.main([*arguments, str(file), "--schema", "raw"]) == 0
    assert "loaded 4 rows into raw.online_retail" in capsys.readouterr().out
    assert by_content(loaded(database, "raw")) == by_content(ROWS)
    assert datasets.main([*arguments, str(tmp_path / "lost.csv")]) == 1
    assert "error: there is no file" in capsys.readouterr().err


def test_the_published_file_has_its_checksum(tmp_path, database):
    root = pathlib.Path(__file__).parents[2]
    folder = os.environ.get("SEGMENTATION_TEST_DATA", root.parent / "shared" / "data")
    file = pathlib.Path(folder) / "online_retail" / "online_retail.parquet"
    if not file.is_file():
        pytest.skip(f"no {file}; set SEGMENTATION_TEST_DATA to the folder of the data")
    assert checksum(file) == datasets.ONLINE_RETAIL_CHECKSUM
    assert datasets.load_online_retail([file], database) == 541_909
    with duckdb.connect(os.fspath(database), read_only=True) as connection:
        table = connection.table("shop_raw.online_retail")
        assert datasets.content_checksum(table) == datasets.ONLINE_RETAIL_CHECKSUM
