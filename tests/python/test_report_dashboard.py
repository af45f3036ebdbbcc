"""The dashboard in a browser: Debian's headless Chromium, without a network.

Skipped where there is no Chromium; SEGMENTATION_TEST_CHROMIUM names another one.
"""

import json
import os
import re
import shutil
from importlib import resources

import pytest
from segmentation.report import content, dashboard, marts

pytest.importorskip("quickjs", reason="needs segmentation[report]")
playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright")

CHROMIUM = os.environ.get("SEGMENTATION_TEST_CHROMIUM") or shutil.which("chromium")
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium: apt-get install chromium"
)
LAYOUTS = {
    "light": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
    "narrow": {"viewport": {"width": 390, "height": 844}, "color_scheme": "light"},
}
# what filters reach; the other charts say that they are of the whole shop
LINKED = {
    "size_against_revenue", "snake_plot", "relative_importance", "rfm_distributions",
    "churn_matrix",
}  # fmt: skip
FOLLOWED = LINKED | {
    "segment_trends", "customer_map", "stability", "migration_flows",
    "transition_rates",
}  # fmt: skip
DRAWINGS = """() => Object.fromEntries([...document.querySelectorAll("article")].map(
    card => [card.dataset.chart, card.querySelector(".chart").innerHTML]))"""


@pytest.fixture(scope="module")
def data(demo_database):
    with marts.open_marts(demo_database) as connection:
        return content.report_data(connection, "shop", 10)


@pytest.fixture(scope="module")
def file(data, tmp_path_factory):
    path = tmp_path_factory.mktemp("dashboard") / "dashboard.html"
    path.write_text(dashboard.dashboard_html(data), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        yield opened
        opened.close()


@pytest.fixture
def look_at(browser):
    """Function from a file and a layout to its page, with what went wrong in it."""
    opened = []

    def look(file, layout="light", **more):
        context = browser.new_context(**{**LAYOUTS[layout], **more}, offline=True)
        opened.append(context)
        page = context.new_page()
        page.problems = []
        page.on("console", lambda message: page.problems.append(message.text))
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.on("dialog", lambda dialog: page.problems.append(dialog.message))
        page.on(
            "request",
            lambda request: (
                request.url == file.as_uri()
                or request.url.startswith("data:")
                or page.problems.append(f"asked for {request.url}")
            ),
        )
        page.goto(file.as_uri())
        page.wait_for_timeout(50)
        return page

    yield look
    for context in opened:
        context.close()


def undrawn(page):
    """Charts that show neither marks nor a sentence that says why not."""
    return page.evaluate(
        """() => [...document.querySelectorAll("article")].filter(card =>
            !card.querySelector(".empty")
            && card.querySelectorAll(".chart svg path, .chart svg text").length < 10
        ).map(card => card.dataset.chart)"""
    )


def axe(page):
    """Rules of WCAG 2.2 A and AA and best practice that the page breaks."""
    source = resources.files("axe_playwright_python").joinpath("axe.min.js")
    page.evaluate(source.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run()")["violations"]
    return [(rule["id"], rule["nodes"][0]["html"][:200]) for rule in found]


def test_the_file_is_small(file):
    assert file.stat().st_size < 2_000_000


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_chart_is_drawn_without_an_error_or_a_request(file, look_at, layout):
    page = look_at(file, layout)
    assert page.problems == []
    assert undrawn(page) == []
    assert page.locator("article").count() >= 19


def test_it_is_ready_within_two_seconds_of_the_processor(file, look_at, browser):
    # the page's own seconds: what else the machine does is not its fault
    context = browser.new_context(**LAYOUTS["light"], offline=True)
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.goto(file.as_uri())
    spent = {
        metric["name"]: metric["value"]
        for metric in session.send("Performance.getMetrics")["metrics"]
    }
    assert page.evaluate("document.documentElement.dataset.readyMs")
    assert 0.01 < spent["TaskDuration"] < 2.0
    context.close()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_axe_finds_nothing(file, look_at, layout):
    pytest.importorskip("axe_playwright_python")
    page = look_at(file, layout)
    page.locator("details").first.locator("summary").click()
    page.locator("#chips button").first.click()
    assert axe(page) == []


def test_a_phone_does_not_scroll_sideways(file, look_at):
    page = look_at(file, "narrow")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("name", ["state", "gender", "top_category"])
def test_a_filter_changes_every_linked_view(file, look_at, data, name):
    page = look_at(file)
    drawn = page.evaluate(DRAWINGS)
    figures = page.locator("#figures .value").all_text_contents()
    dimension = next(d for d in data["cube"]["dimensions"] if d["name"] == name)
    value = dimension["values"][0]
    page.select_option(f"#filter-{name}", value)
    after = page.evaluate(DRAWINGS)
    assert {chart for chart in drawn if drawn[chart] != after[chart]} == LINKED
    shown = page.locator("#figures .value").all_text_contents()
    # two rates may agree to the last digit that is shown
    assert sum(a != b for a, b in zip(figures, shown, strict=True)) >= 4
    place = ["*"] * 4
    place[data["cube"]["dimensions"].index(dimension)] = "0"
    n_customers = data["cube"]["cells"][",".join(place)][0]
    assert shown[0] == f"{n_customers:,}"
    assert page.locator("#status").text_content() == f"{value}: {shown[0]} customers"
    for chart in drawn:
        note = page.locator(f"article[data-chart={chart}] .note").text_content()
        if chart in LINKED:
            assert f"{value} only." in note
        elif note:
            assert "Whole shop, whatever the filter." in note, chart
    page.click("#reset")
    # a mark that the filter took away comes back behind the others
    assert elements(page.evaluate(DRAWINGS)) == elements(drawn)
    assert page.problems == []


def elements(drawings):
    """The elements of each drawing, sorted: when they came does not count."""
    return {name: sorted(re.split("(?=<)", svg)) for name, svg in drawings.items()}


def test_following_a_segment_changes_every_view_of_segments(file, look_at, data):
    page = look_at(file)
    drawn = page.evaluate(DRAWINGS)
    figures = page.locator("#figures .value").all_text_contents()
    segment = data["rows"]["segments"][0]
    page.click(f"#chips button[data-segment={segment['segment_id']}]")
    after = page.evaluate(DRAWINGS)
    assert {chart for chart in drawn if drawn[chart] != after[chart]} >= FOLLOWED
    shown = page.locator("#figures .value").all_text_contents()
    assert all(a != b for a, b in zip(figures, shown, strict=True))
    assert shown[0] == f"{segment['n_customers']:,}"
    titles = page.locator("article h3").all_text_contents()
    assert sum(segment["segment_name"] in title for title in titles) >= 7
    assert page.locator("#filter-segment_id").input_value() == segment["segment_id"]
    page.click(f"#chips button[data-segment={segment['segment_id']}]")
    assert page.evaluate(DRAWINGS) == drawn


def test_pressing_a_mark_follows_its_segment(file, look_at, data):
    page = look_at(file)
    row = data["rows"]["segments"][1]
    where = page.evaluate(
        """name => {
            const box = document.querySelector("#chart-size_against_revenue");
            box.scrollIntoView({block: "center"});
            const chart = echarts.getInstanceByDom(box);
            const mark = chart.getOption().series[2].data.find(
                one => one.value[1] === name);
            const [x, y] = chart.convertToPixel({seriesIndex: 2}, mark.value);
            const {left, top} = box.getBoundingClientRect();
            return [left + x, top + y];
        }""",
        row["segment_name"],
    )
    page.mouse.click(*where)
    pressed = page.locator("#chips button[aria-pressed=true]")
    # beside the name stands what the week changed
    assert [chip.get_attribute("data-segment") for chip in pressed.all()] == [
        row["segment_id"]
    ]


def test_the_keyboard_reaches_filters_and_segments(file, look_at, data):
    page = look_at(file)
    reached = []
    for _ in range(14):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate(
                "document.activeElement.id || document.activeElement.dataset.segment"
                " || document.activeElement.className"
            )
        )
    first = data["rows"]["segments"][0]["segment_id"]
    expected = ["skip", "theme", "filter-state", "filter-gender", "reset", first]
    assert [name for name in reached if name in expected] == expected
    page.locator(f"button[data-segment={first}]").focus()
    page.keyboard.press("Enter")
    assert page.locator("#chips button[aria-pressed=true]").count() == 1


def test_the_numbers_are_there_as_a_table_for_those_who_cannot_see(file, look_at):
    page = look_at(file)
    for card in page.locator("article:has(.chart svg)").all():
        card.locator("summary").click()
        card.locator("tbody tr").first.wait_for()
        label = card.locator(".chart").get_attribute("aria-label")
        assert card.locator("h3").text_content() in label
    assert page.problems == []


def test_a_shop_without_experiments_gets_no_empty_card(data, look_at, tmp_path):
    lacking = ("experiments", "budget_curves", "budget_allocations", "actions")
    bare = {**data, "rows": data["rows"] | {name: [] for name in lacking}}
    path = tmp_path / "bare.html"
    path.write_text(dashboard.dashboard_html(bare), encoding="utf-8")
    page = look_at(path)
    assert page.locator("#section-campaigns").count() == 0
    assert page.locator("#section-scores").count() == 1
    assert page.locator("article[data-chart=experiment_lifts]").count() == 0
    assert "Lift in experiments is left out" in page.locator("#footer").text_content()
    assert page.problems == []


def test_a_group_that_is_too_small_says_so_and_a_coarser_one_is_shown(
    file, look_at, data
):
    cells = data["cube"]["cells"]
    dimensions = data["cube"]["dimensions"]
    missing = next(
        (state, gender, category)
        for state in range(len(dimensions[0]["values"]))
        for gender in range(len(dimensions[1]["values"]))
        for category in range(len(dimensions[2]["values"]))
        if f"{state},{gender},{category},0" not in cells
    )
    page = look_at(file)
    n_blank = page.locator(".chart .empty").count()
    for name, position in zip(
        ("state", "gender", "top_category"), missing, strict=True
    ):
        values = next(d["values"] for d in dimensions if d["name"] == name)
        # a shop that is too small for a category is not asked for one
        if page.locator(f"#filter-{name}").count():
            page.select_option(f"#filter-{name}", values[position])
    page.select_option("#filter-segment_id", dimensions[3]["values"][0])
    said = page.locator("#status").text_content()
    assert "too few customers to show" in said and "Shown instead: " in said
    # what few of the group have is a dash; how many they are is not
    assert page.locator("#figures .value").first.text_content() != "–"
    assert page.locator(".chart .empty").count() == n_blank
    assert page.problems == []


def test_no_choice_of_filters_blanks_the_first_charts(file, look_at, data):
    """All pairs of values of two filters, and with a segment."""
    values = {one["name"]: one["values"] for one in data["cube"]["dimensions"]}
    page = look_at(file)
    names = [
        name
        for name in ("state", "gender", "top_category", "segment_id")
        if page.locator(f"#filter-{name}").count()
    ]
    n_coarser = n_tried = 0
    for place, one in enumerate(names):
        for other in names[place + 1 :]:
            for first in values[one][:4]:
                for second in values[other][:4]:
                    page.click("#reset")
                    page.select_option(f"#filter-{one}", first)
                    page.select_option(f"#filter-{other}", second)
                    assert page.locator("article").first.locator(".empty").count() == 0
                    said = page.locator("#status").text_content()
                    n_coarser += "Shown instead" in said
                    n_tried += 1
    assert n_tried >= 12
    print(f"{n_coarser} of {n_tried} pairs are shown by a coarser group")


def test_the_first_screen_says_four_sentences_of_the_data(file, look_at, data):
    page = look_at(file)
    said = page.locator("#answers li").all_text_contents()
    assert [text.split(":")[0] for text in said] == [
        "What changed", "Who matters", "What to do", "What it is worth",
    ]  # fmt: skip
    assert all(
        text.startswith(one["text"])
        for text, one in zip(said, data["answers"], strict=True)
    )
    box = page.locator("#answers").bounding_box()
    assert box["y"] + box["height"] < page.viewport_size["height"]


def test_dark_is_dark_and_print_is_light(file, look_at):
    page = look_at(file, "dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == (
        "rgb(18, 24, 30)"
    )
    page.click("#theme")
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    page.emulate_media(media="print")
    assert page.locator("#theme").is_hidden()
    assert len(page.pdf()) > 50_000
    assert page.problems == []


def test_charts_fit_on_paper(file, look_at):
    page = look_at(file)
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 688, "height": 1000})
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    too_wide = page.evaluate(
        """() => [...document.querySelectorAll("article")].filter(card => {
            const drawn = card.querySelector(".chart svg");
            return drawn && drawn.getBoundingClientRect().width
                > card.querySelector(".chart").clientWidth;
        }).map(card => card.dataset.chart)"""
    )
    assert too_wide == []
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate("document.documentElement.dataset.theme") == "light"


def test_evil_names_do_nothing(data, look_at, tmp_path):
    evil = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"
    spoiled = json.loads(json.dumps(data))
    for row in spoiled["rows"]["segments"]:
        row["segment_name"] = evil
    spoiled["cube"]["dimensions"][0]["values"][0] = evil
    path = tmp_path / "evil.html"
    path.write_text(dashboard.dashboard_html(spoiled), encoding="utf-8")
    page = look_at(path)
    page.select_option("#filter-state", evil)
    page.locator("#chips button").first.click()
    page.locator("summary").first.click()
    assert page.problems == []
    assert page.locator("img").count() == 0
    assert evil in page.locator("#chips").text_content()


# -- the checks above can fail --------------------------------------------------------


def spoil(file, tmp_path, pattern, text):
    """A copy of the page with something broken, under a policy that lets it be."""
    page = file.read_text(encoding="utf-8")
    page = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page)
    spoiled, n_times = re.subn(pattern, lambda _: text, page, count=1)
    assert n_times == 1, f"nothing to spoil at {pattern}"
    path = tmp_path / "spoiled.html"
    path.write_text(spoiled, encoding="utf-8")
    return path


def test_a_request_is_noticed(file, look_at, tmp_path):
    path = spoil(
        file, tmp_path, "<noscript>", '<img src="http://127.0.0.1:9/x"><noscript>'
    )
    problems = look_at(path).problems
    assert "asked for http://127.0.0.1:9/x" in problems


def test_a_chart_that_is_not_drawn_is_noticed(file, look_at, tmp_path):
    path = spoil(file, tmp_path, r"parts\.drawing\.setOption\(", "void (")
    assert len(undrawn(look_at(path))) >= 18


def test_a_policy_that_is_broken_is_noticed(file, look_at, tmp_path):
    page = file.read_text(encoding="utf-8")
    path = tmp_path / "changed.html"
    path.write_text(page.replace("function show() {", "function show() { "), "utf-8")
    assert any("Content Security Policy" in text for text in look_at(path).problems)


def test_pale_text_is_noticed(file, look_at, tmp_path):
    pytest.importorskip("axe_playwright_python")
    path = spoil(file, tmp_path, "--soft: #55616e", "--soft: #c9d0d7")
    assert "color-contrast" in {rule for rule, _ in axe(look_at(path))}


def test_a_view_that_does_not_follow_is_noticed(file, look_at, tmp_path, data):
    path = spoil(file, tmp_path, "segment: view.segment|const isFaded = .*", (
        "const isFaded = () => false;"
    ))  # fmt: skip
    page = look_at(path)
    drawn = page.evaluate(DRAWINGS)
    page.locator("#chips button").first.click()
    after = page.evaluate(DRAWINGS)
    assert not {c for c in drawn if drawn[c] != after[c]} >= FOLLOWED
