"""The report: what is shown of whom, and that every number is the mart's.

The demo shop is read from SEGMENTATION_TEST_DEMO, or built small.
"""

import html.parser
import itertools
import json
import re
import shutil
import zipfile
from itertools import combinations

import duckdb
import numpy as np
import pytest

quickjs = pytest.importorskip("quickjs", reason="needs segmentation[report]")
openpyxl = pytest.importorskip("openpyxl")

from segmentation.commands import documentation, report, show  # noqa: E402
from segmentation.report import (  # noqa: E402
    content,
    cube,
    dashboard,
    marts,
    notebook,
    pdf,
    svg,
    workbook,
)

FLOOR = 10
EVIL = [
    "=cmd|' /C calc'!A0",
    "<script>alert(1)</script>",
    "+1",
    "@x",
    "</script><b>",
    # XlsxWriter takes this for its own markup
    "<r></is></c><c><f>1+1</f></c>&</r>",
]  # fmt: skip


@pytest.mark.parametrize("digits", [7, 9])
def test_digits_that_vary_between_builds_do_not_round_up_or_down(digits):
    half_way = 23.462325 if digits == 7 else 23.46232525
    above, below = np.nextafter(half_way, 24), np.nextafter(half_way, 23)
    assert marts.steady(above, digits) == marts.steady(below, digits)
    more, less = half_way + 1e-7, half_way - 1e-7
    assert marts.steady(more, digits) != marts.steady(less, digits)


@pytest.fixture(scope="module")
def connection(demo_database):
    with marts.open_marts(demo_database) as opened:
        yield opened


@pytest.fixture(scope="module")
def data(connection):
    return content.report_data(connection, "shop", FLOOR)


@pytest.fixture(scope="module")
def drawer(data):
    return svg.Drawer(data)


@pytest.fixture(scope="module")
def charts(drawer):
    return {name: drawer.draw(name) for name in drawer.ids()}


# -- nobody can be singled out ---------------------------------------------------------


def group(counts, axes, where, segment):
    """Which base cells a group of a table consists of, as 0 and 1."""
    member = np.zeros(counts.shape)
    place = [slice(None)] * (counts.ndim - 1)
    for axis, position in zip(axes, where, strict=True):
        place[axis] = position
    member[(*place, slice(None) if segment is None else segment)] = 1
    return member


def groups(counts):
    """Every group that filters and segment can ask for: axes, place, segment."""
    filters = counts.ndim - 1
    for size in range(filters + 1):
        for axes in combinations(range(filters), size):
            for where in np.ndindex(*[counts.shape[axis] for axis in axes]):
                for segment in [None, *range(counts.shape[-1])]:
                    yield axes, where, segment


def worked_out(counts, floor):
    """Small groups that follow from shown ones by any sums and differences."""
    hidden = cube.hidden_segments(counts, floor)
    equations, empty = [], np.zeros(counts.shape, dtype=bool)
    for axes, where, segment in groups(counts):
        if axes in hidden and segment not in hidden[axes]:
            member = group(counts, axes, where, segment)
            n_customers = (counts * member).sum()
            assert n_customers == 0 or n_customers >= floor, "a small group is shown"
            if n_customers == 0:
                empty |= member.astype(bool)
            equations.append(member)
    known = np.array([member[~empty] for member in equations if member[~empty].any()])
    if not len(known):
        return [], 0
    _, sizes, rows = np.linalg.svd(known, full_matrices=False)
    span = rows[sizes > 1e-9]
    found, n_small = [], 0
    for axes, where, segment in groups(counts):
        member = group(counts, axes, where, segment)
        if 0 < (counts * member).sum() < floor:
            n_small += 1
            asked = member[~empty]
            if np.abs(asked - span.T @ (span @ asked)).max() < 1e-7:
                found.append((axes, where, segment))
    return found, n_small


def test_no_small_group_can_be_worked_out_from_those_shown():
    rng = np.random.default_rng(7)
    n_small = 0
    for attempt in range(80):
        shape = [(2, 3), (3, 4), (2, 3, 3), (3, 2, 4), (2, 2, 3, 4)][attempt % 5]
        mean = rng.choice([8, 20, 60, 200])
        counts = rng.negative_binomial(0.6, 0.6 / (0.6 + mean), size=shape)
        found, small = worked_out(counts, FLOOR)
        assert found == [], f"from {counts.tolist()}"
        n_small += small
    assert n_small > 300, "the tables were too full to prove anything"


def test_one_segment_left_out_takes_another_with_it():
    counts = np.array([[50, 40, 3], [60, 30, 20]])
    assert cube.hidden_segments(counts, FLOOR) == {(): set(), (0,): {1, 2}}


def test_a_table_with_a_small_total_is_not_shown():
    counts = np.array([[50, 40], [4, 3]])
    assert cube.hidden_segments(counts, FLOOR) == {(): set()}


@pytest.mark.parametrize(
    "counts, shown",
    [
        ((50, 40, 0), [True, True, True]),
        # the smallest of the others goes too, or 3 were the rest
        ((50, 40, 3), [True, False, False]),
        ((50, 4, 7), [True, False, False]),
        ((50, 0, 3), [False, True, False]),
    ],
)
def test_bands_are_left_out_so_that_the_rest_is_large_enough(counts, shown):
    assert cube.shown_bands(counts, FLOOR) == shown


def test_few_customers_join_the_smallest_value_that_makes_them_enough():
    counts = {"a": [900, 900], "b": [400, 400], "c": [300, 300], "?": [2, 4]}
    assert cube.merged_values(counts, FLOOR) == (["a", "b"], ["c", "?"])
    assert cube.rest_name(["c", "?"]) == "c or ?"


def test_at_most_twelve_values_stand_alone():
    counts = {f"v{j:02d}": [500, 500] for j in range(30)}
    kept, rest = cube.merged_values(counts, FLOOR)
    assert kept == [f"v{j:02d}" for j in range(12)]
    assert len(rest) == 18 and cube.rest_name(rest) == "Other"


def test_no_group_of_the_dashboard_is_smaller_than_the_floor(data):
    assert min(cell[0] for cell in data["cube"]["cells"].values()) >= FLOOR
    bands = [n for row in data["cube"]["bands"].values() for n in row if n]
    assert min(bands) >= FLOOR
    assert min(row["n_customers"] for row in data["rows"]["map"]) >= FLOOR
    assert min(flow[2] for flow in data["rows"]["migrations"][0]["flows"]) >= FLOOR
    moves = [
        row["n_transitions"]
        for row in data["rows"]["trajectories"]
        if row["n_transitions"] is not None
    ]
    assert min(moves) >= FLOOR


def test_no_statistic_is_taken_over_fewer_customers_than_the_floor():
    # of 60 customers in `a` 3 have a score, 8 an age and 9 an order
    with duckdb.connect() as shop:
        shop.execute(
            "create temporary table report_customers as select"
            " 'x' as state, 'y' as gender, 'z' as top_category, segment_id,"
            " 'low' as churn_band,"
            " if(segment_id != 'a' or i < 3, 0.5, null) as p_churn,"
            " p_churn as p_churn_active,"
            " p_churn * 10 as expected_revenue, p_churn * 5 as revenue_at_risk,"
            " if(segment_id != 'a' or i < 9, i, null) as recency_days,"
            " if(recency_days is null, 0, 2) as frequency,"
            " frequency * 10.0 as monetary_amount,"
            " if(segment_id != 'a' or i < 8, i, null) as mean_age, i as mean_known"
            " from range(60) as numbers(i), (values ('a'), ('b'), ('c'), ('d'))"
            " as segments(segment_id)"
        )
        counted = cube.counted(shop, FLOOR, ["age", "known"])
    segments = counted["dimensions"][3]["values"]
    blank = {}
    for segment in segments:
        row = counted["cells"][f"*,*,*,{segments.index(segment)}"]
        named = zip(counted["measures"], row[1:], strict=True)
        blank[segment] = {name for name, value in named if value is None}
    small = set(counted["measures"]) - {"mean_known"}
    assert blank["a"] == small
    # another segment goes with it, or all less the others would give it away
    assert sorted(map(len, blank.values())) == [0, 0, len(small), len(small)]
    assert None not in counted["cells"]["*,*,*,*"]


def test_points_of_a_profit_curve_are_not_the_margin_of_a_few():
    points = [
        {"scenario": scenario, "n_contacted": n}
        for scenario in ("expected", "low")
        for n in (0, 4, 9, 10, 12, 25, 31, 35)
    ]
    kept = [row["n_contacted"] for row in content.thinned_curves(points, FLOOR)]
    assert kept == [0, 10, 25, 35] * 2


def test_a_feature_that_few_members_have_is_blank_for_two_segments():
    rows = [
        {"feature_name": feature, "segment_id": segment, "n_customers": n}
        | dict.fromkeys(content.PROFILE_MEASURES, 1.0)
        for feature, counts in {"age": (8, 40, 60), "orders": (30, 40, 60)}.items()
        for segment, n in zip("abc", counts, strict=True)
    ]
    content.blank_small_profiles(rows, FLOOR)
    assert [row["segment_mean"] for row in rows] == [None, None, 1.0, 1.0, 1.0, 1.0]


def test_no_customer_is_in_the_dashboard(connection, data):
    page = dashboard.dashboard_html(data)
    customers = connection.execute(
        "select customer_id from shop.dim_customer_segments"
    ).fetchall()
    assert [c for (c,) in customers if c in page] == []


def test_a_floor_of_one_is_refused(connection):
    with pytest.raises(ValueError, match="a floor of 1 would show single customers"):
        content.report_data(connection, "shop", 1)


def test_a_schema_without_segments_is_named_with_those_that_have_them(connection):
    with pytest.raises(ValueError, match="it is in shop: name it with --schema"):
        content.report_data(connection, "shop_demo", FLOOR)


# -- every number is the mart's -------------------------------------------------------


def at(data, key):
    names = ["n_customers", *data["cube"]["measures"]]
    return dict(zip(names, data["cube"]["cells"][key], strict=True))


def test_the_cube_of_everybody_equals_the_summaries(data, connection):
    segments = data["cube"]["dimensions"][3]["values"]
    found = connection.execute(
        "select segment_id, n_customers, net_amount, median_recency_days,"
        " median_frequency, median_monetary_amount from shop.fct_segment_summaries"
        " where n_customers >= 10"
    ).fetchall()
    assert len(found) == len(segments)
    for segment, n_customers, net, recency, frequency, monetary in found:
        cell = at(data, f"*,*,*,{segments.index(segment)}")
        assert cell["n_customers"] == n_customers
        assert cell["net_amount"] == pytest.approx(float(net), rel=1e-6)
        if segment != "prospects":
            assert cell["recency_days"][2] == recency
            assert cell["frequency"][2] == frequency
            assert cell["monetary_amount"][2] == pytest.approx(monetary, rel=1e-6)


def test_the_cube_of_everybody_equals_the_profiles(data, connection):
    segments = data["cube"]["dimensions"][3]["values"]
    found = connection.execute(
        "select segment_id, feature_name, segment_mean from shop.fct_segment_profiles"
    ).fetchall()
    assert len(found) > 20
    for segment, feature, mean in found:
        cell = at(data, f"*,*,*,{segments.index(segment)}")
        assert cell[f"mean_{feature}"] == pytest.approx(mean, rel=1e-6), feature


def test_the_churn_matrix_equals_the_mart(data, connection):
    dimensions = data["cube"]["dimensions"]
    segments, bands = dimensions[3]["values"], dimensions[4]["values"]
    found = connection.execute(
        "select segment_id, churn_band, n_customers from shop.fct_segment_churn_matrix"
    ).fetchall()
    shown = 0
    for segment, band, n_customers in found:
        row = data["cube"]["bands"][f"*,*,*,{segments.index(segment)}"]
        if row[bands.index(band)] is not None:
            assert row[bands.index(band)] == n_customers
            shown += 1
    assert shown > len(found) / 2


def test_a_filter_counts_what_the_marts_count(data, connection):
    state = data["cube"]["dimensions"][0]["values"][0]
    n_customers, net = connection.execute(
        "select count(*), sum(monetary_amount) from shop.dim_customer_segments"
        " inner join shop.dim_customer_attributes using (customer_id) where state = ?",
        [state],
    ).fetchone()
    cell = at(data, "0,*,*,*")
    assert cell["n_customers"] == n_customers
    assert cell["net_amount"] == pytest.approx(float(net), rel=1e-6)


@pytest.mark.parametrize(
    "name, query, column",
    [
        ("segment_trends", "select customer_share from shop.fct_segment_trends"
         " where n_customers >= 10", None),
        ("elbow", "select inertia from shop.fct_segment_fit_curves", 1),
        ("stability", "select jaccard_stability from shop.fct_segment_stability", 2),
        ("data_quality", "select n_rejected from shop.fct_input_reconciliations"
         " where n_received > 0", 3),
        ("value_by_decile", "select mean_outcome from shop.fct_score_calibration"
         " where score_name = 'value'", 3),
    ],
)  # fmt: skip
def test_the_numbers_under_a_chart_are_the_marts(
    charts, connection, name, query, column
):
    expected = sorted(float(value) for (value,) in connection.execute(query).fetchall())
    cells = [
        cell
        for row in charts[name]["table"]["rows"]
        for j, cell in enumerate(row)
        if (j == column if column else j > 0) and cell != "–"
    ]
    is_share = any(cell.endswith("%") for cell in cells)
    shown = sorted(
        float(cell.replace(",", "").replace("−", "-").rstrip("%"))
        / (100 if is_share else 1)
        for cell in cells
    )
    assert len(shown) == len(expected)
    step = 0.0006 if is_share else 0.51
    assert np.abs(np.array(shown) - np.array(expected)).max() < step


# -- charts ---------------------------------------------------------------------------


def test_every_chart_of_a_built_mart_is_drawn(charts, data):
    drawn = {name for name, chart in charts.items() if chart["svg"]}
    assert len(drawn) >= 18
    for name, chart in charts.items():
        if chart["empty"]:
            assert "not built" in chart["empty"] or "yet" in chart["empty"], name
        else:
            assert chart["svg"].count("<path") + chart["svg"].count("<text") > 10, name
            assert chart["basis"] in {"measured", "estimated", "assumed"}
            assert re.search(r"\d{4}-\d\d-\d\d", chart["note"]), f"{name} has no date"


def test_the_week_before_is_what_the_mart_says(data, connection):
    published = dict(
        connection.execute(
            "select segment_id, n_customers_change from shop.fct_segment_trends"
            " where as_of_date = (select max(as_of_date) from shop.fct_segment_trends)"
        ).fetchall()
    )
    shown = {
        row["segment_id"]: row["n_customers_change"] for row in data["rows"]["segments"]
    }
    assert shown == {one: published[one] for one in shown}
    assert any(shown.values())


def touching(drawing):
    """Texts that end at one line, such as names beside an axis, and nearly meet."""
    ends = {}
    pattern = r'<text[^>]*text-anchor="end"[^>]*?>[^<]*</text>'
    for element in re.findall(pattern, drawing):
        at = re.search(r"translate\((-?[\d.]+)[ ,](-?[\d.]+)\)", element)
        line = re.search(r' y="(-?[\d.]+)"', element)
        if at:
            y = float(at[2]) + (float(line[1]) if line else 0)
            words = re.sub(r"<[^>]+>", "", element)
            ends.setdefault(at[1], []).append((y, words))
    found = []
    for texts in ends.values():
        texts.sort()
        found += [
            (one[1], other[1])
            for one, other in itertools.pairwise(texts)
            if other[0] - one[0] < 13
        ]
    return found


@pytest.mark.parametrize("width", [310, 680])
def test_names_beside_a_chart_do_not_touch(drawer, width):
    """On a phone of 390 pixels a chart is 310 wide."""
    n_names = 0
    for name in drawer.ids():
        chart = drawer.draw(name, width=width)
        if chart["svg"]:
            n_names += chart["svg"].count('text-anchor="end"')
            assert touching(chart["svg"]) == [], name
    assert n_names > 100


def test_titles_say_the_finding_and_not_the_charts_name(charts):
    for chart in charts.values():
        if not chart["empty"]:
            assert chart["title"] != chart["name"]
            assert re.search(r"\d", chart["title"]), chart["title"]


def test_no_chart_shows_undefined_or_nan(charts):
    for name, chart in charts.items():
        text = json.dumps(chart)
        assert not re.search(r"undefined|NaN|\[object", text), name


def test_drawing_twice_gives_the_same_bytes(data, charts):
    again = svg.Drawer(data)
    assert {name: again.draw(name) for name in charts} == charts


def test_every_chart_says_so_when_its_marts_are_missing(data):
    empty = {
        "rows": {name: [] for name in data["rows"]},
        "missing": {
            name: "fct_x is not built in schema shop." for name in data["rows"]
        },
        "cube": data["cube"],
    }
    bare = svg.Drawer(empty)
    for name in bare.ids():
        chart = bare.draw(name)
        assert chart["svg"] is None
        assert chart["empty"] == "fct_x is not built in schema shop.", name


def test_a_refused_fit_is_called_so(data):
    refused = {**data, "rows": {**data["rows"]}}
    refused["rows"]["version"] = [
        {**data["rows"]["version"][0], "status": "fallback", "failure": "too wobbly"}
    ]
    drawer = svg.Drawer(refused)
    said = "This fit was refused, and rules stand in: too wobbly."
    for name in ("elbow", "silhouette", "stability"):
        assert drawer.draw(name)["note"].endswith(said), name
    assert drawer.draw("stability")["title"].startswith("The fit was refused")
    method = json.dumps(pdf._method(refused, "2024-12-30", {}))
    assert "and was refused: too wobbly. Rules stand in." in method
    assert "is active" not in method
    assert "is active" in json.dumps(pdf._method(data, "2024-12-30", {}))


def luminance(colour):
    """Relative luminance of #rrggbb as in WCAG 2."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in channels
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("is_dark", [False, True])
def test_numbers_in_coloured_cells_can_be_read(is_dark):
    context = svg.engine()
    context.eval(f"var view = {{dark: {json.dumps(is_dark)}}};")
    asked = "JSON.stringify([segmentationReport.ink(view).low,"
    asked += " segmentationReport.ink(view).high])"
    low, high = (
        np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)])
        for colour in json.loads(context.eval(asked))
    )
    for share in np.linspace(0, 1, 101):
        text = context.eval(f"segmentationReport.onHeat(view, {share})")
        red, green, blue = (low + (high - low) * share).round().astype(int)
        behind = luminance(f"#{red:02x}{green:02x}{blue:02x}")
        light, dark = sorted((luminance(text), behind), reverse=True)
        # better than 4.4 cannot be had on every colour, with #10161c for black
        assert (light + 0.05) / (dark + 0.05) > 4.2, (share, text)


def test_a_segment_is_followed_in_every_chart_of_segments(drawer, data):
    segment = data["rows"]["segments"][0]["segment_id"]
    whole = drawer.ids()
    changed = {
        name
        for name in whole
        if drawer.draw(name)["svg"] != drawer.draw(name, segment=segment)["svg"]
    }
    assert changed >= {
        "size_against_revenue", "segment_trends", "snake_plot", "relative_importance",
        "rfm_distributions", "customer_map", "stability", "migration_flows",
        "transition_rates", "churn_matrix",
    }  # fmt: skip


# -- other shops ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def evil_shop(demo_database, tmp_path_factory):
    """The demo's marts with names that do harm where they are not escaped."""
    path = tmp_path_factory.mktemp("evil") / "evil.duckdb"
    shutil.copy(demo_database, path)
    with duckdb.connect(str(path)) as opened:
        victims = opened.execute(
            "select customer_id from shop.dim_customer_segments order by 1 limit 6"
        ).fetchall()
        for (customer,), evil in zip(victims, EVIL, strict=True):
            for table in ("dim_customer_segments", "dim_customer_attributes"):
                opened.execute(
                    f"update shop.{table} set customer_id = ? where customer_id = ?",
                    [evil, customer],
                )
        opened.execute(
            "update shop.dim_customer_attributes set state = ?"
            " where state = (select mode(state) from shop.dim_customer_attributes)",
            [EVIL[1]],
        )
        for table in ("fct_segment_summaries", "dim_customer_segments", "dim_segments"):
            opened.execute(
                f"update shop.{table} set segment_name = ?"
                " where segment_id = 'p6_champions'",
                [EVIL[4]],
            )
    return path


class Scripts(html.parser.HTMLParser):
    """Counts the elements of a page that could do something."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        if tag in {"script", "img", "iframe", "b"}:
            self.found.append(tag)


def test_evil_names_are_text_in_every_output(evil_shop, tmp_path):
    with marts.open_marts(evil_shop) as opened:
        data = content.report_data(opened, "shop", FLOOR)
        path = tmp_path / "segments.xlsx"
        workbook.write_workbook(path, opened, "shop", data)
    scripts = Scripts()
    scripts.feed(dashboard.dashboard_html(data))
    assert scripts.found == ["script"] * 4
    drawer = svg.Drawer(data)
    for name in drawer.ids():
        assert "<script" not in (drawer.draw(name)["svg"] or ""), name
    pdf.write_pdf(tmp_path / "report.pdf", data, drawer)
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")
    sheet = openpyxl.load_workbook(path)["Customers"]
    cells = {
        cell.value.rstrip(): cell.data_type for (cell,) in sheet.iter_rows(max_col=1)
    }
    assert {name: cells[name] for name in EVIL} == dict.fromkeys(EVIL, "s")
    with zipfile.ZipFile(path) as parts:
        for name in parts.namelist():
            if "worksheets/sheet" in name:
                assert b"<f>" not in parts.read(name), name


def test_without_optional_marts_everything_is_written_and_says_so(
    demo_database, tmp_path, capsys
):
    path = tmp_path / "bare.duckdb"
    shutil.copy(demo_database, path)
    with duckdb.connect(str(path)) as opened:
        for table in (
            "dim_customer_attributes", "fct_customer_churn_segments",
            "fct_score_calibration", "fct_model_scorecards", "fct_score_drift",
            "fct_segment_migrations", "fct_segment_trajectories",
            "fct_segment_fit_curves", "fct_customer_projections",
        ):  # fmt: skip
            opened.execute(f"drop table shop.{table}")
        opened.execute("delete from shop.fct_segment_trends")
    asked = ["--database", str(path), "--output", str(tmp_path / "out")]
    for name in ("dashboard.html", "report.pdf", "segments.xlsx"):
        asked += ["--only", name]
    report.main(asked)
    said = capsys.readouterr().out
    assert "left out: fct_segment_trends has no rows yet." in said
    assert "fct_segment_migrations is not built in schema shop." in said
    for name in ("dashboard.html", "report.pdf", "segments.xlsx"):
        assert (tmp_path / "out" / name).stat().st_size > 10_000


def test_marts_of_another_version_are_named(demo_database, tmp_path, capsys):
    path = tmp_path / "older.duckdb"
    shutil.copy(demo_database, path)
    with duckdb.connect(str(path)) as opened:
        opened.execute("alter table shop.fct_segment_trends drop column lower_bound")
    with pytest.raises(SystemExit):
        report.main(["--database", str(path), "--output", str(tmp_path)])
    said = capsys.readouterr().err
    assert "the query trends does not fit schema shop" in said
    assert "lower_bound" in said and "run `dbt build` with this one" in said


def test_the_command_names_a_database_that_is_not_there(tmp_path, capsys):
    with pytest.raises(SystemExit):
        report.main(["--database", str(tmp_path / "none.duckdb")])
    assert "run `dbt build` first" in capsys.readouterr().err


def test_a_database_may_be_called_like_its_schema(demo_database, tmp_path, capsys):
    database = tmp_path / "shop.duckdb"
    shutil.copy(demo_database, database)
    output = tmp_path / "report"
    report.main(["--database", str(database), "--output", str(output)])
    assert {path.name for path in output.iterdir()} == set(report.MADE)
    show.main(["--database", str(database)])
    assert "Segments as of" in capsys.readouterr().out


# -- workbook, PDF, notebook ----------------------------------------------------------


@pytest.fixture(scope="module")
def book(connection, data, tmp_path_factory):
    path = tmp_path_factory.mktemp("book") / "segments.xlsx"
    workbook.write_workbook(path, connection, "shop", data)
    return path


def test_two_workbooks_are_the_same_bytes(book, connection, data, tmp_path):
    again = tmp_path / "again.xlsx"
    workbook.write_workbook(again, connection, "shop", data)
    assert again.read_bytes() == book.read_bytes()


def test_the_workbook_has_every_customer_with_the_marts_numbers(book, connection):
    sheet = openpyxl.load_workbook(book, read_only=True)["Customers"]
    rows = list(sheet.iter_rows(values_only=True))
    heading = dict(zip(rows[0], range(len(rows[0])), strict=True))
    found = connection.execute(
        "select customer_id, segment_name, monetary_amount, recency_days"
        " from shop.dim_customer_segments order by customer_id"
    ).fetchall()
    assert len(rows) - 1 == len(found)
    for row, (customer, segment, net, recency) in zip(rows[1:], found, strict=True):
        assert row[:2] == (customer, segment)
        assert row[heading["Net revenue, USD"]] == pytest.approx(float(net))
        assert row[heading["Recency, days"]] == recency


def test_the_workbook_filters_and_its_headers_stay(book):
    loaded = openpyxl.load_workbook(book)
    assert loaded.sheetnames == [
        "About", "Segments", "Campaigns", "Summaries", "Customers",
    ]  # fmt: skip
    customers = loaded["Customers"]
    assert customers.freeze_panes == "B2"
    last = openpyxl.utils.get_column_letter(customers.max_column)
    assert customers.auto_filter.ref == f"A1:{last}{customers.max_row}"
    heading = [cell.value for cell in customers[1]]
    assert {"State", "Gender", "Category", "Action"} <= set(heading)
    with zipfile.ZipFile(book) as parts:
        n_charts = sum("charts/chart" in name for name in parts.namelist())
    assert n_charts == 5


def test_customers_beyond_a_sheets_rows_go_to_the_next(
    connection, data, tmp_path, monkeypatch
):
    monkeypatch.setattr(workbook, "MOST_ROWS", 2_001)
    # written row by row, as those of large shops are
    monkeypatch.setattr(workbook, "MOST_IN_MEMORY", 100)
    path = tmp_path / "sheets.xlsx"
    workbook.write_workbook(path, connection, "shop", data)
    loaded = openpyxl.load_workbook(path)
    (n_customers,) = connection.execute(
        "select count(*) from shop.dim_customer_segments"
    ).fetchone()
    assert 2_000 < n_customers <= 4_000
    names = ["Customers", "Customers 2"]
    assert loaded.sheetnames[-2:] == names
    rows = [loaded[name].max_row - 1 for name in names]
    assert rows == [2_000, n_customers - 2_000]
    written = [
        cell.value for name in names for (cell,) in loaded[name].iter_rows(2, max_col=1)
    ]
    assert written == sorted(written) and len(set(written)) == n_customers
    last = loaded[names[1]].auto_filter.ref
    assert last.endswith(str(rows[1] + 1))


def test_the_summaries_add_up_to_the_segments(book, connection):
    rows = list(
        openpyxl.load_workbook(book)["Summaries"].iter_rows(min_row=2, values_only=True)
    )
    (total,) = connection.execute(
        "select sum(n_customers) from shop.fct_segment_summaries"
    ).fetchone()
    for label in ("State", "Gender", "Category"):
        counted = [row[3] for row in rows if row[0] == label and row[2] != "All"]
        assert sum(counted) == total, label


@pytest.fixture(scope="module")
def paper(data, drawer, tmp_path_factory):
    pytest.importorskip("typst", reason="needs segmentation[report]")
    path = tmp_path_factory.mktemp("paper") / "report.pdf"
    pdf.write_pdf(path, data, drawer)
    return path


def test_two_pdfs_are_the_same_bytes(paper, data, tmp_path):
    again = tmp_path / "again.pdf"
    pdf.write_pdf(again, data, svg.Drawer(data))
    assert again.read_bytes() == paper.read_bytes()


def test_the_pdf_is_tagged_for_accessibility(paper):
    text = paper.read_bytes()
    assert b"/MarkInfo" in text and b"/StructTreeRoot" in text
    assert b"pdfuaid:part" in text


def test_a_shop_without_experiments_gets_no_empty_chapter(paper, data, tmp_path):
    pypdf = pytest.importorskip("pypdf")
    lacking = ("experiments", "budget_curves", "budget_allocations")
    bare = {**data, "rows": data["rows"] | {name: [] for name in lacking}}
    path = tmp_path / "bare.pdf"
    pdf.write_pdf(path, bare, svg.Drawer(bare))
    contents = []
    for one in (paper, path):
        first = pypdf.PdfReader(one).pages[0].extract_text()
        contents.append(re.findall(r"^(\w[\w ]+?)[ .]+\d+$", first, re.M))
    assert set(contents[0]) - set(contents[1]) == {"Experiments", "Budget"}
    assert "Actions" in contents[1]


def test_the_pdf_says_the_marts_numbers(paper, connection):
    pypdf = pytest.importorskip("pypdf")
    pages = pypdf.PdfReader(paper).pages
    assert 12 <= len(pages) <= 22
    first = pages[0].extract_text()
    for segment, n_customers, share, net in connection.execute(
        "select segment_name, n_customers, customer_share, net_amount"
        " from shop.fct_segment_summaries where n_customers >= 10"
    ).fetchall():
        assert segment in first
        for shown in (f"{n_customers:,}", f"{100 * share:.1f}%", f"{net:,.0f}"):
            assert shown in first, f"{segment}: {shown}"


def test_the_notebook_runs_and_shows_its_pictures(demo_database, tmp_path):
    path = tmp_path / "notebook.ipynb"
    notebook.write_notebook(path, demo_database, "shop")
    written = json.loads(path.read_text("utf-8"))
    nbformat = pytest.importorskip("nbformat")
    nbformat.validate(nbformat.from_dict(written))
    outputs = [
        output["data"]
        for cell in written["cells"]
        if cell["cell_type"] == "code"
        for output in cell["outputs"]
    ]
    pictures = ["".join(o["image/svg+xml"]) for o in outputs if "image/svg+xml" in o]
    titles = " ".join("".join(o["text/plain"]) for o in outputs)
    assert len(pictures) == 4
    assert all(picture.startswith("<svg ") for picture in pictures)
    for word in ("Elbow", "Silhouette", "two axes", "Snake plot", "Rand index"):
        assert word in titles


def test_a_failing_cell_is_named():
    with pytest.raises(RuntimeError, match="begins 'x = 1' failed: division by zero"):
        notebook.run_cell("x = 1\nx / 0", {})


# -- documentation -------------------------------------------------------------


def test_documentation_has_every_model_and_no_test(tmp_path, artifacts):
    manifest = json.loads((artifacts / "manifest.json").read_text())
    small = documentation.slimmed(manifest)
    models = {name for name in manifest["nodes"] if name.startswith("model.")}
    assert models and models <= set(small["nodes"])
    assert not [name for name in small["nodes"] if name.startswith("test.")]
    for name in models:
        said = manifest["nodes"][name]["columns"]
        shown = small["nodes"][name]["columns"]
        assert {one: shown[one]["description"] for one in shown} == {
            one: said[one]["description"] for one in said
        }
        # the graph leads to what is there, and to nothing else
        assert set(small["child_map"][name]) <= {*small["parent_map"]}
    size = len(json.dumps(small, separators=(",", ":")))
    assert size < 0.6 * len(json.dumps(manifest, separators=(",", ":")))


def test_documentation_of_a_page_in_another_form_is_refused(tmp_path):
    for name in ("index.html", "manifest.json", "catalog.json"):
        (tmp_path / name).write_text("{}")
    with pytest.raises(documentation.DocumentationError, match="another form"):
        documentation.documentation(tmp_path)
