"""Build the project and say what goes on: `python -m segmentation.build`.

dbt itself tells two lines of every model and test, or nothing; this tells a line of
every subject, when its last model is there, and what the project found out: which rows
of the inputs were rejected, and what is worth a look.
"""

import argparse
import sys
import time
from collections import Counter
from pathlib import PurePath

LAYERS = ("intermediate", "marts")
# events of dbt in which macros speak, and what to call them
SPOKEN = {"JinjaLogInfo": "", "JinjaLogWarning": "warning: "}
OWN = "segmentation: "


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
            # of what fails, dbt itself tells
            if node.node_status == "warn":
                self.tell(f"warning of test {node.node_name}")
        elif node.resource_type == "model":
            subject = subject_of(node.node_path)
            self.left[subject] -= 1
            if self.left[subject] == 0:
                n_models = self.n_models[subject]
                self.tell(f"{subject}: {n_models} model{'s' * (n_models != 1)}")


def main(arguments=None):
    """Parse, build and tell; exits as dbt does: 0, 1 for failures, 2 for errors."""
    from dbt.cli.main import dbtRunner

    parser = argparse.ArgumentParser(prog="python -m segmentation.build")
    parser.add_argument("--vars", default="{}", help="dbt variables, as YAML")
    given = ["--vars", parser.parse_args(arguments).vars]
    started = time.perf_counter()

    def tell(text):
        print(f"{time.perf_counter() - started:6.1f} s  {text}", flush=True)

    parsed = dbtRunner().invoke(["--quiet", "parse", *given])
    if not parsed.success:
        sys.exit(2)
    tell("the project is read")
    nodes = parsed.result.nodes.values()
    models = [node for node in nodes if node.resource_type == "model"]
    progress = Progress(Counter(subject_of(node.path) for node in models), tell)
    built = dbtRunner(parsed.result, [progress]).invoke(
        # unit tests are about the SQL, not about these data
        ["--quiet", "build", "--exclude-resource-type", "unit_test", *given]
    )
    for status, n_tests in progress.n_tests.items():
        tell(f"tests of the data, {status}: {n_tests}")
    sys.exit(0 if built.success else 1 if built.exception is None else 2)


if __name__ == "__main__":
    main()
