"""The playbook as a spreadsheet: it reads back as it was, or says what is wrong."""

import shutil
from pathlib import Path

import pytest
from segmentation.commands import playbook

openpyxl = pytest.importorskip("openpyxl")
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def seeds(tmp_path):
    """A copy of the seeds."""
    folder = tmp_path / "seeds"
    folder.mkdir()
    for name in (*playbook.SEEDS, "personas"):
        shutil.copy(ROOT / "seeds" / f"segmentation_{name}.csv", folder)
    return folder


@pytest.fixture
def edited(seeds, tmp_path):
    """Function that writes the workbook with cells changed, {(sheet, cell): value}."""
    path = tmp_path / "playbook.xlsx"
    playbook.write_workbook(path, seeds)

    def edit(cells):
        book = openpyxl.load_workbook(path)
        for (sheet, cell), value in cells.items():
            book[sheet][cell] = value
        book.save(path)
        return path

    return edit


def texts(folder):
    return {file.name: file.read_text() for file in folder.iterdir()}


def test_what_is_written_reads_back_as_it_was(seeds, edited):
    before = texts(seeds)
    assert playbook.read_workbook(edited({}), seeds) == []
    assert texts(seeds) == before


def test_a_change_is_written_to_its_seed_and_no_other(seeds, edited):
    before = texts(seeds)
    # a number, as a spreadsheet keeps what is typed
    path = edited({("channels", "E2"): 0.03, ("actions", "B3"): "Look first"})
    assert set(playbook.read_workbook(path, seeds)) == {"actions", "channels"}
    after = texts(seeds)
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"segmentation_actions.csv", "segmentation_channels.csv"}
    assert "early_access,Look first,email" in after["segmentation_actions.csv"]
    assert "email,email,2,2,0.03," in after["segmentation_channels.csv"]


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({("actions", "B3"): "=1+1"}, "action_name must be filled in, with no formula"),
        ({("actions", "B3"): "@SUM(A1)"}, "begins like a formula"),
        ({("actions", "E3"): "15"}, "actions, row 3, offer_rate: '15' is no share"),
        ({("actions", "C3"): "fax"}, "channel: 'fax' is none of the channels"),
        ({("actions", "A3"): "do_nothing"}, "do_nothing is there already, in row 2"),
        ({("actions", "A3"): None}, "action_id must be filled in"),
        ({("actions", "I3"): "a week"}, "valid_days: 'a week' is no whole number"),
        ({("playbook", "B2"): "nothing"}, "'nothing' is none of the actions"),
        ({("playbook", "C2"): "good"}, "'good' is none of the lifecycle roles"),
        ({("playbook", "D2"): "p9"}, "'p9' is none of the segments"),
        ({("channels", "E2"): -1}, "contact_cost_amount: '-1' is below 0"),
        ({("triggers", "B1"): "words"}, "trigger_description is missing"),
    ],
)
def test_what_is_wrong_is_said_in_words_and_nothing_is_written(
    seeds, edited, capsys, cells, said
):
    before = texts(seeds)
    code = playbook.main(["read", str(edited(cells)), "--seeds", str(seeds)])
    error = capsys.readouterr().err
    assert code == 1 and said in error and "Nothing was written" in error
    assert texts(seeds) == before


def test_a_formula_of_a_seed_is_text_in_the_workbook(seeds, edited):
    path = seeds / "segmentation_triggers.csv"
    path.write_text(path.read_text() + "odd,=1+1\n")
    workbook = seeds.parent / "odd.xlsx"
    playbook.write_workbook(workbook, seeds)
    sheet = openpyxl.load_workbook(workbook)["triggers"]
    cell = sheet.cell(sheet.max_row, 2)
    assert (cell.value, cell.data_type) == ("=1+1", "s")


def test_what_is_no_workbook_is_said(seeds, tmp_path, capsys):
    path = tmp_path / "no.xlsx"
    path.write_text("a,b")
    assert playbook.main(["read", str(path), "--seeds", str(seeds)]) == 1
    assert "cannot be read as a workbook" in capsys.readouterr().err
