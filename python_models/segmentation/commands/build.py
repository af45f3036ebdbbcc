"""Build the project and say what goes on: `python -m segmentation build`.

dbt itself tells two lines of every model and test, or nothing; this tells a line of
every subject, when its last model is there, and what the project found out: which rows
of the inputs were rejected, and what is worth a look.
"""

import argparse
import os
import re
import sys
import time
from collections import Counter
from pathlib import Path, PurePath

from segmentation.commands.run import VARIABLE, RunError, check_file

LAYERS = ("intermediate", "marts")
# events of dbt in which macros speak, and what to call them
SPOKEN = {"JinjaLogInfo": "", "JinjaLogWarning": "warning: "}
OWN = "segmentation: "
# what the database says where nothing is wrong with models or inputs, and what to do
NO_FAULT_OF_MODELS = (
    (
        "No space left on device",
        "The disk that holds {} is full; make room, and build again.",
    ),
    (
        "Could not set lock|Conflicting lock",
        "{} is open in another program; let it end, or stop it, and build again.",
    ),
    (
        "Out of Memory|could not allocate|failed to allocate|bad_alloc|MemoryError",
        "Memory is short to build {}; raise SEGMENTATION_MEMORY_LIMIT, or set"
        " SEGMENTATION_THREADS=1, and build again.",
    ),
)
# the head of dbt's errors, and how it got there
NOT_FOR_PEOPLE = re.compile(
    r"^\s*(\w+ Error( in \w+ \S+ \(.*\))?|> (in|called by) .*|compiled code at .*)\s*$"
)
MOST_FAILURES = 20


def subject_of(path):
    """What a model is about: its folder within its layer, or the layer.

    Parameters
    ----------
    path : str
        The model's file, from the folder of models on: marts/segments/dim_segments.sql.

    Returns
    -------
    str
    """
    layer, *folders, _ = PurePath(path).parts
    return folders[0] if layer in LAYERS and folders else layer


class Progress:
    """Tells of every subject whose models are all built, and what macros say.

    Parameters
    ----------
    n_models : mapping of str to int
        Models to build, by subject.
    tell : callable
        What is called with each line of text.
    """

    def __init__(self, n_models, tell):
        self.left = Counter(n_models)
        self.n_models = dict(n_models)
        self.n_tests = Counter()
        self.tell = tell

    def __call__(self, event):
        """Take note of an event of dbt's."""
        if event.info.name in SPOKEN and event.data.msg.startswith(OWN):
            self.tell(SPOKEN[event.info.name] + event.data.msg.removeprefix(OWN))
        if event.info.name != "NodeFinished":
            return
        node = event.data.node_info
        if node.resource_type == "test":
            self.n_tests[node.node_status] += 1
            if node.node_status == "warn":
                self.tell(f"warning of test {node.node_name}")
        elif node.resource_type == "model":
            subject = subject_of(node.node_path)
            self.left[subject] -= 1
            if self.left[subject] == 0:
                n_models = self.n_models[subject]
                self.tell(f"{subject}: {n_models} model{'s' * (n_models != 1)}")


def words_of(message, database):
    """What an error means, as sentences on one line, without how dbt got there.

    Parameters
    ----------
    message : str
        Of dbt or the database.
    database : Path

    Returns
    -------
    (bool, str)
        Whether nothing is wrong with models or inputs, and the words.
    """
    for pattern, sentence in NO_FAULT_OF_MODELS:
        if re.search(pattern, message, re.IGNORECASE):
            return True, sentence.format(database)
    lines = [
        line.strip() for line in message.splitlines() if not NOT_FOR_PEOPLE.match(line)
    ]
    return False, " ".join(filter(None, lines)).replace(OWN, "")


def failures_of(built, database):
    """What went wrong in a run of dbt, as lines; none if nothing did.

    Parameters
    ----------
    built : dbt.cli.main.dbtRunnerResult
    database : Path
    """
    if built.exception is not None:
        return [words_of(str(built.exception), database)[1]]
    lines = []
    for result in getattr(built.result, "results", ()):
        if result.status in ("error", "fail", "runtime error"):
            is_outside, words = words_of(result.message or "", database)
            if is_outside:
                return [words]
            lines.append(f"{result.node.name}: {words}")
    if len(lines) > MOST_FAILURES:
        lines[MOST_FAILURES:] = [f"and {len(lines) - MOST_FAILURES} more"]
    return lines


def main(arguments=None):
    """Parse, build and tell; exits as dbt does: 0, 1 for failures, 2 for errors."""
    from dbt.cli.main import dbtRunner

    parser = argparse.ArgumentParser(prog="python -m segmentation build")
    parser.add_argument("--vars", default="{}", help="dbt variables, as YAML")
    given = ["--vars", parser.parse_args(arguments).vars]
    database = Path(os.environ.get(VARIABLE, "segmentation.duckdb"))
    try:
        check_file(database)
    except RunError as error:
        sys.exit(said(str(error)))
    started = time.perf_counter()

    def tell(text):
        print(f"{time.perf_counter() - started:6.1f} s  {text}", flush=True)

    # dbt tells errors with how it got there; here they are told in words
    unheard = ["--log-level", "none", "--log-level-file", "debug"]
    parsed = dbtRunner().invoke([*unheard, "parse", *given])
    if not parsed.success:
        sys.exit(said(*failures_of(parsed, database)))
    tell("the project is read")
    nodes = parsed.result.nodes.values()
    models = [node for node in nodes if node.resource_type == "model"]
    progress = Progress(Counter(subject_of(node.path) for node in models), tell)
    built = dbtRunner(parsed.result, [progress]).invoke(
        # unit tests are about the SQL, not about these data
        [*unheard, "build", "--exclude-resource-type", "unit_test", *given]
    )
    for status, n_tests in progress.n_tests.items():
        tell(f"tests of the data, {status}: {n_tests}")
    code = said(*failures_of(built, database))
    sys.exit(0 if built.success else 1 if built.exception is None else code)


def said(*lines):
    """Say what went wrong; returns the exit code of errors."""
    for line in lines:
        print(line, file=sys.stderr)
    return 2
