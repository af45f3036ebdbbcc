"""What the sync sends is what the vendors' own descriptions of their interfaces accept.

The descriptions are read from the folder that SEGMENTATION_ESP_DESCRIPTIONS names, and
no part of them is kept here: docs/sync.md says where they are published and what the
files are called. A tool without its file is skipped.
"""

import json
import os
import re
from pathlib import Path

import fake_esp
import jsonschema
import pytest
import yaml
from test_activation_sync import esps, published, sync  # noqa: F401

FOLDER = os.environ.get("SEGMENTATION_ESP_DESCRIPTIONS")
FILES = {
    "klaviyo": ["klaviyo.json"],
    "braze": ["braze.yml"],
    "mailchimp": ["mailchimp-batches.yml", "mailchimp-members.yml"],
    "iterable": ["iterable.json"],
    "customerio": ["customerio.json"],
    "onesignal": ["onesignal.json"],
}
# What the vendors say in words beside an endpoint, as far as a limit rests on it
LIMITS = {
    "klaviyo|upsert": ["10,000 profiles", "5MB", "100KB", "Steady: `150/m`"],
    "klaviyo|delete": ["Steady: `60/m`"],
    "klaviyo|event": ["1,000 events", "5MB", "Steady: `150/m`"],
    "braze|upsert": ["up to 75 events, 75 attribute updates"],
    "braze|event": ["up to 75 events, 75 attribute updates"],
    "braze|delete": ["Up to 50 `external_ids`", "20,000 requests per minute"],
    "iterable|upsert": ["4MB", "5 requests/second"],
    "iterable|event": ["10 requests/second"],
    "iterable|delete": ["100 requests/second"],
    "customerio|upsert": ["smaller than 500kb", "32kb or smaller"],
}


class Description:
    """The operations of a tool, as its vendor describes them in OpenAPI 2 or 3."""

    def __init__(self, documents):
        self.documents = documents

    def operation(self, method, path):
        """The description of a request and its document; None if there is none."""
        for document in self.documents:
            for template, methods in document["paths"].items():
                pattern = re.sub(r"\{\w+\}", "[^/]+", template.rstrip())
                if re.fullmatch(pattern, path) and method.lower() in methods:
                    return methods[method.lower()], document
        return None

    def errors(self, method, path, body):
        """Why a request is not what the vendor describes, as texts."""
        found = self.operation(method, path)
        if found is None:
            return [f"no {method} {path}"]
        operation, document = found
        schema = self.schema(operation)
        if body is None:
            return (
                ["no body"] if operation.get("requestBody", {}).get("required") else []
            )
        if schema is None:
            return ["a body where none is described"]
        root = {**nullable(document), **nullable(schema)}
        validator = jsonschema.Draft202012Validator(root)
        return [error.message[:200] for error in validator.iter_errors(body)]

    @staticmethod
    def schema(operation):
        """JSON Schema of a request's body."""
        for kind in operation.get("requestBody", {}).get("content", {}).values():
            return kind["schema"]
        for parameter in operation.get("parameters", []):
            if parameter.get("in") == "body":
                return parameter["schema"]
        return None


def nullable(value):
    """OpenAPI's `nullable` as JSON Schema has it; no `required` of single fields."""
    if isinstance(value, list):
        return [nullable(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    changed = {name: nullable(inner) for name, inner in value.items()}
    if value.get("nullable") is True:
        changed.pop("nullable")
        return {"anyOf": [changed, {"type": "null"}]}
    # OpenAPI 2 lets a schema list its required fields in each of them
    if isinstance(changed.get("required"), bool):
        changed.pop("required")
    return changed


@pytest.fixture(scope="module")
def describe():
    """Function from a tool to its Description; skips the test where it is absent."""

    def read(path):
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".json":
            return json.loads(text)
        # YAML allows no control characters, of which the vendors' texts have some
        return yaml.safe_load(re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", " ", text))

    def find(tool):
        if not FOLDER:
            pytest.skip(
                "no descriptions of the tools; SEGMENTATION_ESP_DESCRIPTIONS names"
                " their folder (docs/sync.md)"
            )
        paths = [Path(FOLDER) / name for name in FILES[tool]]
        absent = [path.name for path in paths if not path.is_file()]
        if absent:
            pytest.skip(f"no {' and '.join(absent)} in {FOLDER}")
        return Description([read(path) for path in paths])

    return find


def requests_made(esps, tool):  # noqa: F811
    """Requests to a tool as its vendor would see them: method, path, body, rows."""
    for asked, method, path, body in esps.requests:
        if asked != tool or path.startswith("/archive/"):
            continue
        if tool != "mailchimp":
            yield method, path, body, n_rows(tool, body)
            continue
        yield method, path.removeprefix("/3.0"), body, 0
        for inner in (body or {}).get("operations", []):
            told = json.loads(inner["body"]) if "body" in inner else None
            yield inner["method"], inner["path"], told, 1


def n_rows(tool, body):
    """Profiles or deletions in a request."""
    if not body:
        return 1
    if tool == "klaviyo" and "profiles" in body["data"]["attributes"]:
        return len(body["data"]["attributes"]["profiles"]["data"])
    if tool == "klaviyo" and "events-bulk-create" in body["data"]["attributes"]:
        return len(body["data"]["attributes"]["events-bulk-create"]["data"])
    return max([len(rows) for rows in body.values() if isinstance(rows, list)] or [1])


@pytest.mark.parametrize("tool", sorted(FILES))
def test_every_request_is_what_the_vendor_describes(
    describe, sync, esps, tool, record_property  # noqa: F811
):  # fmt: skip
    description = describe(tool)
    for week in ("first", "second"):
        assert sync(tool, week=week).code == 0
    if "event" in esps.facts[tool]:
        assert sync(tool, "--actions-as-events", week="second").code == 0
    counts, refusals = {}, set()
    for method, path, body, rows in requests_made(esps, tool):
        errors = description.errors(method, path, body)
        name = re.sub(r"/[^/]*\d[^/]*", "/…", f"{method} {path}")
        tried, refused = counts.get(name, (0, 0))
        counts[name] = (tried + rows, refused + rows * bool(errors))
        refusals.update(errors)
    for name, (tried, refused) in counts.items():
        print(f"{tool} | {name} | tried {tried} | refused {refused}")
    assert sum(tried for tried, _ in counts.values()) > 1
    assert not refusals


@pytest.mark.parametrize("tool", sorted(FILES))
def test_a_request_that_is_wrong_is_refused_by_the_description(describe, tool):
    description = describe(tool)
    named = {"type": "profile", "id": "x"}
    deletion = {"profile": {"data": named}}
    wrong = {
        "klaviyo": [
            # no attributes, and a path that ends in a slash
            (
                "POST",
                "/api/data-privacy-deletion-jobs",
                {"data": {"type": "data-privacy-deletion-job", "attributes": deletion}},
            ),
            ("POST", "/api/data-privacy-deletion-jobs/", {}),
        ],
        "braze": [("POST", "/users/delete", {"external_ids": "x"})],
        "mailchimp": [("POST", "/batches", {"operations": [{"body": {}}]})],
        "iterable": [("POST", "/api/users/bulkUpdate", {"users": {}})],
        "customerio": [("POST", "/api/v2/batch", {"batch": [{"type": "person"}]})],
        "onesignal": [
            ("PATCH", "/apps/a/users/by/external_id/x", {"properties": {"tags": "x"}})
        ],
    }
    for method, path, body in wrong[tool]:
        assert description.errors(method, path, body)


@pytest.mark.parametrize("operation", sorted(LIMITS))
def test_limits_and_statuses_are_the_vendors(describe, operation):
    tool, name = operation.split("|")
    row = fake_esp.facts()[tool][name]
    path = row["endpoint_path"].replace("{key}", "x").replace("{app}", "x")
    found, _ = describe(tool).operation(row["http_method"], path)
    said = re.sub(r"\s+", " ", re.sub(r"</?\w+>", "", found["description"]))
    for words in LIMITS[operation]:
        assert words in said
    assert set(row["success_statuses"].split()) <= set(found["responses"])
