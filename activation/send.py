"""Send to a tool what was published and has changed: docs/sync.md.

    python activation/send.py klaviyo --database segmentation.duckdb

Reads rpt_esp_<tool>, read-only, and compares it with what the tool confirmed before
(memory.py). Deletions go first, then what is cleared because consent is gone, then
profiles with their changed attributes and, where that is asked for, actions as events.
A row that is refused is set aside until it changes; the others go. Killed at any
moment, the next sync goes on: nothing is lost, and what is sent twice says the same
twice.
"""

import argparse
import csv
import hashlib
import json
import os
import re
import sys
import threading
import time
from collections import deque
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import duckdb
import requests
from errors import Refusal, SyncError
from identifiers import literal, quoted
from memory import EVENT, remembering
from requests.adapters import HTTPAdapter
from tools import TOOLS, words_of
from urllib3 import Retry

FOLDER = Path(__file__).resolve().parent
DELETIONS = ("delete", "erase")
# Of profiles, in this order; `clear` is sent as `upsert` is
UPDATES = ("clear", "upsert")
# Envelope of a request: what its body holds beside the rows
ENVELOPE_BYTES = 1000
TIMEOUT = (10, 120)
# Requests refused in a row, none accepted, after which no row is at fault
REFUSALS_IN_A_ROW = 20
# Customers that vanish from the table without a tombstone: more than this share of
# those told means another table, not customers who are gone
MAX_VANISHED_SHARE = 0.05
MIN_VANISHED = 10
LONGEST_REASON = 300


@dataclass
class Row:
    """A row of rpt_esp_<tool> on its way to the tool.

    Attributes
    ----------
    external_id, key, operation : str
        Key is what the tool knows the customer by.
    payload : dict or None
        What is sent.
    digest : bytes
        Fingerprint of all that the table says of the customer.
    fingerprints : dict
        Of all attributes of the profile, sent now or before.
    n_attributes, n_bytes : int
        Attributes that are sent, and bytes of the payload.
    """

    external_id: str
    key: str
    operation: str
    payload: dict | None
    digest: bytes
    fingerprints: dict
    n_attributes: int = 0
    n_bytes: int = 0

    @property
    def is_deletion(self):
        return self.operation in DELETIONS


def table_rows(database, schema, tool):
    """All rows of a tool's table, ordered by `external_id`.

    Returns
    -------
    list of tuple
        external_id, key, operation, is_sendable, payload_json, changed_at as text.

    Raises
    ------
    SyncError
        If the file or the table cannot be read.
    """
    table = f"published.{quoted(schema)}.{quoted(f'rpt_esp_{tool.name}')}"
    if not Path(database).is_file():
        raise SyncError(f"There is no database {database}; say where with --database.")
    try:
        with duckdb.connect() as connection:
            # under a name of its own: a file may be called like the schema in it
            connection.execute(f"attach {literal(database)} as published (read_only)")
            return connection.execute(
                f"select external_id, {tool.key_column}, operation, is_sendable,"
                f" payload_json, cast(changed_at as varchar) from {table} order by 1"
            ).fetchall()
    except (duckdb.CatalogException, duckdb.BinderException):
        raise SyncError(
            f"{database} has no table {table} as this sync reads it; build it with dbt,"
            " or name another schema with --schema."
        ) from None
    except duckdb.IOException as error:
        if "lock" in str(error).lower():
            raise SyncError(
                f"{database} is being written to; sync when the build is done, or from"
                " the published copy."
            ) from None
        raise SyncError(f"{database} cannot be read as a DuckDB file.") from None
    except duckdb.Error:
        raise SyncError(f"{database} cannot be read as a DuckDB file.") from None


def compare(tool, memory, rows, allow_vanished, as_events=False):
    """What a tool must be told: deletions, profiles, and how many are set aside.

    With `as_events` profiles tell no action: actions_begun has them.

    Raises
    ------
    SyncError
        If more customers vanished from the table than are likely to.
    """
    deletions, profiles, present, n_aside = [], [], set(), 0
    keys_in_use = {row[1] for row in rows if row[3] and row[2] == "upsert"}
    for external_id, key, operation, is_sendable, payload_json, changed_at in rows:
        present.add(external_id)
        told = memory.told.get(external_id)
        has_moved = told is not None and told.key != key
        if has_moved and told.key not in keys_in_use:
            # nobody is left behind at an address of before
            digest = memory.digest(f"moved from {told.key}")
            if memory.refused.get(external_id) == digest:
                n_aside += 1
            else:
                deletions.append(Row(external_id, told.key, "delete", None, digest, {}))
        if not is_sendable:
            continue
        # whom the tool was never told of it need not forget; without any memory, it may
        # have been
        is_unknown = told is None and memory.told
        if operation == "clear" and (has_moved or is_unknown or key in keys_in_use):
            continue
        is_deletion = operation in DELETIONS
        said = f"{operation} {changed_at}" if is_deletion else f"{key} {payload_json}"
        if as_events and not is_deletion:
            said += " but for the action"
        row = Row(external_id, key, operation, None, memory.digest(said), {})
        if memory.refused.get(external_id) == row.digest:
            n_aside += 1
        elif is_deletion:
            if told or not memory.is_deleted(row):
                deletions.append(row)
        elif told is None or told.digest != row.digest:
            payload = json.loads(payload_json)
            if as_events and operation == "upsert":
                payload, _ = tool.split(payload)
            # of a publication that was taken back, or of others by this key
            left = (
                set(told.attributes)
                if told is not None and told.key == key
                else left_by_others(memory, external_id, key)
            )
            payload = tool.in_place_of(payload, left)
            profiles.append(changed(tool, memory, row, payload, told))
    vanished = sorted(
        external_id
        for external_id, told in memory.told.items()
        if external_id not in present and told.key not in keys_in_use
    )
    most = max(MIN_VANISHED, MAX_VANISHED_SHARE * len(memory.told))
    if len(vanished) > most and not allow_vanished:
        raise SyncError(
            f"{len(vanished)} of {len(memory.told)} customers that {tool.name} was told"
            " of are not in the table at all, not even to be deleted. Is this the right"
            " database? If they are to be deleted, sync once with --allow-vanished."
        )
    for external_id in vanished:
        told = memory.told[external_id]
        digest = memory.digest("vanished")
        if memory.refused.get(external_id) == digest:
            n_aside += 1
        else:
            deletions.append(Row(external_id, told.key, "delete", None, digest, {}))
    return deletions, profiles, n_aside


def actions_begun(tool, memory, rows, may_be_known):
    """Actions that the tool was not told yet, as rows of events; how many are aside.

    Parameters
    ----------
    tool : Tool
    memory : Memory
        Whoever's profile the tool does not know, or does not take, is left out.
    rows : list of tuple
        As table_rows gives them.
    may_be_known : bool
        Whether the tool may have been told of them, by a memory that is lost. A tool
        that would take the same event twice is then not told: rather one mail too few.
    """
    events, n_aside = [], 0
    for external_id, key, operation, is_sendable, payload_json, changed_at in rows:
        if not is_sendable or operation != "upsert" or external_id not in memory.told:
            continue
        _, action = tool.split(json.loads(payload_json))
        if action is None:
            continue
        named = [external_id, action["action_id"], action.get("action_expires_on")]
        row = Row(external_id, key, "event", None, memory.digest(named), {})
        if memory.event_of(external_id).get(EVENT) == row.digest.hex():
            continue
        if memory.refused.get(external_id) is not None:
            n_aside += memory.refused[external_id] == row.digest
            continue
        if may_be_known and not tool.knows_events:
            memory.confirm_event(row)
            continue
        event_id = hashlib.blake2b(json.dumps(named).encode(), digest_size=16).digest()
        occurred_at = datetime.fromisoformat(f"{changed_at}+00:00")
        row.payload = tool.event(key, event_id, occurred_at, action)
        row.n_attributes = 1
        row.n_bytes = len(json.dumps(row.payload).encode())
        events.append(row)
    return events, n_aside


def check_age(database, memory, rows, allow_older):
    """See that a database is not older than what was sent last; returns its time.

    Raises
    ------
    SyncError
        If it is: what was refused since is not in it.
    """
    published_at = max((row[5] for row in rows), default="")
    if published_at < memory.published_at and not allow_older:
        raise SyncError(
            f"{database} was published as of {published_at or 'never'}, before what was"
            f" sent last ({memory.published_at}). A copy that was put back? Build it"
            " first, so that who has refused since is known. To send it as it is, use"
            " --allow-older."
        )
    return published_at


def left_by_others(memory, external_id, key):
    """Names of attributes that others were told of by a key that is now another's."""
    return {
        name
        for other in memory.by_key.get(key, ())
        if other != external_id
        for name in memory.told[other].attributes
    }


def changed(tool, memory, row, payload, told):
    """A row with the part of its payload that the tool does not know yet."""
    row.fingerprints = memory.fingerprints(tool.attributes(payload))
    names = set(row.fingerprints)
    if told is not None and told.key == row.key:
        names = {
            name
            for name, digest in row.fingerprints.items()
            if told.attributes.get(name) != digest
        }
    row.n_attributes = len(names)
    row.payload = tool.part(payload, names)
    row.n_bytes = len(json.dumps(row.payload).encode())
    return row


def requests_of(rows, operation):
    """Rows by request, within the tool's limits of rows and bytes."""
    chunk, n_bytes = [], 0
    for row in rows:
        # a comma and a space
        size = row.n_bytes + 2
        is_full = len(chunk) == operation.rows
        if chunk and (is_full or n_bytes + size > operation.bytes - ENVELOPE_BYTES):
            yield chunk
            chunk, n_bytes = [], 0
        chunk.append(row)
        n_bytes += size
    if chunk:
        yield chunk


class Caller:
    """Makes the requests to a tool: paced, made again where that may help, and checked.

    Attributes
    ----------
    n_requests : int
        Requests made.
    """

    def __init__(self, tool, attempts, longest_wait, requests_per_second=None):
        self.tool = tool
        self.requests_per_second = requests_per_second
        self.n_requests = 0
        self.next_at = 0
        self.pause = threading.Lock()
        name = tool.name.upper()
        self.base = (tool.environment.get(f"{name}_URL") or tool.url).rstrip("/")
        self.refuse_plain_text(self.base)
        retry = Retry(
            total=attempts - 1,
            allowed_methods=None,
            status_forcelist=(429, 500, 502, 503, 504),
            backoff_factor=min(0.5, longest_wait),
            backoff_max=longest_wait,
            retry_after_max=longest_wait,
            raise_on_status=False,
        )
        self.session = requests.Session()
        # neither a .netrc nor a proxy that nobody named takes the place of the key
        self.session.trust_env = False
        self.session.mount("http://", HTTPAdapter(pool_maxsize=16, max_retries=retry))
        self.session.mount("https://", HTTPAdapter(pool_maxsize=16, max_retries=retry))

    def refuse_plain_text(self, url):
        parts = urlsplit(url)
        is_here = parts.hostname in ("127.0.0.1", "localhost", "::1")
        if parts.scheme != "https" and not (parts.scheme == "http" and is_here):
            raise SyncError(
                f"{self.tool.name} is at an address that is not https; set"
                f" {self.tool.name.upper()}_URL to one that is."
            )

    def pace(self, requests_per_second):
        with self.pause:
            self.n_requests += 1
            now = time.monotonic()
            start = max(now, self.next_at)
            self.next_at = start + 1 / requests_per_second
        time.sleep(max(0, start - now))

    def __call__(
        self,
        method,
        path,
        body,
        statuses,
        *,
        operation=None,
        may_be_empty=False,
        raw=False,
    ):
        """Make a request and return the JSON object of the answer.

        Parameters
        ----------
        method, path : str
            The path may be a whole address; the key is sent to the tool's own only.
        body : object
            JSON, or None.
        statuses : set of int
            Statuses that mean success.
        may_be_empty : bool
            Whether an answer without a body means success.
        raw : bool
            Whether to return the body as bytes.

        Raises
        ------
        Refusal
            If the tool refuses the request.
        SyncError
            If it does not answer, or not as itself.
        """
        self.pace(self.requests_per_second or operation.requests_per_second)
        url = path if "://" in path else self.base + path
        self.refuse_plain_text(url)
        is_own = url.startswith(self.base + "/")
        name = self.tool.name
        try:
            response = self.session.request(
                method,
                url,
                json=body,
                headers=self.tool.headers() if is_own else {},
                auth=getattr(self.tool, "credentials", lambda: None)()
                if is_own
                else None,
                timeout=TIMEOUT,
                allow_redirects=False,
            )
        except (
            requests.exceptions.ChunkedEncodingError,
            requests.exceptions.ContentDecodingError,
        ):
            raise SyncError(
                f"An answer of {name} was cut off; the next sync sends what it was"
                " about again."
            ) from None
        except requests.exceptions.RequestException as error:
            raise SyncError(
                f"{name} could not be reached ({type(error).__name__}); the next sync"
                " goes on from here."
            ) from None
        return self.read(response, statuses, may_be_empty, raw)

    def read(self, response, statuses, may_be_empty, raw):
        name, status = self.tool.name, response.status_code
        kind = response.headers.get("Content-Type", "").split(";")[0]
        if status in (401, 403):
            raise SyncError(
                f"{name} refuses the credentials ({status}); see"
                f" {' and '.join(self.tool.variables)}."
            )
        if status == 429 or status >= 500:
            raise SyncError(
                f"{name} is busy or broken ({status}) and stays so; the next sync goes"
                " on from here."
            )
        if raw and status in statuses:
            return response.content
        answer = None
        if response.content:
            try:
                answer = response.json()
            except ValueError:
                answer = None
        if status in statuses:
            if not response.content and may_be_empty:
                return {}
            if not isinstance(answer, dict):
                found = "JSON" if answer is not None else kind or "nothing"
                raise SyncError(
                    f"{name} answered {status} with {found} that is not its own;"
                    f" is {name.upper()}_URL right? The next sync sends the rows again."
                )
            return answer
        if status < 400:
            raise SyncError(
                f"{name} answered {status}, where {sorted(statuses)} mean success; is"
                f" {name.upper()}_URL right?"
            )
        raise Refusal(f"{status}: {words_of(answer)}")


def without_personal_data(words, row):
    """Words of a tool without what they repeat of a customer."""
    if words is None:
        return None

    def values(value):
        if isinstance(value, dict):
            for inner in value.values():
                yield from values(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from values(inner)
        elif isinstance(value, str) and len(value) > 3:
            yield value

    told = {row.external_id, row.key, *values(row.payload or {})}
    for value in sorted(told, key=len, reverse=True):
        if re.search(r"[@\d]", value):
            words = words.replace(value, "[value]")
    words = re.sub(r"\S+@\S+", "[address]", words)
    words = re.sub(r"\+?\d[\d\s().-]{6,}\d", "[number]", words)
    return re.sub(r"\s+", " ", words)[:LONGEST_REASON]


class Sync:
    """A sync of one tool: sends rows and remembers what came of them."""

    def __init__(self, tool, memory, caller):
        self.tool = tool
        self.memory = memory
        self.caller = caller
        self.n_accepted = 0
        self.n_refused = 0
        self.n_refused_in_a_row = 0

    def send(self, rows, operation):
        """Send rows, a request each time there is a place; remember every answer.

        Raises
        ------
        SyncError
            If the sync cannot go on; what was answered is remembered all the same.
        """
        waiting = deque(requests_of(rows, operation))
        under_way = {}

        def call(*arguments, **options):
            return self.caller(*arguments, operation=operation, **options)

        with ThreadPoolExecutor(operation.connections) as pool:
            failure = None
            while under_way or (waiting and failure is None):
                while waiting and failure is None:
                    if len(under_way) >= operation.connections:
                        break
                    chunk = waiting.popleft()
                    future = pool.submit(self.tool.send, call, operation, chunk)
                    under_way[future] = chunk
                done, _ = wait(under_way, return_when=FIRST_COMPLETED)
                for future in done:
                    chunk = under_way.pop(future)
                    try:
                        self.remember(chunk, future.result())
                    except Refusal as refusal:
                        try:
                            waiting.extendleft(self.halves(chunk, refusal, operation))
                        except SyncError as error:
                            failure = failure or error
                    except SyncError as error:
                        failure = failure or error
        self.memory.commit()
        if failure is not None:
            raise failure

    def remember(self, chunk, refusals):
        for row, words in zip(chunk, refusals, strict=True):
            if words is None:
                if row.operation == "event":
                    self.memory.confirm_event(row)
                else:
                    self.memory.confirm(row)
                self.n_accepted += 1
                self.n_refused_in_a_row = 0
            else:
                self.set_aside(row, words)

    def set_aside(self, row, words):
        self.memory.refuse(row, without_personal_data(words, row))
        self.n_refused += 1

    def halves(self, chunk, refusal, operation):
        """The halves of a refused request; a single row is set aside instead."""
        if len(chunk) > 1:
            middle = len(chunk) // 2
            return [chunk[middle:], chunk[:middle]]
        (row,) = chunk
        if operation.rows > 1:
            self.n_refused_in_a_row += 1
            if self.n_refused_in_a_row >= REFUSALS_IN_A_ROW and not self.n_accepted:
                words = without_personal_data(refusal.words, row)
                raise SyncError(
                    f"{self.tool.name} refuses every row, {self.n_refused_in_a_row}"
                    f" tried: {words}. The others are not sent."
                )
        self.set_aside(row, refusal.words)
        return []


def write_failures(path, tool, memory):
    """Write what is set aside as CSV, whole or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with open(temporary, "w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(["tool", "external_id", "operation", "reason", "refused_at"])
        writer.writerows([tool.name, *refusal] for refusal in memory.refusals())
        lines.flush()
        os.fsync(lines.fileno())
    os.replace(temporary, path)


def parsed(arguments):
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0],
        epilog="Credentials come from the environment only: docs/sync.md.",
    )
    parser.add_argument("tool", choices=sorted(TOOLS))
    parser.add_argument(
        "--database",
        default=os.environ.get("SEGMENTATION_DUCKDB_PATH", "segmentation.duckdb"),
        help="DuckDB file that holds the tables, opened read-only",
    )
    parser.add_argument("--schema", default="shop", help="where dbt puts the tables")
    parser.add_argument(
        "--memory",
        type=Path,
        default=FOLDER / ".sync",
        help="folder of what was confirmed; keep it between syncs",
    )
    parser.add_argument("--dry-run", action="store_true", help="only say what would go")
    parser.add_argument(
        "--all", action="store_true", help="send whole profiles, changed or not"
    )
    parser.add_argument(
        "--retry-refused", action="store_true", help="send what was set aside too"
    )
    parser.add_argument(
        "--actions-as-events",
        action="store_true",
        help="send actions as events, once each, beside profiles that tell none",
    )
    parser.add_argument("--allow-vanished", action="store_true")
    parser.add_argument(
        "--allow-older",
        action="store_true",
        help="send a database that is older than what was sent last",
    )
    parser.add_argument(
        "--attempts", type=int, default=8, help="times a request is made"
    )
    parser.add_argument(
        "--longest-wait", type=float, default=60, help="seconds between two attempts"
    )
    parser.add_argument(
        "--requests-per-second", type=float, help="in place of what the tool allows"
    )
    return parser.parse_args(arguments)


def sync(options, environment):
    """Make a sync; return the sentence that says what it did."""
    start = time.monotonic()
    tool = TOOLS[options.tool](environment)
    missing = [name for name in tool.variables if not environment.get(name)]
    if missing:
        raise SyncError(f"Set the environment variable {' and '.join(missing)}.")
    as_events = options.actions_as_events
    if as_events and "event" not in tool.operations:
        raise SyncError(
            f"Actions go to {tool.name} with the profile alone; leave out"
            " --actions-as-events."
        )
    rows = table_rows(options.database, options.schema, tool)
    with remembering(options.memory / f"{tool.name}.sqlite3") as memory:
        # a first sync, or one without the memory of those before
        is_first = not memory.told
        if options.all:
            memory.forget_attributes()
        if options.retry_refused:
            memory.forget_refusals()
        published_at = check_age(options.database, memory, rows, options.allow_older)
        deletions, profiles, n_aside = compare(
            tool, memory, rows, options.allow_vanished, as_events
        )
        n_events = 0
        sent = [row for row in profiles if row.n_attributes]
        n_attributes = sum(row.n_attributes for row in sent)
        if options.dry_run:
            return (
                f"{tool.name}: {len(deletions)} to delete, {len(sent)} profiles to send"
                f" ({n_attributes} attributes), {n_aside} set aside"
            )
        caller = Caller(
            tool, options.attempts, options.longest_wait, options.requests_per_second
        )
        run = Sync(tool, memory, caller)
        try:
            for name in DELETIONS:
                chosen = [row for row in deletions if row.operation == name]
                run.send(chosen, tool.operations[name])
            n_deleted = run.n_accepted
            # who could not be taken from an old address is not told of at a new one
            stays = {row.external_id for row in deletions} & set(memory.told)
            sent = [row for row in sent if row.external_id not in stays]
            for row in profiles:
                # told in another form, such as another order
                if not row.n_attributes:
                    memory.confirm(row)
            for name in UPDATES:
                chosen = [row for row in sent if row.operation == name]
                run.send(chosen, tool.operations["upsert"])
            if as_events:
                before = run.n_accepted
                events, n_more = actions_begun(tool, memory, rows, is_first)
                n_aside += n_more
                run.send(events, tool.operations["event"])
                n_events = run.n_accepted - before
        finally:
            # whatever part of it was sent
            memory.note_publication(published_at)
            memory.commit()
            write_failures(options.memory / f"{tool.name}_failures.csv", tool, memory)
    n_profiles = run.n_accepted - n_deleted - n_events
    told = f" and {n_events} actions as events" if as_events else ""
    return (
        f"{tool.name}: {n_deleted} deleted, {n_profiles} profiles sent"
        f" ({n_attributes} attributes){told} in {caller.n_requests} requests and"
        f" {time.monotonic() - start:.1f} s; {run.n_refused} refused,"
        f" {n_aside} set aside before"
    )


def main(arguments=None, environment=os.environ):
    """Make a sync and say what it did; return the exit code."""
    try:
        print(sync(parsed(arguments), environment))
    except SyncError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped; the next sync goes on from here.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
