"""What `python -m segmentation COMMAND` runs, a module each."""
