"""What `make audit` says, and that it passes for nothing that it has not asked."""

import json
import sys
from importlib.metadata import PathDistribution

import pytest
from conftest import ROOT

sys.path.append(str(ROOT / "tests"))

import audit  # noqa: E402

HASH = "--hash=sha256:" + 64 * "a"


def answered(*packages):
    return json.dumps({"dependencies": packages})


CLEAN = {"name": "one", "version": "1.0", "vulns": []}
SKIPPED = {"name": "two", "skip_reason": "not found on PyPI"}


@pytest.mark.parametrize(
    ("text", "result"),
    [
        (answered(CLEAN, {**CLEAN, "name": "two"}), audit.RIGHT),
        # pip-audit ends well with these
        (answered(CLEAN, SKIPPED), audit.NOT_ASKED),
        (answered(SKIPPED, SKIPPED), audit.NOT_ASKED),
        (answered(CLEAN), audit.NOT_ASKED),
        (answered(), audit.NOT_ASKED),
        ("", audit.NOT_ASKED),
        ("Could not resolve host", audit.NOT_ASKED),
        (answered({**CLEAN, "vulns": [{"id": "CVE-1"}]}, SKIPPED), audit.WRONG),
    ],
)
def test_advisories_pass_only_if_every_package_was_looked_up(text, result):
    assert audit.read_answers([text], 2)[0] == result


def test_what_was_not_asked_is_no_pass(monkeypatch, capsys):
    def ending(*results):
        checks = {f"check {i}": lambda r=r: (r, "") for i, r in enumerate(results)}
        monkeypatch.setattr(audit, "CHECKS", checks)
        return audit.main()

    assert ending(audit.RIGHT, audit.RIGHT) == 0
    assert capsys.readouterr().err == ""
    assert ending(audit.RIGHT, audit.NOT_ASKED) == 3
    assert "this is no pass" in capsys.readouterr().err
    assert ending(audit.NOT_ASKED, audit.WRONG) == 1


@pytest.mark.parametrize(
    ("line", "is_pinned"),
    [
        (f"one==1.0 \\\n    {HASH}\n", True),
        (f"one[extra]==1.0 ; sys_platform == 'win32' \\\n    {HASH}\n", True),
        (f"one>=1.0 \\\n    {HASH}\n", False),
        (f"one \\\n    {HASH}\n", False),
        ("one==1.0 \n", False),
        ("https://example.com/one.whl\n", False),
    ],
)
def test_a_pin_is_exact_and_has_a_hash(line, is_pinned):
    assert bool(audit.unpinned(f"# a remark\n{line}")) is not is_pinned


def test_a_file_that_was_changed_after_it_was_installed_is_found(tmp_path):
    record = tmp_path / "one-1.0.dist-info"
    record.mkdir()
    # of no bytes
    digest = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"
    (record / "RECORD").write_text(
        f"same.py,sha256={digest},0\nchanged.py,sha256={digest},0\n"
        f"gone.py,sha256={digest},0\nunrecorded.py,,\n"
    )
    (tmp_path / "same.py").touch()
    (tmp_path / "changed.py").write_text("import os")
    assert audit.altered([PathDistribution(record)]) == (
        3,
        [
            f"{tmp_path / 'changed.py'} is another",
            f"{tmp_path / 'gone.py'} is not there",
        ],
    )
