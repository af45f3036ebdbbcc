"""The PDF: the dashboard's charts, set by Typst as tagged PDF/UA-1."""

import json
import tempfile
from importlib import resources
from pathlib import Path

WIDTH = 680
# side by side, so that the text in them is as large as elsewhere
HALF_WIDTH = 330
HALVES = {"churn_lift", "churn_calibration", "elbow", "silhouette"}
BUDGET_CHARTS = ("budget_curves", "budget_allocations")


def number(value, digits=0):
    """A number with grouped thousands, a dash for none."""
    return "–" if value is None else f"{value:,.{digits}f}"


def percent(value):
    """A share as a percentage with one decimal."""
    return "–" if value is None else f"{100 * value:.1f}%"


def change(value):
    """A difference with its sign."""
    if value is None:
        return "–"
    return f"{value:+,}".replace("-", "−") if value else "0"


def report_content(data, charts, words):
    """What the PDF says, as plain values.

    Parameters
    ----------
    data : dict
        As report_data makes it.
    charts : dict of str to dict
        As Drawer.draw makes them; `file` in place of `svg`.
    words : callable
        From a feature's name to what readers call it.

    Returns
    -------
    dict
        What report.typ reads.
    """
    rows = data["rows"]
    meta = rows["meta"][0] if rows["meta"] else {}
    day = meta.get("as_of_date") or "1970-01-01"
    currency = (
        rows["currency"][0]["reporting_currency"] if rows["currency"] else None
    ) or "currency units"
    whole = dict(
        zip(
            ["n_customers", *data["cube"]["measures"]],
            data["cube"]["cells"].get("*,*,*,*", []),
            strict=False,
        )
    )
    year, month, day_of_month = (int(part) for part in day.split("-"))
    return {
        "as_of_date": day,
        "year": year,
        "month": month,
        "day": day_of_month,
        "currency": currency,
        "figures": _figures(meta, whole, currency, day),
        "findings": data["answers"],
        "segment_table": {
            "columns": [
                "Segment", "Customers", "In a week", "of all",
                f"Revenue, {currency}", "of all", "Recency, days", "Orders",
                f"Value, {currency}",
            ],
            "rows": [
                [
                    row["segment_name"],
                    number(row["n_customers"]),
                    change(row["n_customers_change"]),
                    percent(row["customer_share"]),
                    number(row["net_amount"]),
                    percent(row["net_amount_share"]),
                    number(row["median_recency_days"]),
                    number(row["median_frequency"]),
                    number(row["median_monetary_amount"]),
                ]
                for row in rows["segments"]
            ],
        },
        "profiles": [
            _profile(row, data, currency, words) for row in rows["segments"]
        ],
        "budget_charts": [name for name in BUDGET_CHARTS if name in charts],
        "method": _method(data, day, charts),
        "charts": charts,
        "appendix": list(charts),
    }  # fmt: skip


def _figures(meta, whole, currency, day):
    return [
        {
            "name": "Customers",
            "value": number(meta.get("n_customers")),
            "basis": f"measured, {day}",
        },
        {
            "name": "Net revenue",
            "value": f"{currency} {number(meta.get('net_amount'))}",
            "basis": f"measured, lifetime to {day}",
        },
        {
            "name": "Expected revenue at risk",
            "value": f"{currency} {number(whole.get('revenue_at_risk'))}",
            "basis": f"estimated, {day}",
        },
    ]


def _profile(segment, data, currency, words):
    """One segment's figures and what it differs in most."""
    traits = [
        row
        for row in data["rows"]["profiles"]
        if row["segment_id"] == segment["segment_id"]
        and row["relative_importance"] is not None
    ]
    traits.sort(
        key=lambda row: (-abs(row["standardised_mean"] or 0), row["feature_name"])
    )
    return {
        "name": segment["segment_name"],
        "strategy": segment["strategy"],
        "columns": [
            "Customers",
            "Share",
            f"Revenue, {currency}",
            "Share of revenue",
            "Median recency, days",
            "Median orders",
            f"Median value, {currency}",
        ],
        "rows": [
            [
                number(segment["n_customers"]),
                percent(segment["customer_share"]),
                number(segment["net_amount"]),
                percent(segment["net_amount_share"]),
                number(segment["median_recency_days"]),
                number(segment["median_frequency"]),
                number(segment["median_monetary_amount"]),
            ]
        ],
        "traits": [
            f"{words(row['feature_name'])} {row['relative_importance']:+.0%}"
            for row in traits[:5]
        ],
    }


def _method(data, day, charts):
    """How it was made and what it cannot say, with the numbers of this build."""
    rows = data["rows"]
    floor = data["cube"]["floor"]
    version = rows["version"][0] if rows["version"] else None
    parts = []
    if version:
        is_refused = version["status"] == "fallback"
        called = {
            "groups": "groups: the customers have gaps between them",
            "density clusters": "density clusters",
            "partition": "a partition: a useful division of a continuum",
        }.get(version["structure"], "rules, without a fit")
        fit = (
            f"Version {version['model_version']} (recipe {version['recipe']}, method"
            f" {version['method']}) was fitted to {number(version['n_customers'])}"
            f" customers as known on {version['fitted_as_of_date']}"
        )
        paragraphs = [
            f"{fit}, and was refused: {version['failure']}. Rules stand in."
            if is_refused
            else f"{fit}, and is active. The segments may be called {called}."
        ]
        if version["stability_mean"] is not None:
            paragraphs.append(
                "Refits on bootstrap samples agree to an adjusted Rand index of"
                f" {version['stability_mean']:.2f} on average and"
                f" {version['stability_p5']:.2f} at the 5th percentile (bars: .85 and"
                " .70)."
            )
        if version["triviality_ari"] is not None and not is_refused:
            paragraphs.append(
                "The simple binning that comes closest,"
                f" {version['triviality_binning']}, gives an adjusted Rand index of"
                f" {version['triviality_ari']:.2f} (bar: .90), so the segments say more"
                " than it."
            )
        parts.append({"title": "Segments", "paragraphs": paragraphs})
    verdicts = dict.fromkeys(
        f"{row['score_name']}: {row['score_verdict']}."
        for row in rows["scorecards"]
        if row["score_verdict"]
    )
    if verdicts:
        parts.append(
            {
                "title": "Scores",
                "paragraphs": [
                    "Each score is judged on customers whose outcome the fit did not"
                    " see,"
                    " in a window that closed before; the simplest candidate is"
                    " published"
                    " that no more complex one beats.",
                    *verdicts,
                ],
            }
        )
    parts.append(
        {
            "title": "Words",
            "paragraphs": [
                "Measured: counted from the shop's data. Estimated: said by a fitted"
                " model. Assumed: set by somebody for planning, and to be replaced by"
                " an"
                " experiment.",
                f"Nothing here knows more than what was known at the end of {day}.",
            ],
        }
    )
    parts.append(
        {
            "title": "Limits",
            "paragraphs": [
                "A segment describes; that its customers would answer to an action as"
                " its"
                " name suggests is shown only by an experiment.",
                "Moves between segments are counted, not explained. A customer moves"
                " only"
                " after two runs in a row in the new segment, so that a move is seen"
                " a run"
                " late.",
                f"Groups of fewer than {floor} customers are merged or left out, and"
                f" so are"
                " those that could be worked out from others.",
            ],
        }
    )
    # each reason once: that of a whole query, then those of single charts
    left_out = dict.fromkeys(data["missing"].values())
    left_out |= {
        f"{chart['name']}: {chart['empty']}": None
        for chart in charts.values()
        if chart["empty"] and chart["empty"] not in left_out
    }
    if left_out:
        parts.append(
            {"title": "What is not in this report", "paragraphs": list(left_out)}
        )
    return parts


def write_pdf(path, data, drawer, say=lambda text: None):
    """Write the PDF.

    Parameters
    ----------
    path : pathlib.Path
    data : dict
        As report_data makes it.
    drawer : svg.Drawer
        Of the same data.
    say : callable
        Is told what is being made.
    """
    import typst

    folder = resources.files(__package__)
    with tempfile.TemporaryDirectory() as made:
        made = Path(made)
        charts = {}
        for name in drawer.ids():
            chart = drawer.draw(name, width=HALF_WIDTH if name in HALVES else WIDTH)
            svg = chart.pop("svg")
            if svg:
                chart["file"] = f"{name}.svg"
                (made / chart["file"]).write_text(svg, encoding="utf-8")
            charts[name] = chart
        say(f"{len(charts)} charts drawn")
        content = report_content(data, charts, drawer.words)
        (made / "report.json").write_text(json.dumps(content), encoding="utf-8")
        (made / "report.typ").write_text(
            folder.joinpath("page", "report.typ").read_text(encoding="utf-8"),
            encoding="utf-8",
        )
        with resources.as_file(folder.joinpath("vendor", "fonts")) as fonts:
            pdf = typst.compile(
                made / "report.typ",
                root=made,
                font_paths=[str(fonts)],
                ignore_system_fonts=True,
                pdf_standards="ua-1",
            )
    path.write_bytes(pdf)
