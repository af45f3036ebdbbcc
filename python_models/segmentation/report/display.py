"""What the notebook shows: tables and pictures, in Jupyter and without it."""

import html

from segmentation.report import svg


class Table:
    """A small table.

    Parameters
    ----------
    columns : list of str
    rows : list of list
        Anything; shown as text.
    """

    def __init__(self, columns, rows):
        self.columns, self.rows = columns, rows

    def __repr__(self):
        lines = [self.columns, *self.rows]
        return "\n".join("  ".join(str(value) for value in line) for line in lines)

    def _repr_html_(self):
        def line(tag, values):
            cells = "".join(f"<{tag}>{html.escape(str(v))}</{tag}>" for v in values)
            return f"<tr>{cells}</tr>"

        body = "".join(line("td", row) for row in self.rows)
        return (
            f"<table><thead>{line('th', self.columns)}</thead>"
            f"<tbody>{body}</tbody></table>"
        )


class Picture:
    """A chart, drawn as SVG without a browser.

    Parameters
    ----------
    title : str
        What is seen, with units.
    option : dict
        ECharts' option, plain values only.
    width, height : int
        Pixels.
    """

    def __init__(self, title, option, width=720, height=320):
        self.title, self.option = title, option
        self.width, self.height = width, height

    def __repr__(self):
        return self.title

    def _repr_svg_(self):
        return svg.drawn(self.option, self.title, self.width, self.height)
