"""Names and texts as DuckDB reads them, whatever is in them; the place of quotes."""


def quoted(name):
    """An identifier in double quotes."""
    return '"' + name.replace('"', '""') + '"'


def qualified(connection, schema):
    """A schema with its database.

    In a file shop.duckdb a schema shop alone would be ambiguous.
    """
    (database,) = connection.execute("select current_database()").fetchone()
    return f"{quoted(database)}.{quoted(schema)}"


def literal(text):
    """A text, or what is written as one such as a day, as an SQL literal."""
    return "'" + str(text).replace("'", "''") + "'"
