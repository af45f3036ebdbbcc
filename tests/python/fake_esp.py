"""A server on this machine that answers as Klaviyo and a batch service do.

It asks for the credentials, refuses what is too large or too many, merges profiles,
clears what is null, and fails when it is told to: with a status for the next requests,
or for the rows of some ids. It remembers every request.
"""

import json
import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

KEY = "pk_secret"
TOKEN = "rest_secret"
ROW_BYTES = 100_000
BATCH_ROWS = 1_000
BATCH_BYTES = 500_000


class FakeEsp:
    """State of the server.

    Attributes
    ----------
    profiles : dict of str to dict
        Klaviyo's: external id to {"id", "email", "properties"}.
    people : dict of str to dict
        The batch service's: id to attributes.
    requests : list of tuple
        (method, path, body) of every request that was let in.
    failures : list of tuple
        (status, headers) with which the next requests are refused.
    refused_ids : set of str
        Ids whose rows are refused.
    """

    def __init__(self):
        self.profiles = {}
        self.people = {}
        self.requests = []
        self.failures = []
        self.refused_ids = set()
        self.lock = threading.Lock()

    def forget_requests(self):
        """Forget the requests and end all failures."""
        self.requests.clear()
        self.failures.clear()
        self.refused_ids.clear()

    def sent(self, path):
        """Bodies of the requests to a path, in order."""
        return [body for _, where, body in self.requests if where == path]

    def answer(self, method, path, query, headers, body):
        """Status and JSON of the answer to a request."""
        if path.startswith("/api/"):
            if headers.get("Authorization") != f"Klaviyo-API-Key {KEY}":
                return 401, {"errors": [{"detail": "no such key"}]}
            if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", headers.get("revision", "")):
                return 400, {"errors": [{"detail": "no revision"}]}
        elif headers.get("Authorization") != f"Bearer {TOKEN}":
            return 401, {"error": "no such token"}
        routes = {
            ("POST", "/api/profile-import/"): self.import_profile,
            ("GET", "/api/profiles/"): self.find_profiles,
            ("POST", "/api/data-privacy-deletion-jobs/"): self.delete_profile,
            ("POST", "/batch"): self.take_batch,
        }
        if (method, path) not in routes:
            # subscriptions and lists among them
            return 404, {"errors": [{"detail": f"nothing at {path}"}]}
        return routes[method, path](body, query)

    def import_profile(self, body, query):
        data = body["data"]
        told = data["attributes"]
        if data["type"] != "profile" or set(told) - {
            "email", "external_id", "properties"
        }:  # fmt: skip
            return 400, {"errors": [{"detail": "not a profile"}]}
        if len(json.dumps(data, ensure_ascii=False).encode()) > ROW_BYTES:
            return 413, {"errors": [{"detail": "profile too large"}]}
        if told["external_id"] in self.refused_ids or not re.fullmatch(
            r"[^@\s]+@[^@\s]+", told["email"]
        ):
            return 400, {"errors": [{"detail": "Invalid email address"}]}
        is_new = told["external_id"] not in self.profiles
        profile = self.profiles.setdefault(
            told["external_id"], {"id": f"K{len(self.profiles)}", "properties": {}}
        )
        profile["email"] = told["email"]
        self.merge(profile["properties"], told["properties"])
        return 201 if is_new else 200, {"data": {"id": profile["id"]}}

    def find_profiles(self, body, query):
        found = re.fullmatch(r"equals\(external_id,(\".*\")\)", query["filter"][0])
        profile = self.profiles.get(json.loads(found.group(1)))
        data = [{"type": "profile", "id": profile["id"]}] if profile else []
        return 200, {"data": data}

    def delete_profile(self, body, query):
        identified = body["data"]["attributes"]["profile"]["data"]
        if set(identified) - {"type"} != {"id"}:
            return 400, {"errors": [{"detail": "exactly one identifier"}]}
        for external_id, profile in list(self.profiles.items()):
            if profile["id"] == identified["id"]:
                del self.profiles[external_id]
        return 202, {}

    def take_batch(self, body, query):
        operations = body["batch"]
        size = len(json.dumps(body, ensure_ascii=False).encode())
        if len(operations) > BATCH_ROWS or size > BATCH_BYTES:
            return 413, {"error": "batch too large"}
        errors = []
        for operation in operations:
            person = operation["identifiers"]["id"]
            if person in self.refused_ids:
                errors.append({"message": "refused"})
                continue
            errors.append(None)
            if operation["action"] == "delete":
                self.people.pop(person, None)
            else:
                self.merge(self.people.setdefault(person, {}), operation["attributes"])
        return (422, {"errors": errors}) if any(errors) else (200, {})

    @staticmethod
    def merge(properties, told):
        """Overwrite what is told, clear what is told to be null, leave the rest."""
        properties.update(told)
        for name in [name for name, value in properties.items() if value is None]:
            del properties[name]


def handler_of(esp):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def respond(self):
            length = int(self.headers.get("Content-Length", 0))
            text = self.rfile.read(length)
            url = urlsplit(self.path)
            with esp.lock:
                extra = {}
                if esp.failures:
                    status, extra = esp.failures.pop(0)
                    answer = {"errors": [{"detail": f"told to say {status}"}]}
                else:
                    body = json.loads(text) if text else None
                    status, answer = esp.answer(
                        self.command, url.path, parse_qs(url.query), self.headers, body
                    )
                    if status != 401:
                        esp.requests.append((self.command, url.path, body))
            content = json.dumps(answer).encode()
            self.send_response(status)
            for name, value in {**extra, "Content-Length": len(content)}.items():
                self.send_header(name, str(value))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = respond

        def log_message(self, *arguments):
            pass

    return Handler


@contextmanager
def serving():
    """Serve on a free port of this machine; yields the FakeEsp and its address."""
    esp = FakeEsp()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(esp))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield esp, f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
