"""`python -m segmentation init PATH`: see segmentation.init."""

import sys

from segmentation import init

if __name__ == "__main__":
    if sys.argv[1:2] != ["init"]:
        sys.exit("usage: python -m segmentation init PATH [--help]")
    sys.exit(init.main(sys.argv[2:]))
