"""The table of variables: what is made of it is up to date, what is wrong is refused.

One run of dbt judges all values, without a build.
"""

import json

import pytest
from conftest import ROOT
from segmentation.commands import variables

TABLE = {
    name: properties
    for group in variables.read_variables().values()
    for name, properties in group.items()
}
MAPPINGS = {
    "segmentation_tables": [
        "orders",
        {"order_line": "lines"},
        {"orders": {"table": "orders"}},
    ],
    "segmentation_refs": [
        {"order": "x"},
        {"orders": ["shopify", "shopify__orders", "three"]},
        ["orders"],
    ],
    "segmentation_schemas": [
        "raw",
        {"shopware": "raw"},
        {"native": ["raw"]},
    ],
    "segmentation_columns": [
        {"orders": "placed_at"},
        {"order": {"ordered_at": "placed_at"}},
        {"orders": {"ordered": "placed_at"}},
    ],
}
# names that nobody can have meant, and the nearest there is
MISTYPED = {
    "segmentation_recipie": "segmentation_recipe",
    "segmentation_Recipe": "segmentation_recipe",
    "segmentation-recipe": "segmentation_recipe",
    "segmentaton_recipe": "segmentation_recipe",
    "segmentation_highchurn": "segmentation_high_churn",
    "segmentation_budget": "segmentation_budgets",
    "segmentation_return_abuse": "segmentation_return_abuse_rate",
}
NOT_OURS = ["my_recipe", "recipe", "customer_segmentation_model", "segmentation"]


def wrong_values(name, properties):
    """Three values that a variable may not have, by its type."""
    kind = properties["type"]
    if kind in ("integer", "number"):
        values = [str(properties["from"]), properties["to"] + 1, True]
        values += [properties["from"] - 1, None, [1]]
        return values + [1.5] if kind == "integer" else values
    if kind == "text":
        is_closed = {"values", "pattern"} & set(properties)
        return [5, True, ""] + ["no such word!"] * bool(is_closed)
    return {
        "boolean": ["false", 0, None],
        "date": ["31.12.2024", "2024-02-30", 20241231],
        "timestamp": ["yesterday", "2024-12-31 25:00", 20241231],
        "time zone": ["Berlin", 1, None],
        "list of texts": ["Service", [1], None],
        "connectors": [5, [], ["native", "demo"], ["shopware"], {"native": "demo"}],
        "list of numbers": ["1000", ["1000"], [-1]],
    }.get(kind) or MAPPINGS[name]


def right_values(properties):
    """Values that a variable may have beside its default."""
    values = [properties["default"], *properties.get("values", [])]
    values += [properties[bound] for bound in ("from", "to") if bound in properties]
    return {
        "boolean": [True, False],
        "date": ["2024-02-29"],
        "timestamp": ["2024-02-29", "2024-02-29 23:59:59", "2024-02-29T23:59:59.5Z"],
        "list of texts": [[], ["one", "it's"]],
        "list of numbers": [[1000], [0.5, 5000]],
        "connectors": [None, "thelook", ["native"]],
        "schemas": [{}, {"native": "raw"}],
        "tables": [{"orders": "shop_orders", "products": None}],
        "refs": [
            {"exchange_rates": "mine"},
            {"orders": ["shopify", "shopify__orders"]},
        ],
        "columns": [{"orders": {"ordered_at": "placed_at", "status": None}}],
    }.get(properties["type"], values)


@pytest.fixture(scope="module")
def judged(project, run_dbt):
    """What is said of each value of each variable, and of names."""
    cases = {
        name: wrong_values(name, properties) + right_values(properties)
        for name, properties in TABLE.items()
    }
    rounds = [
        {name: values[i] for name, values in cases.items() if i < len(values)}
        for i in range(max(map(len, cases.values())))
    ]
    names = [*MISTYPED, *NOT_OURS, *TABLE]
    text = f"""
        {{% if execute %}}
            {{% set problems, nearest = [], [] %}}
            {{% set table = segmentation.variables() %}}
            {{% for values in fromjson({json.dumps(json.dumps(rounds))}) %}}
                {{% do problems.append(segmentation.variable_problems(values)) %}}
            {{% endfor %}}
            {{% for name in {names!r} %}}
                {{% do nearest.append(segmentation.nearest_variable(name, table)) %}}
            {{% endfor %}}
            {{% set most = segmentation.max_fitted_segments() %}}
            {{{{ print("SAID" ~ tojson([problems, nearest, most])) }}}}
        {{% endif %}}
    """
    process = run_dbt(
        ["compile", "--quiet", "--inline", text]
        + ["--target-path", project / "target" / "variables"]
        # the connector that maps inputs, which are then known by name
        + ["--vars", "{segmentation_connector: native}"],
        project,
    )
    said = next(line for line in process.stdout.splitlines() if line[:4] == "SAID")
    problems, nearest, most_clusters = json.loads(said.removeprefix("SAID"))
    by_name = {
        name: [
            [text for text in problems[i] if text.startswith(f"the variable {name} ")]
            for i in range(len(values))
        ]
        for name, values in cases.items()
    }
    # nothing is said of anything else
    assert sum(map(len, problems)) == sum(
        len(texts) for said in by_name.values() for texts in said
    )
    return {
        "said": by_name,
        "nearest": dict(zip(names, nearest, strict=True)),
        "most_clusters": most_clusters,
    }


def test_what_is_made_of_the_table_is_up_to_date():
    stale = [
        path.name
        for path, text in variables.documents().items()
        if not path.exists() or path.read_text() != text
    ]
    assert stale == [], "run make variables"


def test_every_row_of_the_table_is_whole():
    changes = (ROOT / "CHANGELOG.md").read_text()
    for name, properties in TABLE.items():
        assert f"\n## {properties['since']}\n" in changes, name
        assert {"type", "default", "since", "meaning"} <= set(properties), name
        assert name.startswith("segmentation_")
        assert properties["meaning"].endswith("."), name


@pytest.mark.parametrize("name", TABLE)
def test_every_variable_wrong_in_three_ways_is_refused_in_words(judged, name):
    properties = TABLE[name]
    values = wrong_values(name, properties)
    said = judged["said"][name]
    n_refused = 0
    for value, problems in zip(values, said[: len(values)], strict=True):
        if value is None and properties["default"] is None:
            assert problems == []
            continue
        assert len(problems) == 1, (value, problems)
        assert "must be" in problems[0] or "which is no" in problems[0]
        n_refused += 1
    assert n_refused >= 3
    assert said[len(values) :] == [[]] * len(right_values(properties))


def test_the_page_says_how_many_values_were_tried():
    tried = [
        value
        for name, properties in TABLE.items()
        for value in wrong_values(name, properties)
        if value is not None or properties["default"] is not None
    ]
    sentence = f"{len(TABLE)} variables, {len(tried)} wrong values, {len(MISTYPED)} mis"
    assert sentence in " ".join(variables.INTRODUCTION.split())


def test_a_name_that_there_is_not_is_refused_with_the_nearest(judged):
    nearest = judged["nearest"]
    assert {name: nearest[name] for name in MISTYPED} == MISTYPED
    assert all(nearest[name] is None for name in [*NOT_OURS, *TABLE])


def test_clusters_are_limited_by_what_can_be_scored(judged):
    assert TABLE["segmentation_n_clusters"]["to"] == judged["most_clusters"]
