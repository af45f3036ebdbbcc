"""Delete from Klaviyo the profiles of customers who are gone or asked to be erased.

drt cannot: Klaviyo deletes by its own id, by e-mail or by telephone number, a tombstone
holds none of them, and drt's REST destination makes one request a row. So this asks for
the id and then for the deletion. It takes drt's profile and keeps its watermark beside
drt's state; a run that fails keeps the old one, and deleting again does no harm.

    KLAVIYO_URL=https://a.klaviyo.com KLAVIYO_API_KEY=... python delete_from_klaviyo.py
"""

import argparse
import json
import os
import sys
from pathlib import Path

import httpx
from drt.config.credentials import load_profile
from drt.config.models import RetryConfig
from drt.config.parser import load_project, project_vars
from drt.connectors.registry import get_source
from drt.destinations.rate_limiter import RateLimiter
from drt.destinations.retry import with_retry

FOLDER = Path(__file__).resolve().parent
REVISION = "2025-01-15"
# Klaviyo takes 60 deletions a minute
DELETIONS_PER_SECOND = 1


def tombstones(schema, profile, watermark):
    """Rows that are to be deleted and changed after the watermark, oldest first.

    Parameters
    ----------
    schema : str
        Where dbt put the tables.
    profile : object
        A profile of drt's.
    watermark : str
        Moment in UTC, as text.

    Returns
    -------
    list of dict
        `external_id` and `changed_at` of each.
    """
    query = (
        f"select external_id, changed_at from {schema}.rpt_esp_klaviyo"
        " where is_sendable and operation in ('delete', 'erase')"
        f" and changed_at > cast('{watermark}' as timestamp)"
        " order by changed_at, external_id"
    )
    return list(get_source(profile).extract(query, profile))


def request(client, retry, method, path, **arguments):
    """Make a request, again if the answer asks for it; return the answer.

    Raises
    ------
    httpx.HTTPStatusError
        If the answer says no, or not yet too many times.
    """

    def attempt():
        response = client.request(method, path, **arguments)
        response.raise_for_status()
        return response

    return with_retry(attempt, retry)


def delete(client, retry, external_id):
    """Ask for the deletion of a customer's profiles; return how many there were."""
    quoted = json.dumps(external_id, ensure_ascii=False)
    profiles = request(
        client, retry, "GET", "/api/profiles/",
        params={"filter": f"equals(external_id,{quoted})"},
    ).json()["data"]  # fmt: skip
    for profile in profiles:
        job = {"profile": {"data": {"type": "profile", "id": profile["id"]}}}
        data = {"type": "data-privacy-deletion-job", "attributes": job}
        request(
            client, retry, "POST", "/api/data-privacy-deletion-jobs/",
            json={"data": data},
        )  # fmt: skip
    return len(profiles)


def main(arguments=None):
    """Delete what is to be deleted and move the watermark; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, default=FOLDER, help="drt's project")
    parser.add_argument("--per-second", type=float, default=DELETIONS_PER_SECOND)
    options = parser.parse_args(arguments)
    missing = [name for name in ("KLAVIYO_URL", "KLAVIYO_API_KEY")
               if not os.environ.get(name)]  # fmt: skip
    if missing:
        print(f"Set the environment variable {' and '.join(missing)}.", file=sys.stderr)
        return 2
    variables = project_vars(options.folder)
    profile = load_profile(load_project(options.folder).profile)
    state = options.folder / ".drt" / "klaviyo_deletions.json"
    watermark = "0001-01-01 00:00:00"
    if state.exists():
        watermark = json.loads(state.read_text())["changed_at"]
    rows = tombstones(variables["schema"], profile, watermark)
    retry = RetryConfig(
        max_attempts=variables["attempts"], max_backoff=variables["longest_wait"]
    )
    limiter = RateLimiter(options.per_second)
    headers = {
        "Authorization": f"Klaviyo-API-Key {os.environ['KLAVIYO_API_KEY']}",
        "Accept": "application/vnd.api+json",
        "revision": REVISION,
    }
    n_profiles = 0
    with httpx.Client(
        base_url=os.environ["KLAVIYO_URL"], headers=headers, timeout=30
    ) as client:
        for row in rows:
            limiter.acquire()
            try:
                n_profiles += delete(client, retry, row["external_id"])
            except httpx.HTTPError as error:
                print(
                    f"{row['external_id']} is not deleted, and the next run begins with"
                    f" the same customers again: {error}",
                    file=sys.stderr,
                )
                return 1
    if rows:
        state.parent.mkdir(exist_ok=True)
        state.write_text(json.dumps({"changed_at": str(rows[-1]["changed_at"])}))
    print(f"{len(rows)} customers gone, {n_profiles} profiles deleted from Klaviyo")
    return 0


if __name__ == "__main__":
    sys.exit(main())
