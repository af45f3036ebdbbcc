"""What dbt does before it opens a DuckDB file, and for each session in it.

A plugin of dbt-duckdb, named in a profile:

    plugins:
      - module: segmentation.session

A file that cannot be built in is said to be so, in words. And each session gets the
key that ids of erased customers are hashed with, from SEGMENTATION_HASH_KEY, as the
variable segmentation_hash_key. The key stands in no file, log or artifact: models
speak of the variable.
"""

import os
from pathlib import Path

from dbt.adapters.duckdb.plugins import BasePlugin
from dbt_common.exceptions import DbtRuntimeError

from segmentation.commands.run import RunError, check_file
from segmentation.identifiers import literal

VARIABLE = "SEGMENTATION_HASH_KEY"
SHORTEST = 16


class Plugin(BasePlugin):
    """Looks at the file, and sets the session's key where the environment has one."""

    def update_connection_config(self, creds, config):
        """Called by dbt-duckdb before it opens the file.

        Raises
        ------
        DbtRuntimeError
            If the file cannot be opened to build in it, or the key is too short to keep
            anything to itself.
        """
        key = os.environ.get(VARIABLE, "")
        if 0 < len(key) < SHORTEST:
            raise DbtRuntimeError(
                f"{VARIABLE} has {len(key)} characters; use {SHORTEST} or more, such as"
                " python -c 'import secrets; print(secrets.token_hex(32))' prints"
            )
        is_file = ":" not in creds.path
        if is_file:
            try:
                check_file(Path(creds.path))
            except RunError as error:
                raise DbtRuntimeError(str(error)) from None

    def configure_cursor(self, cursor):
        """Called by dbt-duckdb for every session."""
        key = os.environ.get(VARIABLE, "")
        if key:
            cursor.execute(f"set variable segmentation_hash_key = {literal(key)}")
