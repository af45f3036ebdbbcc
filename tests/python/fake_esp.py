"""Six e-mail and push tools on this machine, made from the facts that the sender uses.

Endpoints and limits are those of seeds/segmentation_esp_operations.csv; forms of bodies
and answers are those of the vendors' public descriptions (`facts_source` there). The
tools ask for their credentials, refuse what is too large or too many, merge profiles,
clear what they are told to, name the rows that they refuse in their own way, and fail
when they are told to. They remember every request.
"""

import base64
import csv
import io
import json
import re
import socket
import sys
import tarfile
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

FACTS = (
    Path(__file__).resolve().parents[2] / "seeds" / "segmentation_esp_operations.csv"
)
KEY = "pk_secret"
SITE, LIST, APP = "site", "audience", "app"
VARIABLES = {
    **{
        f"{tool}_API_KEY": KEY
        for tool in (
            "KLAVIYO", "BRAZE", "MAILCHIMP", "ITERABLE", "CUSTOMERIO", "ONESIGNAL"
        )
    },
    "CUSTOMERIO_SITE_ID": SITE,
    "MAILCHIMP_LIST_ID": LIST,
    "ONESIGNAL_APP_ID": APP,
}  # fmt: skip
AUTHORIZATION = {
    "klaviyo": ("Authorization", f"Klaviyo-API-Key {KEY}"),
    "braze": ("Authorization", f"Bearer {KEY}"),
    "mailchimp": ("Authorization", f"Bearer {KEY}"),
    "iterable": ("Api-Key", KEY),
    "customerio": (
        "Authorization",
        f"Basic {base64.b64encode(f'{SITE}:{KEY}'.encode()).decode()}",
    ),
    "onesignal": ("Authorization", f"Key {KEY}"),
}


def facts():
    """The facts of each tool: {tool: {operation: row of the seed}}."""
    found = {}
    with open(FACTS, encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            found.setdefault(row["tool"], {})[row["operation"]] = row
    return found


class Refused(Exception):
    """A request is refused: status and JSON of the answer."""

    def __init__(self, status, answer):
        self.status, self.answer = status, answer


class FakeEsps:
    """State of the six tools.

    Attributes
    ----------
    profiles : dict of str to dict of str to dict
        Each tool's profiles by its key: {"attributes": ..., further fields}.
    events : dict of str to list of tuple
        Each tool's events: key, id (None where it has none), what is told.
    requests : list of tuple
        (tool, method, path, body) of every request that was let in.
    faults : list of callable
        What becomes of the next requests, each a function of the handler that answers
        in its own way, or returns False to let the request through.
    refused_ids : set of str
        Keys whose rows are refused.
    refused_events : set of str
        Keys whose events are refused.
    words : str
        What is said of them.
    is_vague : bool
        Whether rows are refused by refusing the whole request.
    """

    def __init__(self):
        self.facts = facts()
        self.lock = threading.Lock()
        self.reset()

    def reset(self):
        self.profiles = {tool: {} for tool in self.facts}
        self.events = {tool: [] for tool in self.facts}
        self.jobs = {}
        self.quiet()

    def quiet(self):
        """Forget the requests and end all faults."""
        self.requests = []
        self.faults = []
        self.refused_ids = set()
        self.refused_events = set()
        self.words = "Invalid input"
        self.is_vague = False

    def sent(self, tool, operation="upsert"):
        """Bodies of the requests to an endpoint, in order."""
        row = self.facts[tool][operation]
        return [
            body
            for asked, method, path, body in self.requests
            if asked == tool
            and method == row["http_method"]
            and re.fullmatch(
                row["endpoint_path"].replace("{key}", ".*").replace("{app}", APP), path
            )
        ]

    def merge(self, tool, key, told, cleared=None, **fields):
        """Overwrite what is told, clear what is told as `cleared`, leave the rest."""
        profile = self.profiles[tool].setdefault(key, {"attributes": {}})
        profile.update(fields)
        for name, value in told.items():
            if value == cleared:
                profile["attributes"].pop(name, None)
            else:
                profile["attributes"][name] = value

    def take_event(self, tool, key, event_id, told):
        """Keep an event, unless its id is known."""
        known = {one[1] for one in self.events[tool]}
        if event_id is None or event_id not in known:
            self.events[tool].append((key, event_id, told))

    def check(self, tool, operation, rows, body):
        """Refuse what is too many or too large."""
        row = self.facts[tool][operation]
        if len(rows) > int(row["rows_per_request"]):
            raise Refused(400, {"message": "too many"})
        if len(json.dumps(body).encode()) > int(row["bytes_per_request"]):
            raise Refused(413, {"message": "request too large"})
        for each in rows:
            if len(json.dumps(each).encode()) > int(row["bytes_per_row"]):
                raise Refused(413, {"message": "row too large"})

    def is_refused(self, key, address=None):
        """Whether a row is refused; a vague tool refuses the request instead."""
        refused = key in self.refused_ids or (
            address is not None and not re.fullmatch(r"[^@\s]+@[^@\s]+\.\w+", address)
        )
        if refused and self.is_vague:
            raise Refused(400, {"message": self.words})
        return refused

    def answer(self, tool, method, path, query, headers, body, host):
        """Status and body of the answer to a request: JSON, or bytes."""
        name, expected = AUTHORIZATION[tool]
        is_archive = path.startswith("/archive/")
        if not is_archive and headers.get(name) != expected:
            return 401, {"message": "no such key"}
        try:
            return getattr(self, tool)(method, path, query, headers, body, host)
        except Refused as refused:
            return refused.status, refused.answer

    # -- the tools --------------------------------------------------------------

    def klaviyo(self, method, path, query, headers, body, host):
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", headers.get("revision", "")):
            return 400, {"errors": [{"detail": "no revision"}]}
        if (method, path) == ("POST", "/api/profile-bulk-import-jobs"):
            assert body["data"]["type"] == "profile-bulk-import-job"
            rows = body["data"]["attributes"]["profiles"]["data"]
            self.check("klaviyo", "upsert", rows, body)
            errors = [
                error
                for position, row in enumerate(rows)
                if (error := self.import_profile(position, row))
            ]
            job = f"job{len(self.jobs)}"
            self.jobs[job] = {"errors": errors, "n_asked": 0, "n": len(rows)}
            return 202, {"data": {"type": "profile-bulk-import-job", "id": job}}
        if found := re.fullmatch(r"/api/profile-bulk-import-jobs/(\w+)", path):
            job = self.jobs[found.group(1)]
            job["n_asked"] += 1
            status = "complete" if job["n_asked"] > 1 else "processing"
            counts = {"total_count": job["n"], "failed_count": len(job["errors"])}
            return 200, {
                "data": {
                    "type": "profile-bulk-import-job",
                    "id": found.group(1),
                    "attributes": {"status": status, **counts},
                }
            }
        if found := re.fullmatch(
            r"/api/profile-bulk-import-jobs/(\w+)/import-errors", path
        ):
            errors, first = self.jobs[found.group(1)]["errors"], int(query.get("at", 0))
            more = f"{host}{path}?at={first + 2}" if len(errors) > first + 2 else None
            return 200, {"data": errors[first : first + 2], "links": {"next": more}}
        if (method, path) == ("GET", "/api/profiles"):
            found = re.fullmatch(r"equals\(external_id,(\".*\")\)", query["filter"])
            profile = self.profiles["klaviyo"].get(json.loads(found.group(1)))
            data = [{"type": "profile", "id": profile["id"]}] if profile else []
            return 200, {"data": data}
        if (method, path) == ("POST", "/api/data-privacy-deletion-jobs"):
            named = body["data"]["attributes"]["profile"]["data"]
            if set(named) != {"type", "id", "attributes"} or named["attributes"]:
                return 422, {"errors": [{"detail": "exactly one identifier"}]}
            for key, profile in list(self.profiles["klaviyo"].items()):
                if profile["id"] == named["id"]:
                    if self.is_refused(key):
                        return 400, {"errors": [{"detail": self.words}]}
                    del self.profiles["klaviyo"][key]
            return 202, b""
        if (method, path) == ("POST", "/api/event-bulk-create-jobs"):
            rows = body["data"]["attributes"]["events-bulk-create"]["data"]
            self.check("klaviyo", "event", rows, body)
            for row in rows:
                key = row["attributes"]["profile"]["data"]["attributes"]["external_id"]
                if key in self.refused_events:
                    return 400, {"errors": [{"detail": self.words}]}
            for row in rows:
                key = row["attributes"]["profile"]["data"]["attributes"]["external_id"]
                for event in row["attributes"]["events"]["data"]:
                    told = event["attributes"]
                    self.take_event(
                        "klaviyo", key, told["unique_id"], told["properties"]
                    )
            return 202, b""
        # subscriptions and lists among them, and paths that end in a slash
        return 404, {"errors": [{"detail": f"nothing at {path}"}]}

    def import_profile(self, position, row):
        told = row["attributes"]
        fields = {"email", "phone_number", "external_id", "properties"}
        assert row["type"] == "profile" and set(told) <= fields
        if self.is_refused(told["external_id"], told.get("email")):
            pointer = f"/data/attributes/profiles/data/{position}/attributes/email"
            return {
                "type": "import-error",
                "id": f"e{position}",
                "attributes": {
                    "code": "invalid",
                    "title": "Invalid input.",
                    "detail": self.words,
                    "source": {"pointer": pointer},
                    "original_payload": row,
                },
            }
        known = self.profiles["klaviyo"].get(told["external_id"], {})
        contact = {
            name: told[name] for name in ("email", "phone_number") if name in told
        }
        self.merge(
            "klaviyo",
            told["external_id"],
            told["properties"],
            id=known.get("id", f"K{len(self.profiles['klaviyo'])}"),
            **contact,
        )
        return None

    def braze(self, method, path, query, headers, body, host):
        if (method, path) == ("POST", "/users/track") and "events" in body:
            self.check("braze", "event", body["events"], body)
            errors = []
            for index, row in enumerate(body["events"]):
                if row["external_id"] in self.refused_events:
                    error = {"type": self.words, "input_array": "events"}
                    errors.append({**error, "index": index})
                elif row["external_id"] in self.profiles["braze"]:
                    self.take_event(
                        "braze", row["external_id"], None, row["properties"]
                    )
            return 201, {"message": "success", **({"errors": errors} if errors else {})}
        if (method, path) == ("POST", "/users/track"):
            assert set(body) == {"attributes"}
            self.check("braze", "upsert", body["attributes"], body)
            errors = []
            for index, row in enumerate(body["attributes"]):
                told = dict(row)
                key = told.pop("external_id")
                is_known = key in self.profiles["braze"]
                if told.pop("_update_existing_only", False) and not is_known:
                    continue
                if self.is_refused(key):
                    error = {"type": self.words, "input_array": "attributes"}
                    errors.append({**error, "index": index})
                else:
                    self.merge("braze", key, told)
            n_processed = len(body["attributes"]) - len(errors)
            answer = {"message": "success", "attributes_processed": n_processed}
            return 201, {**answer, **({"errors": errors} if errors else {})}
        if (method, path) == ("POST", "/users/delete"):
            self.check("braze", "delete", body["external_ids"], body)
            if any(key in self.refused_ids for key in body["external_ids"]):
                return 400, {"message": self.words}
            for key in body["external_ids"]:
                self.profiles["braze"].pop(key, None)
            return 201, {"message": "success", "deleted": len(body["external_ids"])}
        return 404, {"message": f"nothing at {path}"}

    def mailchimp(self, method, path, query, headers, body, host):
        if (method, path) == ("POST", "/3.0/batches"):
            rows = {asked["operation_id"] for asked in body["operations"]}
            self.check("mailchimp", "upsert", list(rows), body)
            results = [self.mailchimp_member(**asked) for asked in body["operations"]]
            batch = f"b{len(self.jobs)}"
            self.jobs[batch] = {"results": results, "n_asked": 0}
            return 200, {"id": batch, "status": "pending"}
        if found := re.fullmatch(r"/3.0/batches/(\w+)", path):
            job = self.jobs[found.group(1)]
            job["n_asked"] += 1
            n_errors = sum(result["status_code"] >= 400 for result in job["results"])
            return 200, {
                "id": found.group(1),
                "status": "finished" if job["n_asked"] > 1 else "started",
                "errored_operations": n_errors,
                "response_body_url": f"{host}/archive/{found.group(1)}.tar.gz",
            }
        if found := re.fullmatch(r"/archive/(\w+).tar.gz", path):
            archive = io.BytesIO()
            with tarfile.open(fileobj=archive, mode="w:gz") as files:
                text = json.dumps(self.jobs[found.group(1)]["results"]).encode()
                entry = tarfile.TarInfo("./answers.json")
                entry.size = len(text)
                files.addfile(entry, io.BytesIO(text))
            return 200, archive.getvalue()
        return 404, {"title": f"nothing at {path}"}

    def mailchimp_member(self, method, path, operation_id, body=None):
        found = re.fullmatch(rf"/lists/{LIST}/members/(\w+)(/tags|/actions/.*)?", path)
        key, action = found.group(1), found.group(2)
        status, answer = 204, ""
        if self.is_refused(key):
            status, answer = 400, {"title": "Invalid Resource", "detail": self.words}
        elif key not in self.profiles["mailchimp"]:
            # nobody subscribes by being told of
            status, answer = 404, {"title": "Resource Not Found"}
        elif method == "PATCH":
            told = json.loads(body)["merge_fields"]
            assert all(isinstance(value, str) for value in told.values())
            self.merge("mailchimp", key, told, cleared="")
            status = 200
        elif action == "/tags":
            tags = {tag["name"]: tag["status"] for tag in json.loads(body)["tags"]}
            self.merge("mailchimp", key, tags, cleared="inactive")
        elif method == "DELETE" or action == "/actions/delete-permanent":
            del self.profiles["mailchimp"][key]
        else:
            status, answer = 405, {"title": "no such operation"}
        text = json.dumps(answer) if answer else ""
        return {"status_code": status, "operation_id": operation_id, "response": text}

    def iterable(self, method, path, query, headers, body, host):
        if (method, path) == ("POST", "/api/users/bulkUpdate"):
            self.check("iterable", "upsert", body["users"], body)
            invalid = []
            for row in body["users"]:
                if self.is_refused(row["userId"]):
                    invalid.append(row["userId"])
                else:
                    self.merge("iterable", row["userId"], row["dataFields"])
            return 200, {
                "successCount": len(body["users"]) - len(invalid),
                "failCount": len(invalid),
                "failedUpdates": {"invalidDataUserIds": invalid, "invalidEmails": []},
            }
        if (method, path) == ("POST", "/api/events/trackBulk"):
            self.check("iterable", "event", body["events"], body)
            unknown = []
            for row in body["events"]:
                if row["userId"] in self.refused_events:
                    unknown.append(row["userId"])
                else:
                    self.take_event(
                        "iterable", row["userId"], row["id"], row["dataFields"]
                    )
            return 200, {
                "successCount": len(body["events"]) - len(unknown),
                "failCount": len(unknown),
                "failedUpdates": {"notFoundUserIds": unknown},
            }
        if found := re.fullmatch(r"/api/users/byUserId/([^/]+)", path):
            if method == "DELETE":
                key = unquote(found.group(1))
                if key in self.refused_ids:
                    return 400, {"code": "BadParams", "msg": self.words}
                self.profiles["iterable"].pop(key, None)
                return 200, {"code": "Success", "msg": "deleted"}
        return 404, {"code": "NotFound", "msg": f"nothing at {path}"}

    def customerio(self, method, path, query, headers, body, host):
        if (method, path) != ("POST", "/api/v2/batch"):
            return 404, {"meta": {"error": f"nothing at {path}"}}
        self.check("customerio", "upsert", body["batch"], body)
        errors = []
        for index, row in enumerate(body["batch"]):
            key = row["identifiers"]["id"]
            is_event = row["action"] == "event"
            if self.is_refused(key) or (is_event and key in self.refused_events):
                error = {"batch_index": index, "reason": "invalid"}
                errors.append({**error, "field": "id", "message": self.words})
            elif row["action"] == "delete":
                self.profiles["customerio"].pop(key, None)
            elif is_event:
                assert re.fullmatch(r"[0-7][0-9A-HJKMNP-TV-Z]{25}", row["id"])
                self.take_event("customerio", key, row["id"], row["attributes"])
            else:
                assert row["type"] == "person" and row["action"] == "identify"
                self.merge("customerio", key, row["attributes"])
        return (207, {"errors": errors}) if errors else (200, {})

    def onesignal(self, method, path, query, headers, body, host):
        found = re.fullmatch(rf"/apps/{APP}/users/by/external_id/([^/]+)", path)
        if not found:
            return 404, {"errors": [{"title": f"nothing at {path}"}]}
        key = unquote(found.group(1))
        if key not in self.profiles["onesignal"]:
            return 404, {"errors": [{"title": "User not found"}]}
        if key in self.refused_ids:
            return 400, {"errors": [{"title": self.words}]}
        if method == "DELETE":
            del self.profiles["onesignal"][key]
            return 200, b""
        self.check("onesignal", "upsert", [body], body)
        tags = body["properties"]["tags"]
        assert all(isinstance(value, str) for value in tags.values())
        self.merge("onesignal", key, tags, cleared="")
        return 202, {"properties": {"tags": tags}}


def saying(status, headers=None, content=b"", kind="application/json"):
    """A fault: answer with this instead."""

    def answer(handler):
        handler.reply(status, content, kind, headers or {})

    return answer


def reset(handler):
    """A fault: break the line without an answer, before anything is done."""
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)


def cut(handler):
    """A fault: do what is asked, and break the line in the middle of the answer."""
    handler.process(is_cut=True)


def handler_of(esps):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # without it each answer waits for the acknowledgement of its headers
        disable_nagle_algorithm = True

        def respond(self):
            length = int(self.headers.get("Content-Length", 0))
            self.text = self.rfile.read(length)
            with esps.lock:
                fault = esps.faults.pop(0) if esps.faults else None
            if fault is None or fault(self) is False:
                self.process()

        def process(self, is_cut=False):
            url = urlsplit(self.path)
            tool, path = re.fullmatch(r"/(\w+)(/.*)", url.path).groups()
            query = {name: value for name, (value,) in parse_qs(url.query).items()}
            body = json.loads(self.text) if self.text else None
            host = f"http://{self.headers['Host']}/{tool}"
            with esps.lock:
                status, answer = esps.answer(
                    tool, self.command, path, query, self.headers, body, host
                )
                if status != 401:
                    esps.requests.append((tool, self.command, path, body))
            if not isinstance(answer, bytes):
                answer = json.dumps(answer).encode()
            self.reply(status, answer, "application/json", {}, is_cut)

        def reply(self, status, content, kind, headers, is_cut=False):
            self.send_response(status)
            for name, value in {
                "Content-Type": kind, "Content-Length": len(content), **headers
            }.items():  # fmt: skip
                self.send_header(name, str(value))
            self.end_headers()
            self.wfile.write(content[: len(content) // 2] if is_cut else content)
            if is_cut:
                self.close_connection = True

        do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = respond

        def log_message(self, *arguments):
            pass

    return Handler


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        # a client that is killed hangs up
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def serving():
    """Serve on a free port of this machine; yields the FakeEsps and its address.

    Each tool is at <address>/<tool>.
    """
    esps = FakeEsps()
    server = Server(("127.0.0.1", 0), handler_of(esps))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield esps, f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
