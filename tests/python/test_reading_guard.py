"""What stops a build whose tables are not landed, and nobody who only compiles."""

from types import SimpleNamespace

import pytest
from rendered_macros import Package


def read_orders(which, edit=lambda text: text):
    """What base_shopify_fivetran__orders is where no table is landed; SQL.

    Arguments: `which`, the command of dbt; `edit`, what is done to the macros first.
    """

    def refuse(problems):
        raise ValueError(" ".join(problems))

    package = Package(
        "duckdb",
        ("inputs/landed.sql", "inputs/native.sql", "engines/types.sql"),
        edit,
        flags=SimpleNamespace(WHICH=which),
    )
    package.environment.globals["adapter"].get_columns_in_relation = lambda _: []
    package.module.__dict__.update(raise_problems=refuse, is_in_use=lambda _: True)
    return package.render(
        "models/staging/shopify_fivetran/base/base_shopify_fivetran__orders.sql"
    )


@pytest.mark.parametrize("command", ["build", "run"])
def test_a_build_is_stopped_by_its_guard_and_by_nothing_else(command):
    with pytest.raises(ValueError, match="there is no table shopify_fivetran.order"):
        read_orders(command)
    # without it an empty shop would be built, and nobody told
    guard = "flags.WHICH in ['build', 'run']"
    assert "limit 0" in read_orders(command, lambda text: text.replace(guard, "false"))


@pytest.mark.parametrize("command", ["compile", "docs", "generate", "list"])
def test_nobody_is_stopped_who_only_compiles(command):
    assert "limit 0" in read_orders(command)
