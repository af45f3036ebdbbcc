"""What is installed, held against what is pinned, and what is known against it.

    python tests/audit.py

Prints one table. All but the last row is found out without a network: the code by the
rules of bandit (ruff, S); every pin exact and with hashes; what is installed, of the
versions pinned and with the files that its record says; licences as they are listed.
The last asks the advisories. Where they cannot be reached it says so, and that nothing
was asked; that is no pass.

Exits with 0 if everything was asked and is right, 1 if something is wrong, and 3 if
nothing is wrong but the advisories could not be asked.
"""

import base64
import hashlib
import json
import re
import subprocess
import sys
import tempfile
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT / "docs"))

import licences  # noqa: E402

RIGHT, WRONG, NOT_ASKED = "right", "WRONG", "NOT ASKED"
# seconds
LONGEST_WAIT = 120


def rules_of_code():
    """What the rules against insecure code find, as pyproject.toml has them."""
    process = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--output-format", "concise", "."],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    found = re.findall(r"^.*: S\d+ .*$", process.stdout, re.MULTILINE)
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ruff"]
    is_asked = process.returncode in (0, 1) and "S" in settings["lint"]["select"]
    left_out = ", ".join(settings["lint"]["ignore"])
    said = f"{len(found)} found; left out, with reasons: {left_out}, and in tests all"
    return RIGHT if is_asked and not found else WRONG, "; ".join([said, *found])


def versions_pinned():
    """{name: versions}; more than one where versions of Python need their own."""
    found = {}
    for name, version in sorted(licences.pinned()):
        found.setdefault(name, []).append(version)
    return found


def unpinned(text):
    """Requirements of a file that are not `name==version` with a hash.

    Parameters
    ----------
    text : str
        Of a requirements file.

    Returns
    -------
    list of str
    """
    whole = re.sub(r"\\\n\s*", "", text)
    wanted = [line for line in whole.splitlines() if line and line[0] != "#"]
    return [
        line
        for line in wanted
        if not re.match(r"[\w.-]+(\[[\w,.-]+\])?==[\w.+!-]+ ", line)
        or not re.search(r"--hash=sha256:[0-9a-f]{64}", line)
    ]


def pins():
    """Whether everything is pinned, by hash."""
    found = [
        f"{file}: {line[:60]}"
        for file in licences.NEEDED_FOR
        for line in unpinned((ROOT / file).read_text())
    ]
    said = f"{len(licences.pinned())} packages, {len(found)} without"
    return WRONG if found else RIGHT, "; ".join([said, *found])


def altered(packages):
    """Files of installed packages that are not what any record of them says.

    Packages of one namespace bring files of the same name, of which one is kept.

    Parameters
    ----------
    packages : list of importlib.metadata.Distribution

    Returns
    -------
    (int, list of str)
        How many files have a hash on record, and those that differ or are not there.
    """
    recorded = {}
    for package in packages:
        for file in package.files or ():
            if file.hash is not None:
                hashes = recorded.setdefault(Path(file.locate()), set())
                hashes.add((file.hash.mode, file.hash.value))
    found = []
    for path, hashes in recorded.items():
        if not path.exists():
            found.append(f"{path} is not there")
        elif not any(
            base64.urlsafe_b64encode(hashlib.new(mode, path.read_bytes()).digest())
            == f"{value}=".encode()
            for mode, value in hashes
        ):
            found.append(f"{path} is another")
    return len(recorded), found


def installed():
    """Whether what is installed is what is pinned, and nobody has changed it."""
    packages, wrong, n_missing = [], [], 0
    for name, versions in versions_pinned().items():
        try:
            package = distribution(name)
        except PackageNotFoundError:
            n_missing += 1
            continue
        packages.append(package)
        if package.version not in versions:
            wrong.append(f"{name} is {package.version}, pinned {' or '.join(versions)}")
    n_files, found = altered(packages)
    wrong += found
    said = (
        f"{len(packages)} packages, {n_files} files, {len(wrong)} differ; {n_missing}"
        " are not installed here and were not looked at"
    )
    return WRONG if wrong else RIGHT, "; ".join([said, *wrong[:10]])


def listed_licences():
    """Whether docs/licences.md lists every pin, and none without a licence."""
    rows = (ROOT / "docs" / "licences.md").read_text()
    found = [
        f"{name} {version}"
        for name, version in licences.pinned()
        if f"| {name} | {version} | " not in rows
    ]
    found += re.findall(r"^\| (.*) \| not stated \|", rows, re.MULTILINE)
    said = f"{len(licences.pinned())} packages, {len(found)} not listed"
    return WRONG if found else RIGHT, "; ".join([said, *found])


def advisories():
    """What is known against the pinned versions, by pip-audit."""
    pinned = versions_pinned()
    answers, n_asked = [], 0
    with tempfile.TemporaryDirectory() as folder:
        # one version of a package at a time is all that pip-audit takes
        for number in range(max(map(len, pinned.values()))):
            lines = [
                f"{name}=={versions[number]}"
                for name, versions in pinned.items()
                if len(versions) > number
            ]
            n_asked += len(lines)
            listed = Path(folder) / f"pinned{number}.txt"
            listed.write_text("\n".join(lines))
            try:
                process = subprocess.run(
                    [
                        "uvx", "pip-audit", "--no-deps", "--disable-pip",
                        "--format=json", "--requirement", str(listed),
                    ],
                    capture_output=True,
                    text=True,
                    timeout=LONGEST_WAIT,
                )  # fmt: skip
            except FileNotFoundError:
                return NOT_ASKED, "uvx is not installed: pip install uv"
            except subprocess.TimeoutExpired:
                return NOT_ASKED, f"no answer within {LONGEST_WAIT} s"
            answers.append(process.stdout)
    return read_answers(answers, n_asked)


def read_answers(texts, n_asked):
    """What answers of pip-audit mean.

    It ends with 0, and says that no vulnerabilities are known, also when it could look
    up none of the packages.

    Parameters
    ----------
    texts : list of str
        Its JSON, or whatever came instead.
    n_asked : int
        How many packages it was asked about.

    Returns
    -------
    (str, str)
        The result, and what was found.
    """
    try:
        answered = [one for text in texts for one in json.loads(text)["dependencies"]]
    except (ValueError, KeyError, TypeError):
        return NOT_ASKED, "pip-audit gave no answer"
    looked_up = [one for one in answered if "vulns" in one]
    found = [
        f"{one['name']} {one['version']}: {vulnerability['id']}"
        for one in looked_up
        for vulnerability in one["vulns"]
    ]
    said = "; ".join([f"{len(looked_up)} of {n_asked} packages looked up", *found[:20]])
    if found:
        return WRONG, said
    return RIGHT if len(looked_up) >= n_asked else NOT_ASKED, said


CHECKS = {
    "code, by bandit's rules": rules_of_code,
    "every pin exact and with hashes": pins,
    "installed as pinned and recorded": installed,
    "licences listed": listed_licences,
    "advisories against the pins": advisories,
}


def main():
    results = []
    print("| what | came of it | found |\n|---|---|---|")
    for what, check in CHECKS.items():
        result, found = check()
        results.append(result)
        print(f"| {what} | {result} | {found} |", flush=True)
    if NOT_ASKED in results:
        print(
            "Whether anything is known against the pinned versions has not been asked:"
            " this is no pass.",
            file=sys.stderr,
        )
    return 1 if WRONG in results else 3 if NOT_ASKED in results else 0


if __name__ == "__main__":
    sys.exit(main())
