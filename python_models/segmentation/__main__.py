"""The commands: `python -m segmentation COMMAND`, each with `--help`."""

import importlib
import sys

# module of segmentation.commands, and what it does
COMMANDS = {
    "build": "build the project, and say what goes on",
    "run": "build in a copy, and publish it by a rename",
    "show": "print the segments of a built database",
    "customer": "print a card of one customer",
    "publish": "copy the marts to Parquet, DuckLake or Postgres",
    "superset": "write a dashboard that Superset imports",
    "report": "write dashboard, PDF, workbook and notebook",
    "documentation": "put dbt's documentation into one small file",
    "init": "write the variables for a shop's own tables",
    "playbook": "write or read playbook and channels as a spreadsheet",
    "variables": "write what is made of the table of variables",
    "datasets": "download and load public data sets",
}


def main(arguments):
    """Run the command that the first argument names; return its exit code."""
    if arguments[:1] and arguments[0] in COMMANDS:
        name, *given = arguments
        # imported here: each command needs libraries that others do without
        return importlib.import_module(f"segmentation.commands.{name}").main(given)
    width = max(map(len, COMMANDS))
    lines = [f"  {name:{width}}  {does}" for name, does in COMMANDS.items()]
    print(
        "\n".join(["usage: python -m segmentation COMMAND [--help]", "", *lines]),
        file=sys.stdout if arguments in (["--help"], ["-h"]) else sys.stderr,
    )
    return 0 if arguments in (["--help"], ["-h"]) else 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
