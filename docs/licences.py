"""Write docs/licences.md: the licence of every package that is pinned.

    python docs/licences.py

Read from what is installed, so run it where requirements-dev.txt is; a package that is
for another machine is called so.
"""

import re
from importlib.metadata import PackageNotFoundError, distribution, metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NEEDED_FOR = {
    "requirements.txt": "build",
    "requirements-report.txt": "report",
    "requirements-site.txt": "site",
    "requirements-dev.txt": "tests",
}
HEAD = """# Licences

This project is under Apache-2.0 ([LICENSE](../LICENSE)). It holds no code of the
packages below, which it is installed beside; what the dashboard brings along is listed
in `python_models/segmentation/report/vendor`. Written by `make licences` from the
packages' own words. text-unidecode is offered under either of its licences; yamllint is
run in tests, as a program of its own.

| package | version | licence | for |
|---|---|---|---|
"""
OTHER_MACHINE = "not installed on this machine"


def pinned():
    """The pins: {(name, version): [what it is needed for]}."""
    found = {}
    for file, purpose in NEEDED_FOR.items():
        for name, version in re.findall(
            r"^([\w.-]+)(?:\[.*?\])?==([^ ;\\]+)",
            (ROOT / file).read_text(),
            re.MULTILINE,
        ):
            found.setdefault((name, version), []).append(purpose)
    return found


def licence_of(name):
    """A package's licence as it states it; the most exact of its statements."""
    try:
        said = metadata(name)
    except PackageNotFoundError:
        return OTHER_MACHINE
    if said.get("License-Expression"):
        return said["License-Expression"]
    of_classifiers = [
        line.split(" :: ")[-1]
        for line in said.get_all("Classifier") or []
        if line.startswith("License :: ") and not line.endswith(":: OSI Approved")
    ]
    first_line = (said.get("License") or "").strip().split("\n")[0]
    return ", ".join(of_classifiers) or first_line or title_of(name) or "not stated"


def title_of(name):
    """The first line of a package's file of its licence; None without one."""
    for path in distribution(name).files or ():
        if re.match(r"(licen[cs]e|copying)", path.name, re.IGNORECASE):
            lines = path.locate().read_text(errors="replace").split("\n")
            return next((line.strip() for line in lines if line.strip()), None)
    return None


def main():
    rows = [
        f"| {name} | {version} | {licence_of(name)} | {', '.join(purposes)} |"
        for (name, version), purposes in sorted(pinned().items())
    ]
    path = ROOT / "docs" / "licences.md"
    path.write_text(HEAD + "\n".join(rows) + "\n")
    print(f"{path}: {len(rows)} packages")


if __name__ == "__main__":
    main()
