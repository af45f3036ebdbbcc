"""`python -m segmentation init PATH` and `python -m segmentation run`."""

import sys

from segmentation import init, run

COMMANDS = {"init": init.main, "run": run.main}

if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1] in COMMANDS:
        sys.exit(COMMANDS[sys.argv[1]](sys.argv[2:]))
    sys.exit(
        "usage: python -m segmentation init PATH [--help]\n"
        "       python -m segmentation run [--help]"
    )
