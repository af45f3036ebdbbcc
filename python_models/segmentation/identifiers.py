"""Names of tables and schemas as DuckDB reads them, whatever they are called."""


def quoted(name):
    """An identifier in double quotes."""
    return '"' + name.replace('"', '""') + '"'


def qualified(connection, schema):
    """A schema with its database.

    In a file shop.duckdb a schema shop alone would be ambiguous.
    """
    (database,) = connection.execute("select current_database()").fetchone()
    return f"{quoted(database)}.{quoted(schema)}"
