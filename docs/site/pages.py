"""Hook of mkdocs: what stands beside docs/ and is shown too, and no network.

README.md is the first page. Links between the project's root and docs/ are rewritten,
since the site has one folder. The demo's dashboard and dbt's documentation are taken
along from report/, where `make report` writes them. One script that the theme asks a
server for, so that pages opened as files can be searched, stands here: iframe-worker
1.0.4, MIT.
"""

import re
from pathlib import Path

from mkdocs.structure.files import File

ROOT = Path(__file__).resolve().parents[2]
# where they stand in the site: in the project
PAGES = {
    "index.md": "README.md",
    "contributing.md": "CONTRIBUTING.md",
    "decisions_log.md": "DECISIONLOG.md",
    "changelog.md": "CHANGELOG.md",
}
DEMO = ("dashboard.html", "documentation.html")
# linked by pages, and shown as they are
SHOWN = ("LICENSE", "examples", "analyses")
SHIM = ("https://unpkg.com/iframe-worker/shim", "assets/iframe-worker.js")
LINK = re.compile(r"(\]\()([^)#:\s]+)")


def on_files(files, config):
    """Add what stands outside docs/."""
    for page, path in PAGES.items():
        text = (ROOT / path).read_text(encoding="utf-8")
        files.append(File.generated(config, page, content=text))
    for name in SHOWN:
        top = ROOT / name
        for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
            if path.is_file() and path.suffix in ("", ".py", ".sql", ".yml"):
                shown = path.relative_to(ROOT).as_posix()
                files.append(File.generated(config, shown, abs_src_path=str(path)))
    script = ROOT / "docs" / "site" / "iframe-worker.js"
    files.append(File.generated(config, SHIM[1], abs_src_path=str(script)))
    for name in DEMO:
        path = ROOT / "report" / name
        if path.exists():
            files.append(File.generated(config, f"demo/{name}", abs_src_path=str(path)))
    return files


def on_page_markdown(markdown, page, config, files):
    """Let links name files where they stand in the site."""
    moved = {path: shown for shown, path in PAGES.items()}

    def place(match):
        path = match[2].removeprefix("../").removeprefix("docs/")
        return match[1] + moved.get(path, path)

    text = LINK.sub(place, markdown)
    is_there = all(files.get_file_from_path(f"demo/{name}") for name in DEMO)
    if page.file.src_uri == "index.md" and is_there:
        text += (
            "\n\n## The demo shop\n\n[Its dashboard](demo/dashboard.html), and [every"
            " table and column](demo/documentation.html) as dbt documents them.\n"
        )
    return text


def on_post_page(output, page, config):
    """Let the script be that of the site."""
    depth = page.url.count("/")
    return output.replace(SHIM[0], "../" * depth + SHIM[1])


def on_post_template(output_content, template_name, config):
    """The same in the page of what is not found."""
    return output_content.replace(*SHIM)
