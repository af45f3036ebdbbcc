"""The documentation as a site: no broken link, and nothing asked of a network."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("mkdocs", reason="needs segmentation[site]")
ROOT = Path(__file__).resolve().parents[2]


def build(folder, site):
    return subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--site-dir", str(site)],
        cwd=folder,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    process = build(ROOT, folder)
    assert process.returncode == 0, process.stderr
    return folder


def test_no_page_loads_anything_from_a_server(site):
    loaded = re.compile(
        r"""(?:<script[^>]*\ssrc|<link[^>]*\shref|<img[^>]*\ssrc)="?http"""
    )
    assert [
        page.name for page in site.glob("*.html") if loaded.search(page.read_text())
    ] == []
    assert (site / "assets" / "iframe-worker.js").exists()


def test_every_page_of_the_documentation_is_there(site):
    pages = {path.stem for path in (ROOT / "docs").glob("*.md")}
    shown = {path.stem for path in site.glob("*.html")}
    assert pages | {"index", "contributing", "changelog", "decisions_log"} <= shown


def test_a_broken_link_fails(copy_project, tmp_path):
    project = copy_project()
    page = project / "docs" / "method.md"
    page.write_text(page.read_text() + "\n[nowhere](no_such_page.md)\n")
    process = build(project, tmp_path)
    assert process.returncode != 0
    assert "no_such_page.md" in process.stdout + process.stderr
