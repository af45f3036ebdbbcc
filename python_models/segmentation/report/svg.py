"""The dashboard's chart functions without a browser: SVG for PDF and notebook."""

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


class Drawer:
    """Draws charts of one set of data.

    Parameters
    ----------
    data : dict
        As report_data makes it.
    """

    def __init__(self, data):
        import quickjs

        self._context = quickjs.Context()
        # no timers here, and no `document`: ECharts then knows that it has no browser
        self._context.eval(
            "var setTimeout = function () {}, clearTimeout = setTimeout;"
        )
        self._context.eval(echarts_script())
        self._context.eval(chart_script())
        self._context.eval(
            """
            function drawn(id, view) {
              var chart = segmentationReport.draw(id, reportData, view);
              var svg = null;
              if (chart.option) {
                var drawing = echarts.init(null, null, {renderer: "svg", ssr: true,
                  width: view.width, height: chart.height});
                drawing.setOption(chart.option);
                svg = drawing.renderToSVGString();
                drawing.dispose();
              }
              return JSON.stringify({title: chart.title, note: chart.note || null,
                basis: chart.basis || null, empty: chart.empty || null, svg: svg,
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
