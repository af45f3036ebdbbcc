"""The dashboard's chart functions without a browser: SVG for PDF and notebook."""

import html
import json
from importlib import resources

CHART_FILES = ("base", "segments", "movement", "scores", "campaigns", "inputs")
FONT = "Source Sans 3"


def chart_script():
    """The chart functions' text, in the order in which it has to be read."""
    folder = resources.files(__package__).joinpath("charts")
    return "\n".join(
        folder.joinpath(f"{name}.js").read_text(encoding="utf-8")
        for name in CHART_FILES
    )


def echarts_script():
    """The text of Apache ECharts."""
    folder = resources.files(__package__).joinpath("vendor")
    return folder.joinpath("echarts.min.js").read_text(encoding="utf-8")


def engine():
    """A JavaScript engine that has read ECharts and the chart functions."""
    import quickjs

    context = quickjs.Context()
    # no timers here, and no `document`: ECharts then knows that it has no browser
    context.eval("var setTimeout = function () {}, clearTimeout = setTimeout;")
    context.eval(echarts_script())
    context.eval(chart_script())
    context.eval(
        """
        function svgOf(option, width, height) {
          var drawing = echarts.init(null, null, {renderer: "svg", ssr: true,
            width: width, height: height});
          drawing.setOption(option);
          var svg = drawing.renderToSVGString();
          drawing.dispose();
          return svg;
        }
        """
    )
    return context


def drawn(option, title, width, height):
    """An ECharts option of plain values as SVG text, with its title as a name."""
    context = engine()
    asked = {
        "animation": False,
        "color": json.loads(
            context.eval("JSON.stringify(segmentationReport.PALETTE.light)")
        ),
        "textStyle": {"fontFamily": FONT},
        **option,
    }
    text = json.loads(
        context.eval(f"JSON.stringify(svgOf({json.dumps(asked)}, {width}, {height}))")
    )
    name = html.escape(title)
    return text.replace("<svg ", f'<svg role="img" aria-label="{name}" ', 1)


class Drawer:
    """Draws charts of one set of data.

    Parameters
    ----------
    data : dict
        As report_data makes it.
    """

    def __init__(self, data):
        self._context = engine()
        self._context.eval(
            """
            function drawn(id, view) {
              var chart = segmentationReport.draw(id, reportData, view);
              return JSON.stringify({title: chart.title, note: chart.note || null,
                basis: chart.basis || null, empty: chart.empty || null,
                svg: chart.option
                  ? svgOf(chart.option, view.width, chart.height) : null,
                table: chart.table || null, height: chart.height || 0,
                name: segmentationReport.charts[id].name,
                section: segmentationReport.charts[id].section});
            }
            """
        )
        self._context.eval(f"var reportData = {json.dumps(data)};")

    def ids(self):
        """Names of all charts, in the order of the report."""
        return json.loads(
            self._context.eval("JSON.stringify(Object.keys(segmentationReport.charts))")
        )

    def words(self, feature):
        """A feature's name as charts write it."""
        asked = f"JSON.stringify(segmentationReport.words({json.dumps(feature)}))"
        return json.loads(self._context.eval(asked))

    def draw(self, name, width=680, dark=False, **where):
        """One chart.

        Parameters
        ----------
        name : str
            One of `ids`.
        width : int
            Pixels.
        dark : bool
        where : str
            state, gender, top_category, segment: what the filters are set to.

        Returns
        -------
        dict
            title, note, basis, table ({columns, rows}), height (pixels), svg; or
            `empty`, the reason why there is nothing to draw.
        """
        view = {
            "width": width,
            "dark": dark,
            "font": FONT,
            "state": None,
            "gender": None,
            "top_category": None,
            "segment": None,
            **where,
        }
        self._context.eval(f"var reportView = {json.dumps(view)};")
        return json.loads(self._context.eval(f"drawn({json.dumps(name)}, reportView)"))
