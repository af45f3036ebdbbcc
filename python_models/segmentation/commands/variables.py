"""The table of variables, and what is made of it: `python -m segmentation variables`.

The table stands in macros/inputs/variables.sql, where dbt reads it. Written from it are
the variables of dbt_project.yml, an example to copy from, and docs/variables.md.
"""

import argparse
import re
import textwrap
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[3]
INTRODUCTION = """\
# Variables

Set what differs under `vars:` in the `dbt_project.yml` of your project, or for one run
with `--vars`. Refused before anything is built, with a sentence that says what to
change: a name that is none of these, a value of another type or out of range, a mapping
of what is no input. Ranges include both ends. `"40"` is not 40 and `"false"` is not
false: leave the quotation marks out. `null` is allowed where it is the default.

This page, that check and the variables of `dbt_project.yml` are made from one table,
`macros/inputs/variables.sql`, by `make variables`. Tried, each refused in words by
`pytest tests/python/test_variables.py`: 67 variables, 364 wrong values, 7 misspelt
names; every variable is wrong in three ways or more.
"""


def read_variables(folder=ROOT):
    """Read the table of variables.

    Argument: `folder`, of the dbt project or of the package in a host.
    Returns {group: {name: properties}} in the table's order; see macro variables.
    """
    text = (folder / "macros" / "inputs" / "variables.sql").read_text()
    table = re.search(r"{%- set table -%}\n(.*)\n *{%- endset -%}", text, re.DOTALL)
    return yaml.safe_load(table[1])


def read_connectors(folder=ROOT):
    """Read the table of connectors.

    Argument: `folder`, of the dbt project or of the package in a host.
    Returns {name: kind} in the table's order; see macro connectors.
    """
    text = (folder / "macros" / "inputs" / "connector.sql").read_text()
    return dict(re.findall(r"'(\w+)': {\s*'kind': '(\w+)'", text))


def allowed(properties):
    """What a variable may be, in words, for the reference."""
    words = [f"`{word}`" for word in properties.get("values", [])]
    if properties["type"] == "connectors":
        return ", ".join(f"`{name}`" for name in read_connectors())
    if properties["type"] == "text":
        if words:
            return ", ".join(words)
        return f"such as `{properties['like']}`" if "like" in properties else ""
    if "from" in properties:
        words.insert(0, f"{properties['from']} to {properties['to']}")
    return " or ".join(words)


def in_yaml(value):
    """A value on one line of YAML."""
    dumped = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=1000)
    return dumped.removesuffix("\n").removesuffix("\n...").replace("'", '"')


def write_reference(groups):
    """The page of all variables, in Markdown.

    Argument: `groups`, see read_variables.
    """
    lines = [INTRODUCTION]
    for group, variables in groups.items():
        lines += [
            f"## {group[0].upper()}{group[1:]}\n",
            "| variable | type | allowed | default | since | meaning |",
            "|---|---|---|---|---|---|",
        ]
        for name, properties in variables.items():
            cells = [
                f"`{name}`",
                properties["type"],
                allowed(properties),
                f"`{in_yaml(properties['default'])}`",
                properties["since"],
                properties["meaning"].replace("|", "\\|"),
            ]
            lines.append(f"| {' | '.join(cells)} |")
        lines.append("")
    return "\n".join(lines)


def write_example(groups):
    """The variables with their defaults in YAML, each under its meaning.

    Argument: `groups`, see read_variables.
    """
    parts = []
    for group, variables in groups.items():
        lines = [f"# -- {group} ".ljust(75, "-")]
        for name, properties in variables.items():
            meaning = textwrap.wrap(
                properties["meaning"],
                84,
                break_on_hyphens=False,
                break_long_words=False,
            )
            lines += [f"# {line}" for line in meaning]
            default = properties["default"]
            if isinstance(default, dict) and default:
                lines.append(f"{name}:")
                lines += [f"  {key}: {in_yaml(default[key])}" for key in default]
            else:
                lines.append(f"{name}: {in_yaml(default)}")
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def documents(folder=ROOT):
    """What is made of the table, {path: text}."""
    groups = read_variables(folder)
    project = folder / "dbt_project.yml"
    example = textwrap.indent(write_example(groups), "  ")
    before, rest = project.read_text().split("\nvars:\n", 1)
    after = rest[re.search(r"\n(?=\S)", rest).start() :]
    return {
        project: f"{before}\nvars:\n{example}\n{after}",
        folder / "docs" / "variables.md": write_reference(groups),
    }


def main(arguments=None):
    """Write what is made of the table; with --check, say what is out of date."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    is_check = parser.parse_args(arguments).check
    stale = [
        path
        for path, text in documents().items()
        if not path.exists() or path.read_text() != text
    ]
    if is_check:
        for path in stale:
            print(f"{path.relative_to(ROOT)} is not that of the table: make variables")
        return 1 if stale else 0
    for path in stale:
        path.write_text(documents()[path])
        print(f"wrote {path.relative_to(ROOT)}")
    return 0
