"""The six tools: how rows become a request, and what an answer says of each row.

Endpoints, limits and statuses are those of seeds/segmentation_esp_operations.csv. What
is here is the form of bodies and answers, by the vendors' public descriptions, which
`facts_source` there names.
"""

import csv
import io
import json
import tarfile
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from errors import Refusal, SyncError

FACTS = (
    Path(__file__).resolve().parents[1] / "seeds" / "segmentation_esp_operations.csv"
)
KLAVIYO_REVISION = "2026-07-15"
# Jobs are asked for their end after longer and longer waits
FIRST_WAIT, LONGEST_WAIT, LONGEST_JOB = 0.2, 30, 3600
# What an action and what it shows are told by, and the event they may be sent as
ACTION_FIELDS = (
    "action_id", "action_reason", "action_expires_on", "suggested_product_ids",
    "suggested_product_names", "browsed_category",
)  # fmt: skip
EVENT_NAME = "Action recommended"


@dataclass(frozen=True)
class Operation:
    """What a tool takes for an operation: a row of segmentation_esp_operations."""

    tool: str
    operation: str
    http_method: str
    endpoint_path: str
    statuses: frozenset
    rows: int
    bytes: int
    requests_per_second: float
    connections: int
    cleared_by: str


def operations_of(tool, path=FACTS):
    """The operations of a tool: {operation: Operation}."""
    with open(path, encoding="utf-8", newline="") as lines:
        return {
            row["operation"]: Operation(
                tool,
                row["operation"],
                row["http_method"],
                row["endpoint_path"],
                frozenset(map(int, row["success_statuses"].split())),
                int(row["rows_per_request"]),
                int(row["bytes_per_request"]),
                float(row["requests_per_second"]),
                int(row["connections"]),
                row["cleared_by"],
            )
            for row in csv.DictReader(lines)
            if row["tool"] == tool
        }


class Tool:
    """A tool, as far as the others are like it: one request, JSON both ways.

    Attributes
    ----------
    name : str
        As in segmentation_esp_operations and rpt_esp_<name>.
    url : str or None
        Where the tool is, unless <NAME>_URL says otherwise; None must be said.
    variables : tuple of str
        Environment variables that must be set.
    key_column : str
        Column of rpt_esp_<name> that the tool knows customers by.
    attributes_at : tuple of str
        Where in a payload the attributes are that the tool merges into what it has.
    beside : tuple of str
        Fields of `attributes_at` that are no attributes but the key.
    knows_events : bool
        Whether it takes an event with an id that it knows no second time.
    """

    name = ""
    url = None
    variables = ()
    key_column = "external_id"
    attributes_at = ()
    beside = ()
    knows_events = True

    def __init__(self, environment):
        self.environment = environment
        self.operations = operations_of(self.name)

    def headers(self):
        """Headers of every request, credentials among them."""
        raise NotImplementedError

    def attributes(self, payload):
        """What is told in a payload: {name: JSON value}."""
        for step in self.attributes_at:
            payload = payload[step]
        return {name: payload[name] for name in payload if name not in self.beside}

    def in_place_of(self, payload, names):
        """A payload by a key that others were told by before, of attributes `names`."""
        return payload

    def part(self, payload, names):
        """A payload that tells no attributes but those named."""

        def keep(value, steps):
            if steps:
                return {**value, steps[0]: keep(value[steps[0]], steps[1:])}
            wanted = names | set(self.beside)
            return {name: inner for name, inner in value.items() if name in wanted}

        return keep(payload, self.attributes_at)

    def split(self, payload):
        """A payload that tells no action, and the action that it told, if any.

        Returns
        -------
        payload : dict
            With null in place of what an action is told by.
        action : dict or None
        """

        def clear(value, steps):
            if steps:
                return {**value, steps[0]: clear(value[steps[0]], steps[1:])}
            return {
                name: None if name in ACTION_FIELDS else inner
                for name, inner in value.items()
            }

        told = self.attributes(payload)
        action = {name: told[name] for name in ACTION_FIELDS if told.get(name)}
        return clear(payload, self.attributes_at), (
            action if "action_id" in action else None
        )

    def event(self, key, event_id, occurred_at, action):
        """An action as an event of a customer, one element of a request.

        Parameters
        ----------
        key : str
        event_id : bytes
            Sixteen; the same however often the same action is told.
        occurred_at : datetime.datetime
        action : dict
            As `split` gives it.
        """
        raise NotImplementedError

    def path(self, operation, rows):
        """Path of a request."""
        return operation.endpoint_path.format(key=quote(rows[0].key, safe=""))

    def body(self, operation, rows):
        """JSON body of a request, None for none."""
        raise NotImplementedError

    def send(self, call, operation, rows):
        """Make a request; return for each row None, or the tool's words of refusal.

        Parameters
        ----------
        call : callable
            Makes a request: method, path, body, statuses; returns the answer.
        operation : Operation
        rows : list of Row
            No more than a request may hold.

        Returns
        -------
        list of str or None

        Raises
        ------
        Refusal
            If rows were refused and the tool does not say which.
        SyncError
            If the sync cannot go on.
        """
        answer = call(
            operation.http_method,
            self.path(operation, rows),
            self.body(operation, rows),
            operation.statuses,
        )
        return self.refusals(answer, rows)

    def refusals(self, answer, rows):
        """What an answer says of each row."""
        return [None] * len(rows)

    def unexpected(self, what):
        """The error to raise where an answer does not say what it should."""
        return SyncError(
            f"{self.name} answered without {what}, so nobody can say what it took; is"
            f" {self.name.upper()}_URL right? The next sync sends again what was not"
            " confirmed."
        )

    def wait_for(self, ask, is_done):
        """Ask for a job, with longer and longer waits, until it is done; return it."""
        wait, deadline = FIRST_WAIT, time.monotonic() + LONGEST_JOB
        while not is_done(job := ask()):
            if time.monotonic() > deadline:
                raise SyncError(
                    f"A job of {self.name} is not done after {LONGEST_JOB} seconds; the"
                    " next sync sends its rows again."
                )
            time.sleep(wait)
            wait = min(2 * wait, LONGEST_WAIT)
        return job


def by_index(errors, index, words, n_rows):
    """Words of refusal for each row, of errors that name its index.

    Raises
    ------
    Refusal
        If an error names no row.
    """
    found = [None] * n_rows
    for error in errors:
        position = error.get(index) if isinstance(error, dict) else None
        if not isinstance(position, int) or not 0 <= position < n_rows:
            raise Refusal(words_of(error))
        found[position] = words(error)
    return found


def words_of(answer):
    """What an answer says went wrong, whatever its form, as one text."""
    found = []

    def look(value, is_said=False):
        if isinstance(value, dict):
            for name, inner in value.items():
                is_words = name in (
                    "detail", "title", "message", "msg", "reason", "error", "errors",
                    "code", "field", "meta",
                )  # fmt: skip
                if is_words:
                    look(inner, True)
        elif isinstance(value, list):
            for inner in value:
                look(inner, is_said)
        elif is_said and isinstance(value, str) and value not in found:
            found.append(value)

    look(answer)
    return "; ".join(found) or "no words"


class Klaviyo(Tool):
    """Bulk import jobs, which are accepted first and tell their refusals later."""

    name = "klaviyo"
    url = "https://a.klaviyo.com"
    variables = ("KLAVIYO_API_KEY",)
    attributes_at = ("attributes", "properties")
    jobs = "/api/profile-bulk-import-jobs"

    def headers(self):
        return {
            "Authorization": f"Klaviyo-API-Key {self.environment['KLAVIYO_API_KEY']}",
            "Accept": "application/vnd.api+json",
            "Content-Type": "application/vnd.api+json",
            "revision": KLAVIYO_REVISION,
        }

    def attributes(self, payload):
        # the address and the number are told as they are beside every change
        told = payload["attributes"]
        contact = {
            f"attributes.{name}": told[name]
            for name in ("email", "phone_number")
            if name in told
        }
        return {**super().attributes(payload), **contact}

    def event(self, key, event_id, occurred_at, action):
        return {
            "type": "event-bulk-create",
            "attributes": {
                "profile": {
                    "data": {"type": "profile", "attributes": {"external_id": key}}
                },
                "events": {
                    "data": [
                        {
                            "type": "event",
                            "attributes": {
                                "properties": action,
                                "time": occurred_at.isoformat(),
                                "unique_id": event_id.hex(),
                                "metric": {
                                    "data": {
                                        "type": "metric",
                                        "attributes": {"name": EVENT_NAME},
                                    }
                                },
                            },
                        }
                    ]
                },
            },
        }

    def send(self, call, operation, rows):
        if operation.operation == "event":
            return self.send_events(call, operation, rows)
        if operation.operation != "upsert":
            return self.delete(call, operation, rows)
        data = [row.payload for row in rows]
        answer = call(
            operation.http_method,
            operation.endpoint_path,
            {
                "data": {
                    "type": "profile-bulk-import-job",
                    "attributes": {"profiles": {"data": data}},
                }
            },
            operation.statuses,
        )
        job_path = f"{self.jobs}/{quote(self.job_id(answer), safe='')}"
        job = self.wait_for(
            lambda: self.job_attributes(call("GET", job_path, None, {200})),
            lambda job: job["status"] in ("complete", "cancelled"),
        )
        if job["status"] == "cancelled":
            raise Refusal("the import job was cancelled")
        if not job.get("failed_count"):
            return [None] * len(rows)
        return self.import_errors(call, job_path, rows)

    def send_events(self, call, operation, rows):
        """Events are taken or refused as a whole; Klaviyo names none of them later."""
        data = {"events-bulk-create": {"data": [row.payload for row in rows]}}
        call(
            operation.http_method,
            operation.endpoint_path,
            {"data": {"type": "event-bulk-create-job", "attributes": data}},
            operation.statuses,
            may_be_empty=True,
        )
        return [None] * len(rows)

    def job_id(self, answer):
        try:
            return answer["data"]["id"]
        except (KeyError, TypeError):
            raise self.unexpected("the id of the import job") from None

    def job_attributes(self, answer):
        try:
            answer["data"]["attributes"]["status"]
        except (KeyError, TypeError):
            raise self.unexpected("the status of the import job") from None
        return answer["data"]["attributes"]

    def import_errors(self, call, job_path, rows):
        positions = {row.external_id: position for position, row in enumerate(rows)}
        found, page = [], f"{job_path}/import-errors"
        while page:
            answer = call("GET", page, None, {200})
            for error in answer.get("data", []):
                told = error.get("attributes", {})
                payload = told.get("original_payload") or {}
                payload = payload.get("attributes", payload)
                pointer = (told.get("source") or {}).get("pointer") or ""
                numbers = [int(step) for step in pointer.split("/") if step.isdigit()]
                found.append(
                    {
                        "row": positions.get(
                            payload.get("external_id"), (numbers or [None])[0]
                        ),
                        "words": words_of(told),
                    }
                )
            page = answer.get("links", {}).get("next")
        if not found:
            raise Refusal("some profiles failed, and the job does not say which")
        return by_index(found, "row", lambda error: error["words"], len(rows))

    def delete(self, call, operation, rows):
        """Delete by Klaviyo's own id: a tombstone holds no address to delete by."""
        (row,) = rows
        quoted = json.dumps(row.key, ensure_ascii=False)
        query = quote(f"equals(external_id,{quoted})", safe="")
        answer = call("GET", f"/api/profiles?filter={query}", None, {200})
        if not isinstance(answer.get("data"), list):
            raise self.unexpected("a list of profiles")
        for profile in answer["data"]:
            named = {"type": "profile", "id": profile["id"], "attributes": {}}
            call(
                operation.http_method,
                operation.endpoint_path,
                {
                    "data": {
                        "type": "data-privacy-deletion-job",
                        "attributes": {"profile": {"data": named}},
                    }
                },
                operation.statuses,
                may_be_empty=True,
            )
        return [None]


class Braze(Tool):
    """Attribute objects, many a request; each attribute that is sent is billed."""

    name = "braze"
    variables = ("BRAZE_URL", "BRAZE_API_KEY")
    beside = ("external_id", "_update_existing_only")
    knows_events = False

    def headers(self):
        return {"Authorization": f"Bearer {self.environment['BRAZE_API_KEY']}"}

    def event(self, key, event_id, occurred_at, action):
        return {
            "external_id": key,
            "name": EVENT_NAME,
            "time": occurred_at.isoformat(),
            "properties": action,
            "_update_existing_only": True,
        }

    def body(self, operation, rows):
        if operation.operation == "event":
            return {"events": [row.payload for row in rows]}
        if operation.operation == "upsert":
            return {"attributes": [row.payload for row in rows]}
        return {"external_ids": [row.key for row in rows]}

    def refusals(self, answer, rows):
        if answer.get("message") != "success":
            raise self.unexpected('the message "success"')
        errors = answer.get("errors") or []
        return by_index(
            errors, "index", lambda error: error.get("type", words_of(error)), len(rows)
        )


class Mailchimp(Tool):
    """Batch jobs of merge fields and tags of members; nobody becomes one by them."""

    name = "mailchimp"
    variables = ("MAILCHIMP_URL", "MAILCHIMP_API_KEY", "MAILCHIMP_LIST_ID")
    key_column = "email_md5"
    attributes_at = ("merge_fields",)

    def headers(self):
        return {"Authorization": f"Bearer {self.environment['MAILCHIMP_API_KEY']}"}

    def attributes(self, payload):
        tags = {f"tags.{tag['name']}": tag["status"] for tag in payload["tags"]}
        return {**payload["merge_fields"], **tags}

    def in_place_of(self, payload, names):
        # merge fields are told whole; tags of theirs would stay
        left = sorted(names - set(self.attributes(payload)))
        off = [
            {"name": name.removeprefix("tags."), "status": "inactive"}
            for name in left
            if name.startswith("tags.")
        ]
        return {**payload, "tags": payload["tags"] + off}

    def part(self, payload, names):
        return {
            "merge_fields": {
                name: value
                for name, value in payload["merge_fields"].items()
                if name in names
            },
            "tags": [tag for tag in payload["tags"] if f"tags.{tag['name']}" in names],
        }

    def member_operations(self, operation, row):
        """Method, path and body of what is done to a member."""
        audience = quote(self.environment["MAILCHIMP_LIST_ID"], safe="")
        member = f"/lists/{audience}/members/{quote(row.key, safe='')}"
        if operation.operation == "delete":
            return [("DELETE", member, None)]
        if operation.operation == "erase":
            return [("POST", f"{member}/actions/delete-permanent", None)]
        asked = []
        if row.payload["merge_fields"]:
            asked.append(
                ("PATCH", member, {"merge_fields": row.payload["merge_fields"]})
            )
        if row.payload["tags"]:
            asked.append(("POST", f"{member}/tags", {"tags": row.payload["tags"]}))
        return asked

    def body(self, operation, rows):
        return {
            "operations": [
                {
                    "method": method,
                    "path": path,
                    "operation_id": str(position),
                    **({} if body is None else {"body": json.dumps(body)}),
                }
                for position, row in enumerate(rows)
                for method, path, body in self.member_operations(operation, row)
            ]
        }

    def send(self, call, operation, rows):
        batch = call(
            operation.http_method,
            operation.endpoint_path,
            self.body(operation, rows),
            operation.statuses,
        )
        if not isinstance(batch.get("id"), str):
            raise self.unexpected("the id of the batch")
        path = f"{operation.endpoint_path}/{quote(batch['id'], safe='')}"
        batch = self.wait_for(
            lambda: call("GET", path, None, {200}),
            lambda batch: batch.get("status") == "finished",
        )
        if not isinstance(batch.get("errored_operations"), int):
            raise self.unexpected("the number of failed operations")
        if not batch["errored_operations"]:
            return [None] * len(rows)
        archive = call("GET", batch.get("response_body_url", ""), None, {200}, raw=True)
        found = [None] * len(rows)
        for result in self.results(archive):
            status, position = result["status_code"], int(result["operation_id"])
            # who is not there any more is deleted, and has nothing to forget
            is_gone = rows[position].operation != "upsert" and status == 404
            if status >= 400 and not is_gone:
                said = words_of(json.loads(result.get("response") or "{}"))
                found[position] = f"{status}: {said}"
        return found

    def results(self, archive):
        """The answers to a batch's operations, of its archive."""
        try:
            with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as files:
                return [
                    result
                    for member in files
                    if member.isfile()
                    for result in json.load(files.extractfile(member))
                ]
        except (tarfile.TarError, OSError, EOFError, ValueError):
            raise self.unexpected("a readable archive of results") from None


class Iterable(Tool):
    """Users by userId, many a request."""

    name = "iterable"
    url = "https://api.iterable.com"
    variables = ("ITERABLE_API_KEY",)
    attributes_at = ("dataFields",)

    def headers(self):
        return {"Api-Key": self.environment["ITERABLE_API_KEY"]}

    def event(self, key, event_id, occurred_at, action):
        return {
            "userId": key,
            "id": event_id.hex(),
            "eventName": EVENT_NAME,
            "createdAt": int(occurred_at.timestamp()),
            "dataFields": action,
        }

    def body(self, operation, rows):
        payloads = [row.payload for row in rows]
        if operation.operation == "event":
            return {"events": payloads}
        return {"users": payloads} if operation.operation == "upsert" else None

    def refusals(self, answer, rows):
        if "code" in answer:
            # the answer to a deletion
            if answer["code"] != "Success":
                raise Refusal(words_of(answer))
            return [None] * len(rows)
        if not isinstance(answer.get("successCount"), int):
            raise self.unexpected("successCount")
        reasons = {}
        for reason, users in (answer.get("failedUpdates") or {}).items():
            if isinstance(users, list):
                reasons.update(dict.fromkeys(users, reason))
        found = [reasons.get(row.key) for row in rows]
        if answer.get("failCount") and not any(found):
            raise Refusal("some users failed, and the answer does not say which")
        return found


class CustomerIo(Tool):
    """Operations on people, many a request."""

    name = "customerio"
    url = "https://track.customer.io"
    variables = ("CUSTOMERIO_SITE_ID", "CUSTOMERIO_API_KEY")
    attributes_at = ("attributes",)

    def headers(self):
        return {}

    def credentials(self):
        """Name and password of every request."""
        return tuple(self.environment[name] for name in self.variables)

    def event(self, key, event_id, occurred_at, action):
        # a ULID: 128 bits in 26 of Crockford's digits
        number = int.from_bytes(event_id, "big")
        digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
        ulid = "".join(digits[number >> 5 * place & 31] for place in range(25, -1, -1))
        return {
            "type": "person",
            "identifiers": {"id": key},
            "action": "event",
            "id": ulid,
            "name": EVENT_NAME,
            "timestamp": int(occurred_at.timestamp()),
            "attributes": action,
        }

    def body(self, operation, rows):
        return {
            "batch": [
                row.payload
                if operation.operation in ("upsert", "event")
                else {
                    "type": "person",
                    "identifiers": {"id": row.key},
                    "action": "delete",
                }
                for row in rows
            ]
        }

    def refusals(self, answer, rows):
        errors = answer.get("errors") or []
        return by_index(errors, "batch_index", words_of, len(rows))


class OneSignal(Tool):
    """The tags of one user a request; users come from the app, none is made."""

    name = "onesignal"
    url = "https://api.onesignal.com"
    variables = ("ONESIGNAL_APP_ID", "ONESIGNAL_API_KEY")
    attributes_at = ("properties", "tags")

    def headers(self):
        return {"Authorization": f"Key {self.environment['ONESIGNAL_API_KEY']}"}

    def path(self, operation, rows):
        return operation.endpoint_path.format(
            app=quote(self.environment["ONESIGNAL_APP_ID"], safe=""),
            key=quote(rows[0].key, safe=""),
        )

    def body(self, operation, rows):
        return rows[0].payload if operation.operation == "upsert" else None

    def send(self, call, operation, rows):
        call(
            operation.http_method,
            self.path(operation, rows),
            self.body(operation, rows),
            # who is not there any more is deleted, and has nothing to forget
            operation.statuses | ({404} if rows[0].operation != "upsert" else set()),
            may_be_empty=operation.operation != "upsert",
        )
        return [None]


TOOLS = {
    tool.name: tool
    for tool in (Klaviyo, Braze, Mailchimp, Iterable, CustomerIo, OneSignal)
}
