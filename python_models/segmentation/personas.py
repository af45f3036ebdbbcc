"""Name clusters by the personas they match, and keep the names across refits."""

from dataclasses import dataclass, field

import numpy as np

# A cluster this far (root mean square, in standard deviations) from every persona
# still free is a persona of its own; so is one that moved this far from its old self.
MAX_DISTANCE_TO_PERSONA = 2.0
MAX_DISTANCE_TO_PREDECESSOR = 1.0

# A deviation that is worth a word, in standard deviations.
MIN_DEVIATION = 0.5

_FORBIDDEN = 1e6


@dataclass(frozen=True)
class Target:
    """What a persona should look like on one feature, in standard deviations.

    `minimum` and `maximum` are its guards: a cluster whose centre lies outside them
    must never bear the persona's name. None is no guard.
    """

    segment_id: str
    feature_name: str
    target: float
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True)
class Lineage:
    """The segments of earlier fits, which a new fit's are aligned to.

    Attributes
    ----------
    centers : dict of str to dict of str to (str, float)
        Segment id to feature to transform and centre in transformed units, of the last
        promoted fit of the recipe.
    names : dict of str to str
        Names that were described.
    used_ids : set of str
        Every id that any fit gave.
    """

    centers: dict = field(default_factory=dict)
    names: dict = field(default_factory=dict)
    used_ids: set = field(default_factory=set)

    def seen_through(self, scaler):
        """Its centres in standard deviations of a new fit.

        Parameters
        ----------
        scaler : scaling.Scaling

        Returns
        -------
        dict of str to ndarray of shape (p,)
            0, the mean, for a feature that was absent or transformed otherwise.
        """
        seen = {}
        for segment_id, center in self.centers.items():
            scores = np.zeros(len(scaler.names))
            for j, name in enumerate(scaler.names):
                transform, value = center.get(name, (None, 0.0))
                if transform == scaler.transforms[j]:
                    scores[j] = (value - scaler.mean[j]) / scaler.stddev[j]
            seen[segment_id] = scores
        return seen


def persona_costs(centers, feature_names, targets):
    """Cost of naming each cluster after each persona.

    Parameters
    ----------
    centers : ndarray of shape (k, p)
        Standardised centres, unweighted.
    feature_names : sequence of str, length p
    targets : sequence of Target
        Features that were not fitted are ignored.

    Returns
    -------
    segment_ids : list of str, length m
    costs : ndarray of shape (k, m)
        Root mean square difference to the target; 1e6 where a guard forbids it.
    """
    column = {name: j for j, name in enumerate(feature_names)}
    segment_ids = sorted({target.segment_id for target in targets})
    costs = np.full((len(centers), len(segment_ids)), _FORBIDDEN)
    for m, segment_id in enumerate(segment_ids):
        own = [
            target
            for target in targets
            if target.segment_id == segment_id and target.feature_name in column
        ]
        if not own:
            continue
        at = centers[:, [column[target.feature_name] for target in own]]
        wanted = np.array([target.target for target in own])
        low = np.array([-np.inf if t.minimum is None else t.minimum for t in own])
        high = np.array([np.inf if t.maximum is None else t.maximum for t in own])
        allowed = ((at >= low) & (at <= high)).all(axis=1)
        distance = np.sqrt(((at - wanted) ** 2).mean(axis=1))
        costs[:, m] = np.where(allowed, distance, _FORBIDDEN)
    return segment_ids, costs


def match(costs, limit):
    """Pair as many rows and columns as the limit allows, at the least total cost.

    Parameters
    ----------
    costs : ndarray of shape (k, m)
    limit : float
        The highest cost at which a pair still is one.

    Returns
    -------
    dict of int to int
        Row to column.

    Notes
    -----
    Kuhn (1955), the Hungarian method for the assignment problem.
    """
    from scipy.optimize import linear_sum_assignment

    if costs.size == 0:
        return {}
    # dearer than any number of pairs, so that as many as can be are within the limit
    too_dear = (limit + 1.0) * (min(costs.shape) + 1)
    rows, columns = linear_sum_assignment(np.where(costs <= limit, costs, too_dear))
    return {
        int(i): int(j)
        for i, j in zip(rows, columns, strict=True)
        if costs[i, j] <= limit
    }


def describe(center, feature_names):
    """Say in words what sets a cluster apart: its one or two large deviations.

    Parameters
    ----------
    center : ndarray of shape (p,)
        Standardised.
    feature_names : sequence of str, length p

    Returns
    -------
    str
        Such as `High return rate, low net amount`; deviations under half a standard
        deviation are not named.
    """
    strongest = sorted(range(len(center)), key=lambda j: (-abs(center[j]), j))[:2]
    words = [
        f"{'high' if center[j] >= 0 else 'low'} {feature_names[j].replace('_', ' ')}"
        for j in strongest
        if abs(center[j]) >= MIN_DEVIATION
    ]
    if not words:
        return "Like the average customer"
    return ", ".join(words).capitalize()


def name_clusters(centers, feature_names, targets, predecessors, used_ids, prefix):
    """Give every cluster a segment id that means the same as in earlier fits.

    A cluster near one of the previous fit keeps its id; the others take the free
    persona they match; what matches nothing gets an id never used before.

    Parameters
    ----------
    centers : ndarray of shape (k, p)
        Standardised centres of the new fit, unweighted.
    feature_names : sequence of str, length p
    targets : sequence of Target
        Personas of the recipe; their guards hold for inherited ids too.
    predecessors : dict of str to ndarray of shape (p,)
        Segment id to centre of the previous fit, in the units of the new one.
    used_ids : set of str
        Every id that any earlier fit gave.
    prefix : str
        Start of the new ids.

    Returns
    -------
    list of (str, str or None), length k
        Segment id, and a descriptive name where the id is no persona's.
    """
    persona_ids, costs = persona_costs(centers, feature_names, targets)
    persona_of = {segment_id: m for m, segment_id in enumerate(persona_ids)}
    names = {}

    old_ids = sorted(predecessors)
    if old_ids:
        old = np.array([predecessors[segment_id] for segment_id in old_ids])
        moved = np.sqrt(((centers[:, None, :] - old[None, :, :]) ** 2).mean(axis=2))
        for j, segment_id in enumerate(old_ids):
            if segment_id in persona_of:
                forbidden = costs[:, persona_of[segment_id]] >= _FORBIDDEN
                moved[forbidden, j] = _FORBIDDEN
        for i, j in match(moved, MAX_DISTANCE_TO_PREDECESSOR).items():
            names[i] = old_ids[j]

    rows = [i for i in range(len(centers)) if i not in names]
    columns = [
        m
        for m, segment_id in enumerate(persona_ids)
        if segment_id not in names.values()
    ]
    for i, j in match(costs[np.ix_(rows, columns)], MAX_DISTANCE_TO_PERSONA).items():
        names[rows[i]] = persona_ids[columns[j]]

    number = 1
    result = []
    for i, center in enumerate(centers):
        if i not in names:
            while f"{prefix}_other_{number}" in used_ids | set(names.values()):
                number += 1
            names[i] = f"{prefix}_other_{number}"
        is_persona = names[i] in persona_of
        result.append(
            (names[i], None if is_persona else describe(center, feature_names))
        )
    return result
