"""Names and texts as DuckDB reads them, as in segmentation; a sync does without it."""


def quoted(name):
    """An identifier in double quotes."""
    return '"' + name.replace('"', '""') + '"'


def literal(text):
    """A text as an SQL literal."""
    return "'" + str(text).replace("'", "''") + "'"
