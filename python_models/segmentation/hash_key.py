"""Give DuckDB the key that ids and addresses are hashed with, and nobody else.

A plugin of dbt-duckdb, named in a profile:

    plugins:
      - module: segmentation.hash_key

It sets the variable segmentation_hash_key of each session from SEGMENTATION_HASH_KEY.
The key stands in no file, no log and no artifact: models speak of the variable.
"""

import os

from dbt.adapters.duckdb.plugins import BasePlugin

from segmentation.identifiers import literal

VARIABLE = "SEGMENTATION_HASH_KEY"
SHORTEST = 16


class Plugin(BasePlugin):
    """Sets the session's key; sets nothing where the environment has none."""

    def configure_cursor(self, cursor):
        """Called by dbt-duckdb for every session.

        Raises
        ------
        ValueError
            If the key is too short to keep anything to itself.
        """
        key = os.environ.get(VARIABLE, "")
        if not key:
            return
        if len(key) < SHORTEST:
            raise ValueError(
                f"{VARIABLE} has {len(key)} characters; use {SHORTEST} or more, such as"
                " python -c 'import secrets; print(secrets.token_hex(32))' prints"
            )
        cursor.execute(f"set variable segmentation_hash_key = {literal(key)}")
