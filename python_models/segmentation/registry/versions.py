"""Versions of fitted models: which fit is due, which version is active.

A registry is an append-only table, one row per thing that a fit learned, the same for
segments, scores and early segments as far as this module reads it: `model_version`,
`version_number`, `as_of_date`, `config_hash`, `section`, `item`, `numeric_value` and
`text_value`. Sections `version` (status, reason, failure and more), `promotion` (makes
a version active from its date on) and `request` (asks for a refit) are common to all;
the rooms say what else theirs hold.
"""

import datetime
import hashlib
import json

# Settings that say when a fit is made, and not what comes of it.
TIMING = ("refit_after_days",)


def config_hash(configuration):
    """Fingerprint of all that shapes a fit, but for the data.

    Parameters
    ----------
    configuration : dict
        JSON-able; the order of its keys does not matter.

    Returns
    -------
    str
        32 hexadecimal digits.
    """
    text = json.dumps(configuration, sort_keys=True, default=str)
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def settings_of_a_fit(settings):
    """The settings that shape a fit: all but those that only say when one is due.

    Parameters
    ----------
    settings : dict
        As a model hands them over.

    Returns
    -------
    dict
        What belongs into the fingerprint of the fit's configuration. A setting that is
        added belongs there too unless it is excepted here.
    """
    return {name: value for name, value in settings.items() if name not in TIMING}


def due_reason(
    snapshot,
    is_last,
    latest,
    current_hash,
    refit_after_days,
    retry=None,
    is_final=False,
):
    """Why a fit is due at a snapshot, or None.

    Parameters
    ----------
    snapshot : date
    is_last : bool
        Whether it is the newest snapshot: a changed configuration, or a request, counts
        from now on, not for the past.
    latest : dict or None
        The newest version, as latest_version gives it.
    current_hash : str
    refit_after_days : int
    retry : str or None
        Why the next snapshot tries again, where the newest version says so.
    is_final : bool
        Whether the newest version never ages: rules are not fitted.

    Returns
    -------
    str or None
    """
    if latest is None:
        return "first fit"
    if snapshot < latest["as_of_date"]:
        return None
    if latest["config_hash"] != current_hash:
        return "configuration changed" if is_last else None
    if is_final:
        return None
    if latest["is_requested"] and is_last:
        return "asked for"
    if snapshot == latest["as_of_date"]:
        return None
    if retry is not None:
        return retry
    age = (snapshot - latest["as_of_date"]).days
    return f"{age} days after the last fit" if age >= refit_after_days else None


def latest_version(rows):
    """The newest version, whatever became of it.

    Parameters
    ----------
    rows : list of dict
        Of one registry, or of one score in it.

    Returns
    -------
    dict or None
        `model_version`, `version_number`, `as_of_date`, `config_hash`; `is_requested`,
        whether a refit was asked for since; and the text of each item of its section
        `version`, such as `status`.
    """
    own = [row for row in rows if row["section"] == "version"]
    if not own:
        return None
    number = max(row["version_number"] for row in own)
    own = [row for row in own if row["version_number"] == number]
    return {
        **{row["item"]: row["text_value"] for row in own},
        "model_version": own[0]["model_version"],
        "version_number": number,
        "as_of_date": as_date(own[0]["as_of_date"]),
        "config_hash": own[0]["config_hash"],
        "is_requested": any(
            row["section"] == "request" and row["version_number"] == number
            for row in rows
        ),
    }


def active_version(rows, snapshot):
    """Name of the version that was promoted last, on the snapshot's day or before.

    Parameters
    ----------
    rows : list of dict
    snapshot : date

    Returns
    -------
    str or None
    """
    promotions = [
        row
        for row in rows
        if row["section"] == "promotion" and as_date(row["as_of_date"]) <= snapshot
    ]
    if not promotions:
        return None
    return max(promotions, key=lambda row: row["numeric_value"])["model_version"]


def next_number(rows):
    """Number of the next version: versions are numbered through, from 1."""
    return 1 + max((row["version_number"] for row in rows), default=0)


def next_promotion(rows):
    """Number of the next promotion: promotions are numbered through, from 1."""
    return 1 + sum(row["section"] == "promotion" for row in rows)


def as_date(value):
    """A date from a date or a datetime."""
    return value.date() if isinstance(value, datetime.datetime) else value
