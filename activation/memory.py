"""What a tool was told last, so that only what changed is sent: one SQLite file a tool.

SQLite writes whole transactions or none of them, whenever the process is killed. Values
are kept as keyed fingerprints, never as they are; the id of a deleted customer too.
"""

import hashlib
import json
import os
import sqlite3
import time
from contextlib import contextmanager
from dataclasses import dataclass, field

from errors import SyncError

VERSION = 2
# Commits wait for the disk; a second's worth of confirmations that is lost is sent
# again, which does no harm
SECONDS_BETWEEN_COMMITS = 1
# Among the fingerprints of a customer's attributes: that of the last event
EVENT = "(event)"
SCHEMA = """
create table about (version integer not null, salt blob not null);
create table told (
    external_id text primary key, key text, digest blob not null,
    attributes text not null
);
create table refused (
    external_id text primary key, operation text not null, digest blob not null,
    reason text not null, refused_at text not null
);
create table deleted (external_id_digest blob primary key, digest blob not null);
create table published (published_at text not null);
"""


@dataclass
class Told:
    """What a tool was told of a customer: key, fingerprints of it and each value."""

    key: str
    digest: bytes
    attributes: dict = field(default_factory=dict)


class Memory:
    """What one tool was told, by `external_id`.

    Attributes
    ----------
    path : pathlib.Path
        The file; nobody but its owner may read it.
    told : dict of str to Told
        Customers whom the tool knows.
    by_key : dict of str to set of str
        The same customers' external ids, by the key that the tool knows them by.
    refused : dict of str to bytes
        Fingerprints of the rows that the tool refused.
    published_at : str
        As of when what was sent last was published; empty before the first sync.
    """

    def __init__(self, path):
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        is_new = not path.exists() or path.stat().st_size == 0
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        try:
            self.connection = sqlite3.connect(path, timeout=0, isolation_level=None)
            self.connection.execute("pragma locking_mode = exclusive")
            # who is deleted leaves no trace in the file either
            self.connection.execute("pragma secure_delete = on")
            self.connection.execute("begin exclusive")
            if is_new:
                for statement in SCHEMA.split(";"):
                    self.connection.execute(statement)
                self.connection.execute(
                    "insert into about values (?, ?)", [VERSION, os.urandom(32)]
                )
                self.commit()
            ((check,),) = self.connection.execute("pragma quick_check(1)").fetchall()
            if check != "ok":
                raise sqlite3.DatabaseError(check)
            self.load()
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise SyncError(
                    f"Another sync that uses {path} is running; try again when it"
                    " is done."
                ) from None
            raise self.damaged() from None
        except (sqlite3.Error, ValueError, TypeError):
            raise self.damaged() from None

    def damaged(self):
        """The error to raise where the file cannot be read."""
        return SyncError(
            f"{self.path} is damaged, or no memory of a sync. Restore it from a copy,"
            " or remove it: the next sync then sends all profiles and deletions again,"
            " which does no harm."
        )

    def load(self):
        ((version, self.salt),) = self.connection.execute("select * from about")
        if version != VERSION:
            raise SyncError(
                f"{self.path} is of version {version}, and this sync writes version"
                f" {VERSION}; remove the file, and all profiles are sent again."
            )
        self.told = {
            external_id: Told(key, digest, json.loads(attributes))
            for external_id, key, digest, attributes in self.connection.execute(
                "select external_id, key, digest, attributes from told"
            )
        }
        self.by_key = {}
        for external_id, told in self.told.items():
            self.by_key.setdefault(told.key, set()).add(external_id)
        self.refused = dict(
            self.connection.execute("select external_id, digest from refused")
        )
        self.deleted = dict(self.connection.execute("select * from deleted"))
        ((self.published_at,),) = self.connection.execute(
            "select coalesce(max(published_at), '') from published"
        )
        self.committed_at = time.monotonic()

    def digest(self, value):
        """A fingerprint of a JSON value: 12 bytes, keyed with this file's salt."""
        text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
        return hashlib.blake2b(text.encode(), key=self.salt, digest_size=12).digest()

    def fingerprints(self, attributes):
        """Fingerprints of attributes: {name: hexadecimal digits}."""
        return {name: self.digest([value]).hex() for name, value in attributes.items()}

    def is_deleted(self, row):
        """Whether the tool has confirmed this very deletion."""
        return self.deleted.get(self.digest(row.external_id)) == row.digest

    def event_of(self, external_id):
        """The fingerprint of the last event of a customer, as an attribute's."""
        told = self.told.get(external_id)
        known = told is not None and EVENT in told.attributes
        return {EVENT: told.attributes[EVENT]} if known else {}

    def confirm_event(self, row):
        """Remember that the tool took an event of a customer whom it knows."""
        self.begin()
        told = self.told[row.external_id]
        told.attributes = {**told.attributes, EVENT: row.digest.hex()}
        self.connection.execute(
            "update told set attributes = ? where external_id = ?",
            [json.dumps(told.attributes), row.external_id],
        )
        self.connection.execute(
            "delete from refused where external_id = ?", [row.external_id]
        )
        self.refused.pop(row.external_id, None)

    def confirm(self, row):
        """Remember that the tool took a row: a profile, or a deletion."""
        self.begin()
        event = self.event_of(row.external_id)
        self.connection.execute(
            "delete from refused where external_id = ?", [row.external_id]
        )
        self.refused.pop(row.external_id, None)
        # what the tool holds by this key is this row's now, and no other customer's
        for external_id in self.by_key.pop(row.key, set()) | {row.external_id}:
            self.forget(external_id)
        if row.is_deletion:
            entry = (self.digest(row.external_id), row.digest)
            self.connection.execute(
                "insert or replace into deleted values (?, ?)", entry
            )
            self.deleted[entry[0]] = entry[1]
        else:
            told = Told(row.key, row.digest, {**row.fingerprints, **event})
            self.connection.execute(
                "insert or replace into told values (?, ?, ?, ?)",
                [row.external_id, told.key, told.digest, json.dumps(told.attributes)],
            )
            self.told[row.external_id] = told
            self.by_key[row.key] = {row.external_id}

    def forget(self, external_id):
        """Forget that the tool was told of a customer."""
        told = self.told.pop(external_id, None)
        if told is not None:
            self.by_key.get(told.key, set()).discard(external_id)
            self.connection.execute(
                "delete from told where external_id = ?", [external_id]
            )

    def refuse(self, row, reason):
        """Set a row aside, with the tool's words, until it changes."""
        self.begin()
        self.connection.execute(
            "insert or replace into refused values"
            " (?, ?, ?, ?, strftime('%Y-%m-%d %H:%M:%S', 'now'))",
            [row.external_id, row.operation, row.digest, reason],
        )
        self.refused[row.external_id] = row.digest

    def note_publication(self, published_at):
        """Remember as of when what is sent was published."""
        self.begin()
        self.connection.execute("delete from published")
        self.connection.execute("insert into published values (?)", [published_at])
        self.published_at = published_at

    def forget_refusals(self):
        """Forget what the tool refused, so that it is tried again."""
        self.begin()
        self.connection.execute("delete from refused")
        self.refused = {}

    def forget_attributes(self):
        """Forget what was told, but not to whom: everything is sent again."""
        self.begin()
        for external_id, told in self.told.items():
            # what was told once as an event is not told again
            told.digest, told.attributes = b"", self.event_of(external_id)
            self.connection.execute(
                "update told set digest = x'', attributes = ? where external_id = ?",
                [json.dumps(told.attributes), external_id],
            )

    def refusals(self):
        """Rows that are set aside: external_id, operation, reason and refused_at."""
        return self.connection.execute(
            "select external_id, operation, reason, refused_at from refused order by 1"
        ).fetchall()

    def begin(self):
        if not self.connection.in_transaction:
            self.connection.execute("begin exclusive")
        elif time.monotonic() - self.committed_at > SECONDS_BETWEEN_COMMITS:
            self.commit()
            self.connection.execute("begin exclusive")

    def commit(self):
        if self.connection.in_transaction:
            self.connection.execute("commit")
        self.committed_at = time.monotonic()

    def close(self):
        self.commit()
        self.connection.close()


@contextmanager
def remembering(path):
    """The memory in a file; what was confirmed is kept however the work ends."""
    memory = Memory(path)
    try:
        yield memory
    finally:
        memory.close()
