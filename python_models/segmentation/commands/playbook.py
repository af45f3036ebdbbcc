"""Playbook and channels as one spreadsheet: `python -m segmentation playbook`.

    python -m segmentation playbook write playbook.xlsx
    python -m segmentation playbook read playbook.xlsx

`write` puts the seeds into a workbook, a sheet each; `read` checks what somebody made
of it and writes the seeds again, all of them or none. All cells are texts: what begins
with = is no formula, neither in the workbook nor in the seeds.
"""

import argparse
import csv
import os
import sys
from pathlib import Path

SEEDS = ("actions", "channels", "playbook", "triggers", "trigger_conditions")
# a spreadsheet, or whoever opens the CSV in one, would take it for a formula
FORMULA = ("=", "+", "-", "@", "\t", "\r")
SHARES = ("offer_rate", "assumed_uplift", "assumed_uplift_low", "assumed_uplift_high")
AMOUNTS = ("offer_amount", "contact_cost_amount")
WHOLE = (
    "valid_days", "repeat_after_days", "outcome_days", "priority",
    "max_contacts_per_week", "quiet_days",
)  # fmt: skip
NUMBERS = ("min_value", "max_value")
# (seed, column, seed that holds the key)
REFERENCES = (
    ("actions", "channel", "channels"),
    ("playbook", "action_id", "actions"),
    ("playbook", "trigger_id", "triggers"),
    ("trigger_conditions", "trigger_id", "triggers"),
)
KEYS = {
    "actions": ("action_id",),
    "channels": ("channel",),
    "playbook": ("play_id",),
    "triggers": ("trigger_id",),
    "trigger_conditions": ("trigger_id", "trigger_measure"),
}


FILLED = {
    "actions": (
        "action_name", "channel", "offer_type", "offer_rate", "offer_amount",
        "outcome_days", "priority", "owner", "action_description",
    ),
    "channels": ("contact_cost_amount", "channel_description"),
    "playbook": ("action_id",),
    "triggers": ("trigger_description",),
    "trigger_conditions": (),
}  # fmt: skip


class PlaybookError(Exception):
    """What is wrong with a workbook, a line each; nothing was written."""


def seed_path(folder, name):
    return Path(folder) / f"segmentation_{name}.csv"


def read_seed(path):
    """Header and rows of a seed, as texts."""
    with open(path, encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    return header, rows


def write_workbook(path, folder):
    """Write the seeds of a folder into a workbook, a sheet each, all cells texts."""
    import xlsxwriter

    book = xlsxwriter.Workbook(
        str(path),
        {
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    bold, text = book.add_format({"bold": True}), book.add_format({"num_format": "@"})
    for name in SEEDS:
        header, rows = read_seed(seed_path(folder, name))
        sheet = book.add_worksheet(name)
        # cells that are filled in later are texts too
        sheet.set_column(0, len(header) - 1, 22, text)
        for column, heading in enumerate(header):
            sheet.write_string(0, column, heading, bold)
        for number, row in enumerate(rows, 1):
            for column, value in enumerate(row):
                sheet.write_string(number, column, value, text)
        sheet.freeze_panes(1, 1)
        sheet.autofilter(0, 0, len(rows), len(header) - 1)
    book.close()


def cell_text(value):
    """A cell as the seeds write it: a number that somebody typed without .0."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return repr(int(value)) if value.is_integer() else repr(value)
    return "" if value is None else str(value).strip()


def read_sheets(path):
    """Header and rows of each sheet: {seed: (header, rows)}.

    Raises
    ------
    PlaybookError
        If the file is no workbook, or lacks a sheet.
    """
    import python_calamine

    try:
        book = python_calamine.CalamineWorkbook.from_path(str(path))
    except Exception:
        raise PlaybookError(f"{path} cannot be read as a workbook (.xlsx).") from None
    missing = [name for name in SEEDS if name not in book.sheet_names]
    if missing:
        raise PlaybookError(f"{path} has no sheet {', '.join(missing)}.")
    sheets = {}
    for name in SEEDS:
        rows = [
            [cell_text(value) for value in row]
            for row in book.get_sheet_by_name(name).to_python(skip_empty_area=False)
        ]
        header = rows[0] if rows else []
        sheets[name] = (header, [row for row in rows[1:] if any(row)])
    return sheets


def is_number(value, whole=False):
    try:
        number = int(value) if whole else float(value)
    except ValueError:
        return False
    return number == number and abs(number) != float("inf")


def faults(sheets, folder):
    """What is wrong with the sheets, in sentences: sheet, row as shown, column."""
    found = []
    for name, (header, rows) in sheets.items():
        expected, _ = read_seed(seed_path(folder, name))
        if header != expected:
            lost = [one for one in expected if one not in header]
            found.append(
                f"{name}: the columns must be {', '.join(expected)}, in this order"
                + (f"; {', '.join(lost)} is missing" if lost else "")
            )
            continue
        seen = {}
        for number, row in enumerate(rows, 2):
            cells = dict(zip(header, row, strict=True))
            place = f"{name}, row {number}"
            for column, value in cells.items():
                where = f"{place}, {column}: {value!r}"
                is_figure = column in SHARES + AMOUNTS + WHOLE + NUMBERS
                if value.startswith(FORMULA) and not (is_figure and is_number(value)):
                    found.append(f"{where} begins like a formula; write it as words")
                elif column in WHOLE and value and not is_number(value, whole=True):
                    found.append(f"{where} is no whole number")
                elif is_figure and value and not is_number(value):
                    found.append(f"{where} is no number")
                elif column in SHARES and value and not 0 <= float(value) <= 1:
                    found.append(f"{where} is no share from 0 to 1; 5 % is 0.05")
                elif column in AMOUNTS and value and float(value) < 0:
                    found.append(f"{where} is below 0")
            key = tuple(cells[column] for column in KEYS[name])
            # a formula that no spreadsheet has worked out reads as nothing
            empty = [one for one in KEYS[name] + FILLED[name] if not cells[one]]
            if empty:
                found.append(
                    f"{place}: {' and '.join(empty)} must be filled in, with no formula"
                )
            elif key in seen:
                found.append(
                    f"{place}: {' '.join(key)} is there already, in row {seen[key]}"
                )
            seen[key] = number
    if found:
        return found
    keys = {
        name: {row[header.index(KEYS[name][0])] for row in rows}
        for name, (header, rows) in sheets.items()
    }
    header, personas = read_seed(seed_path(folder, "personas"))
    segments = {row[header.index("segment_id")] for row in personas}
    roles = {row[header.index("lifecycle_role")] for row in personas}
    for name, column, other, known in [
        *((one, two, three, keys[three]) for one, two, three in REFERENCES),
        ("playbook", "segment_id", "segments", segments),
        ("playbook", "lifecycle_role", "lifecycle roles", roles),
    ]:
        header, rows = sheets[name]
        for number, row in enumerate(rows, 2):
            value = row[header.index(column)]
            if value and value not in known:
                found.append(
                    f"{name}, row {number}, {column}: {value!r} is none of the {other}"
                )
    return found


def read_workbook(path, folder):
    """Check a workbook and write the seeds of a folder again, all of them or none.

    Returns
    -------
    list of str
        Seeds that have changed.

    Raises
    ------
    PlaybookError
        If anything is wrong with the workbook.
    """
    sheets = read_sheets(path)
    found = faults(sheets, folder)
    if found:
        raise PlaybookError("\n".join(found))
    changed, written = [], []
    for name, (header, rows) in sheets.items():
        target = seed_path(folder, name)
        if (header, rows) == read_seed(target):
            continue
        temporary = target.with_name(f".{target.name}.{os.getpid()}")
        with open(temporary, "w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([header, *rows])
        changed.append(name)
        written.append((temporary, target))
    for temporary, target in written:
        os.replace(temporary, target)
    return changed


def main(arguments=None):
    """Write or read a workbook and say what was done; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m segmentation playbook", description=__doc__.splitlines()[0]
    )
    parser.add_argument("command", choices=("write", "read"))
    parser.add_argument("workbook", type=Path)
    parser.add_argument("--seeds", type=Path, default=Path("seeds"))
    options = parser.parse_args(arguments)
    try:
        if options.command == "write":
            write_workbook(options.workbook, options.seeds)
            print(f"wrote {options.workbook}: {', '.join(SEEDS)}")
        else:
            changed = read_workbook(options.workbook, options.seeds)
            print(f"changed: {', '.join(changed) or 'nothing'}")
    except ImportError as error:
        print(
            f"{error.name} is not installed: pip install -e '.[report,datasets]'",
            file=sys.stderr,
        )
        return 1
    except FileNotFoundError as error:
        print(f"There is no {error.filename}.", file=sys.stderr)
        return 1
    except PlaybookError as error:
        print(error, file=sys.stderr)
        print("Nothing was written.", file=sys.stderr)
        return 1
    return 0
