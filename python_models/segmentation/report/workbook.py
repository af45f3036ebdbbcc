"""The workbook: customers with segment and action, campaigns, summaries, charts."""

import contextlib
import datetime
import gc
import string

from segmentation.report import marts

# a fixed time, so that two builds of the same marts are the same bytes
CREATED = datetime.datetime(2000, 1, 1)
# a spreadsheet's most rows, and the most customers whose cells are kept in memory: that
# is a third faster, and about 1.6 kB a customer
MOST_ROWS, MOST_IN_MEMORY = 1_048_576, 250_000
BLUE, SOFT = "#0B6AA8", "#55616E"
DIMENSIONS = [("state", "State"), ("gender", "Gender"), ("top_category", "Category")]
# heading, column of the query, width in characters, format
CUSTOMER_COLUMNS = [
    ("Customer", "customer_id", 14, None),
    ("Segment", "segment_name", 18, None),
    ("Value tier", "value_tier", 10, None),
    ("Action", "action_name", 30, None),
    ("Channel", "channel", 10, None),
    ("State", "state", 14, None),
    ("Gender", "gender", 10, None),
    ("Category", "top_category", 18, None),
    ("RFM cell", "rfm_cell", 9, None),
    ("Recency, days", "recency_days", 13, "count"),
    ("Orders", "frequency", 9, "count"),
    ("Net revenue, {currency}", "monetary_amount", 18, "money"),
    ("Churn band", "churn_band", 11, None),
    ("Chance to leave", "p_churn", 15, "percent"),
    ("Expected revenue, {currency}", "expected_revenue", 22, "money"),
    ("Revenue at risk, {currency}", "revenue_at_risk", 21, "money"),
    ("In segment since", "segment_since", 16, "date"),
    ("First reason", "reason_1", 46, None),
]


def write_workbook(path, connection, schema, data, say=lambda text: None):
    """Write the workbook.

    Parameters
    ----------
    path : pathlib.Path
    connection : duckdb.DuckDBPyConnection
        After report_data: it reads the temporary table `report_customers`.
    schema : str
        Where the marts are.
    data : dict
        As report_data makes it.
    say : callable
        Is told how far the customers are.
    """
    import xlsxwriter

    (n_customers,) = connection.execute(
        "select count(*) from report_customers"
    ).fetchone()
    book = xlsxwriter.Workbook(
        str(path),
        {
            "constant_memory": n_customers > MOST_IN_MEMORY,
            # a name that begins with = is text, and an address is no link
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "nan_inf_to_errors": True,
        },
    )
    book.set_properties(
        {"title": "Customer segments", "created": CREATED, "author": "segmentation"}
    )
    writer = _Writer(book, connection, schema, data, n_customers)
    with _without_collecting(), contextlib.closing(book):
        writer.about()
        writer.segments()
        writer.campaigns()
        writer.summaries()
        writer.customers(say)


@contextlib.contextmanager
def _without_collecting():
    """Millions of cells live until the end: looking for garbage among them is vain."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _literal(text):
    """Text that XlsxWriter writes as it is.

    It takes `<r>...</r>` for markup of its own and writes it unescaped, which would let
    a name break the file: a space at the end keeps it text.
    """
    if text.startswith("<r>") and text.endswith("</r>"):
        return text + " "
    return text


def _cells(sheet, column, rows):
    """A reference to cells of one column that do not adjoin."""
    letter = string.ascii_uppercase[column]
    return "=(" + ",".join(f"{sheet}!${letter}${row + 1}" for row in rows) + ")"


class _Writer:
    def __init__(self, book, connection, schema, data, n_customers):
        self.book, self.connection, self.schema = book, connection, schema
        self.data, self.n_customers = data, n_customers
        self.tables = marts.existing_marts(connection, schema)
        rows = data["rows"]
        self.currency = (
            rows["currency"][0]["reporting_currency"] if rows["currency"] else None
        ) or "currency units"
        self.day = rows["meta"][0]["as_of_date"] if rows["meta"] else "an unknown day"
        font = {"font_name": "Calibri", "font_size": 11, "valign": "top"}
        self.formats = {
            name: book.add_format({**font, **more})
            for name, more in {
                "plain": {},
                "title": {"bold": True, "font_size": 16, "font_color": "#1C2733"},
                "soft": {"font_color": SOFT},
                "head": {
                    "bold": True,
                    "font_color": "#FFFFFF",
                    "bg_color": BLUE,
                    "text_wrap": True,
                },
                "whole": {"num_format": "#,##0"},
                "count": {"num_format": "0"},
                "money": {"num_format": "#,##0.00"},
                "percent": {"num_format": "0.0%"},
                "number": {"num_format": "#,##0.0"},
                "date": {"num_format": "yyyy-mm-dd", "align": "left"},
                "wrap": {"text_wrap": True},
            }.items()
        }

    def _put(self, sheet, row, column, value, kind=None):
        """A cell; text is written as text, whatever it begins with."""
        style = self.formats[kind or "plain"]
        if value is None:
            return
        if isinstance(value, bool):
            sheet.write_boolean(row, column, value, style)
        elif isinstance(value, (int, float)):
            sheet.write_number(row, column, value, style)
        elif kind == "date":
            day = datetime.date.fromisoformat(str(value)[:10])
            sheet.write_datetime(row, column, day, style)
        else:
            sheet.write_string(row, column, _literal(str(value)), style)

    def _head(self, sheet, row, headings):
        for column, heading in enumerate(headings):
            sheet.write_string(row, column, heading, self.formats["head"])

    def about(self):
        sheet = self.book.add_worksheet("About")
        sheet.hide_gridlines(2)
        sheet.set_column(0, 0, 22)
        sheet.set_column(1, 1, 100)
        lines = [
            ("Customer segments", None, "title"),
            (f"As of {self.day}; amounts in {self.currency}.", None, "soft"),
            (None, None, None),
            ("Sheet", "What it holds", "head"),
            ("Segments", "Measured: size, revenue and medians by segment.", None),
            ("Campaigns", "What is done with whom, and who may be written to.", None),
            ("Summaries", "Segments by state, gender and category.", None),
            (
                "Customers",
                f"{self.n_customers:,} customers with segment and action; filter by"
                " state, gender and category in the header.",
                None,
            ),
            (None, None, None),
            ("Column", "Meaning", "head"),
            ("Net revenue", "Measured: lifetime, less discounts and returns.", None),
            ("Chance to leave", "Estimated: no order within the horizon.", None),
            ("Expected revenue", "Estimated: net, over the horizon.", None),
            ("Revenue at risk", "Estimated: the chance times the revenue.", None),
            ("Action", "Recommended; its uplift is measured or assumed.", None),
        ]
        for row, (left, right, kind) in enumerate(lines):
            self._put(sheet, row, 0, left, kind)
            self._put(sheet, row, 1, right, kind if kind == "head" else "wrap")

    def segments(self):
        sheet = self.book.add_worksheet("Segments")
        sheet.hide_gridlines(2)
        columns = [
            ("Segment", "segment_name", 20, None),
            ("Customers", "n_customers", 11, "whole"),
            ("Share of customers", "customer_share", 11, "percent"),
            (f"Net revenue, {self.currency}", "net_amount", 16, "money"),
            ("Share of net revenue", "net_amount_share", 12, "percent"),
            ("Median recency, days", "median_recency_days", 14, "number"),
            ("Median orders", "median_frequency", 10, "number"),
            (
                f"Median net revenue, {self.currency}",
                "median_monetary_amount",
                16,
                "money",
            ),
            ("Strategy", "strategy", 58, None),
            ("Customers, change in a week", "n_customers_change", 14, "whole"),
        ]
        rows = self.data["rows"]["segments"]
        self._table(sheet, columns, rows)
        last = len(rows)
        for title, first, second, start in [
            ("Share of customers and of net revenue", 2, 4, 0),
            (f"Median net revenue per customer, {self.currency}", 7, None, 5),
        ]:
            chart = self.book.add_chart({"type": "bar"})
            for column, colour in [
                (first, "#9DB7CC" if second else BLUE),
                (second, BLUE),
            ]:
                if column is None:
                    continue
                chart.add_series(
                    {
                        "name": ["Segments", 0, column],
                        "categories": ["Segments", 1, 0, last, 0],
                        "values": ["Segments", 1, column, last, column],
                        "fill": {"color": colour},
                        "gap": 60,
                    }
                )
            chart.set_title({"name": title, "name_font": {"size": 12, "bold": True}})
            chart.set_y_axis({"reverse": True, "num_font": {"size": 9}})
            chart.set_x_axis(
                {"num_font": {"size": 9}, "major_gridlines": {"visible": True,
                 "line": {"color": "#E6EAEE"}}}
            )  # fmt: skip
            chart.set_legend({"position": "bottom"} if second else {"none": True})
            chart.set_size({"width": 560, "height": 340})
            sheet.insert_chart(last + 2, start, chart, {"description": title})

    def _table(self, sheet, columns, rows, first_row=0):
        self._head(sheet, first_row, [column[0] for column in columns])
        for j, (_, _, width, _) in enumerate(columns):
            if first_row == 0:
                sheet.set_column(j, j, width)
        for i, row in enumerate(rows, start=first_row + 1):
            for j, (_, name, _, kind) in enumerate(columns):
                self._put(sheet, i, j, row.get(name), kind)
        if first_row == 0:
            sheet.freeze_panes(1, 1)

    def campaigns(self):
        sheet = self.book.add_worksheet("Campaigns")
        sheet.hide_gridlines(2)
        counted, _ = marts.fetch(self.connection, self.schema, "campaigns", self.tables)
        by_segment = {row["segment_id"]: row for row in counted}
        actions = {}
        for row in self.data["rows"]["actions"]:
            actions.setdefault(row["segment_id"], []).append(row)
        rows = []
        for segment in self.data["rows"]["segments"]:
            best = sorted(
                actions.get(segment["segment_id"], []),
                key=lambda row: (-row["n_customers"], row["action_id"]),
            )
            rows.append(
                {
                    **by_segment.get(segment["segment_id"], {}),
                    **segment,
                    "tag": f"segment:{segment['segment_id']}",
                    "action": "; ".join(
                        f"{row['action_name']} ({row['n_customers']:,})"
                        for row in best[:3]
                    )
                    or None,
                    "evidence": ", ".join(sorted({row["evidence"] for row in best}))
                    or None,
                }
            )
        columns = [
            ("Segment", "segment_name", 20, None),
            ("Tag in the e-mail tool", "tag", 30, None),
            ("Strategy", "strategy", 56, None),
            ("Recommended actions (customers)", "action", 70, None),
            ("Uplift is", "evidence", 18, None),
            ("Customers", "n_customers", 11, "whole"),
            ("May be e-mailed", "n_email", 11, "whole"),
            ("May get SMS", "n_sms", 11, "whole"),
            ("May get push", "n_push", 11, "whole"),
        ]
        self._table(sheet, columns, rows)

    def summaries(self):
        sheet = self.book.add_worksheet("Summaries")
        columns = [
            ("By", "dimension", 11, None),
            ("Value", "value", 20, None),
            ("Segment", "segment", 20, None),
            ("Customers", "n_customers", 11, "whole"),
            (f"Net revenue, {self.currency}", "net_amount", 18, "money"),
            (f"Revenue per customer, {self.currency}", "mean_amount", 18, "money"),
            ("Mean chance to leave", "p_churn", 14, "percent"),
            (f"Revenue at risk, {self.currency}", "revenue_at_risk", 18, "money"),
        ]
        names = {
            row["segment_id"]: row["segment_name"]
            for row in self.data["rows"]["segments"]
        }
        rows, totals = [], {}
        for column, label in DIMENSIONS:
            found = self.connection.execute(
                f"select coalesce({column}, 'Unknown') as value, segment_id, count(*),"
                " sum(monetary_amount), avg(p_churn), sum(revenue_at_risk)"
                " from report_customers"
                " group by grouping sets ((1, 2), (1))"
                " order by 1, 2 nulls first"
            ).fetchall()
            for value, segment_id, n_customers, net, chance, at_risk in found:
                if segment_id is None:
                    totals.setdefault(label, []).append(len(rows) + 1)
                rows.append(
                    {
                        "dimension": label,
                        "value": value,
                        "segment": "All" if segment_id is None
                        else names.get(segment_id, segment_id),
                        "n_customers": n_customers,
                        "net_amount": float(net or 0),
                        "mean_amount": float(net or 0) / n_customers,
                        "p_churn": marts.plain(chance),
                        "revenue_at_risk": marts.plain(at_risk),
                    }
                )  # fmt: skip
        self._table(sheet, columns, rows)
        sheet.autofilter(0, 0, len(rows), len(columns) - 1)
        for j, (_, label) in enumerate(DIMENSIONS):
            where = totals.get(label, [])
            if len(where) < 2:
                continue
            chart = self.book.add_chart({"type": "column"})
            chart.add_series(
                {
                    "name": "Net revenue",
                    "categories": _cells("Summaries", 1, where),
                    "values": _cells("Summaries", 4, where),
                    "fill": {"color": BLUE},
                    "gap": 60,
                }
            )
            title = f"Net revenue by {label.lower()}, {self.currency}"
            chart.set_title({"name": title, "name_font": {"size": 12, "bold": True}})
            chart.set_legend({"none": True})
            chart.set_y_axis(
                {"num_format": "#,##0", "major_gridlines": {"visible": True,
                 "line": {"color": "#E6EAEE"}}}
            )  # fmt: skip
            chart.set_size({"width": 560, "height": 300})
            sheet.insert_chart(1 + 16 * j, 9, chart, {"description": title})

    def customers(self, say):
        headings = [
            heading.format(currency=self.currency) for heading, *_ in CUSTOMER_COLUMNS
        ]
        cursor = marts.run(self.connection, self.schema, "customers")
        at = {column[0]: j for j, column in enumerate(cursor.description)}
        picks = [
            # text in the book's own style is written faster
            (j, at[name], self.formats[kind] if kind else None)
            for j, (_, name, _, kind) in enumerate(CUSTOMER_COLUMNS)
        ]
        n_written = 0
        while batch := cursor.fetchmany(10_000):
            for values in batch:
                row = n_written % (MOST_ROWS - 1) + 1
                if row == 1:
                    sheet = self._customer_sheet(n_written, headings)
                    number, text = sheet.write_number, sheet.write_string
                for j, where, style in picks:
                    value = values[where]
                    if value is None:
                        continue
                    if style is None:
                        text(row, j, _literal(value))
                    else:
                        number(row, j, value, style)
                n_written += 1
            say(f"{n_written:,} customers")
        if not n_written:
            self._customer_sheet(0, headings)

    def _customer_sheet(self, n_written, headings):
        """A sheet for the customers after the first n_written."""
        n_rows = min(self.n_customers - n_written, MOST_ROWS - 1)
        number = n_written // (MOST_ROWS - 1) + 1
        sheet = self.book.add_worksheet(f"Customers {number}".removesuffix(" 1"))
        for j, (_, _, width, _) in enumerate(CUSTOMER_COLUMNS):
            sheet.set_column(j, j, width)
        self._head(sheet, 0, headings)
        sheet.freeze_panes(1, 1)
        sheet.autofilter(0, 0, max(n_rows, 1), len(CUSTOMER_COLUMNS) - 1)
        return sheet
