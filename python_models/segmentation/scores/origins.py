"""Days of the past on which a score is judged, as if each had been the day of the fit.

An origin is a day with the slices that a model fitted on it may learn from: those whose
windows had closed by then. The day of the fit itself is one, too, so that what is
published is made as what was judged.
"""

import datetime
from dataclasses import dataclass

from segmentation.errors import CannotFit

# How far apart days to judge by are where the history reaches: a quarter, so that four
# of them hold a year.
SEASON_DAYS = 90
# Days that are closer say the same twice.
MIN_APART_DAYS = 14
# The same weekday of last year, and how far a slice may lie from it.
YEAR_DAYS = 364
YEAR_SLACK_DAYS = 15


@dataclass(frozen=True)
class Origin:
    """A day, and what a fit on it may know.

    Attributes
    ----------
    day : date
    train : tuple of date
        Slices to learn from, oldest first; their windows closed by `day`.
    season : tuple of date, or None
        The slice one window before the same weeks of last year, and that of these weeks
        themselves; None where the history does not hold both.
    """

    day: datetime.date
    train: tuple
    season: tuple | None


@dataclass(frozen=True)
class Plan:
    """What a fit reads.

    Attributes
    ----------
    final : Origin
        The day of the fit.
    judged : tuple of Origin
        Newest first, at least one; their own windows closed by the day of the fit.
    """

    final: Origin
    judged: tuple

    @property
    def days(self):
        """All slices that the fit needs, oldest first."""
        wanted = {origin.day for origin in self.judged}
        for origin in (self.final, *self.judged):
            wanted.update(origin.train, origin.season or ())
        return sorted(wanted)


def make_plan(days, snapshot, horizon_days, interval_days, n_slices, n_judged):
    """Slices to learn from and to judge by, as of a snapshot.

    Parameters
    ----------
    days : sequence of date
        Of all slices.
    snapshot : date
    horizon_days : int
    interval_days, n_slices : int
        Least distance of slices to learn from, and how many at the most.
    n_judged : int
        Days to judge by at the most, from 1.

    Returns
    -------
    Plan

    Raises
    ------
    CannotFit
        If the history is too short.
    """
    closed = sorted({day for day in days if (snapshot - day).days >= horizon_days})
    if not closed:
        raise CannotFit(
            f"no slice of the past has a window of {horizon_days} days that has closed"
        )

    def origin(day):
        known = [own for own in closed if (day - own).days >= horizon_days]
        return Origin(
            day,
            tuple(thin(known, interval_days, n_slices)),
            _season(known, day, horizon_days),
        )

    possible = [day for day in closed if (day - closed[0]).days >= horizon_days]
    if not possible:
        raise CannotFit(
            f"the history is too short: a model needs two slices {horizon_days} days "
            f"apart whose windows have closed, and there are {len(closed)} between "
            f"{closed[0]} and {closed[-1]}"
        )
    judged = tuple(origin(day) for day in _spread(possible, n_judged))
    return Plan(origin(snapshot), judged)


def thin(days, interval_days, n_most):
    """The newest days, at least so far apart, and no more than so many.

    Parameters
    ----------
    days : sequence of date
    interval_days, n_most : int

    Returns
    -------
    list of date
        Oldest first.
    """
    kept = []
    for day in sorted(days, reverse=True):
        if len(kept) < n_most and (not kept or (kept[-1] - day).days >= interval_days):
            kept.append(day)
    return kept[::-1]


def _spread(days, n_most):
    """So many of the days, a season apart or as far as they reach; newest first."""
    newest = days[-1]
    kept = [newest]
    for place in range(1, n_most):
        step = min(SEASON_DAYS, (newest - days[0]).days / (n_most - 1))
        day = _nearest(days, newest - datetime.timedelta(days=place * step))
        if (kept[-1] - day).days >= MIN_APART_DAYS:
            kept.append(day)
    return kept


def _season(days, day, horizon_days):
    """See Origin; a window of more than half a year is no season."""
    if not days or horizon_days > YEAR_DAYS / 2:
        return None
    wanted = day - datetime.timedelta(days=YEAR_DAYS)
    weeks = _nearest(days, wanted)
    before = _nearest(days, weeks - datetime.timedelta(days=horizon_days))
    reached = abs((weeks - wanted).days) <= YEAR_SLACK_DAYS
    if reached and abs((weeks - before).days - horizon_days) <= YEAR_SLACK_DAYS:
        return before, weeks
    return None


def _nearest(days, wanted):
    """The day closest to another; of two as close, the later."""
    return min(days, key=lambda day: (abs((day - wanted).days), -day.toordinal()))
