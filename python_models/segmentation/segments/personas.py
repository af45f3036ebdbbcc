"""Name clusters by the personas they match, and keep the names across refits."""

from dataclasses import dataclass, field

import numpy as np

# A cluster this far (root mean square, in standard deviations) from every persona
# still free is a persona of its own; so is one that moved this far from its old self.
MAX_DISTANCE_TO_PERSONA = 2.0
MAX_DISTANCE_TO_PREDECESSOR = 1.0

# A deviation that is worth a word, in standard deviations, and words in a name.
MIN_DEVIATION = 0.25
MAX_WORDS = 3

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
class Claim:
    """What a persona's name says of its members: where their median must lie.

    In the feature's own units, whether it is fitted or not. None is no limit; a median
    that is unknown bears no claim out.
    """

    segment_id: str
    feature_name: str
    minimum: float | None = None
    maximum: float | None = None

    def holds(self, medians):
        """Whether medians, a dict of feature to number or None, bear it out."""
        return _within(medians.get(self.feature_name), self.minimum, self.maximum)


@dataclass(frozen=True)
class Words:
    """How a cluster is called that has little, or much, of a feature.

    `low_maximum` and `high_minimum` are the limits that its median must keep for it;
    None is no limit.
    """

    feature_name: str
    low: str | None
    high: str | None
    low_maximum: float | None = None
    high_minimum: float | None = None

    def true_of(self, median, typical):
        """The one that is true of a median next to all customers' median, or None."""
        if median is None or typical is None:
            return None
        if median < typical and _within(median, None, self.low_maximum):
            return self.low
        if median > typical and _within(median, self.high_minimum, None):
            return self.high
        return None


@dataclass(frozen=True)
class Naming:
    """What clusters are named by.

    Attributes
    ----------
    targets : sequence of Target
    claims : sequence of Claim
    words : sequence of Words
        Of features that clusters without a persona are described by.
    """

    targets: tuple = ()
    claims: tuple = ()
    words: tuple = ()


@dataclass(frozen=True)
class Members:
    """Medians of raw features, of each cluster's members and of all customers.

    Attributes
    ----------
    medians : list of dict of str to (float or None), length k
    typical : dict of str to (float or None)
    """

    medians: list
    typical: dict


def _within(value, minimum, maximum):
    """Whether a number is known and within limits, of which each may be None."""
    return (
        value is not None
        and (minimum is None or value >= minimum)
        and (maximum is None or value <= maximum)
    )


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


def persona_costs(centers, feature_names, naming, members):
    """Cost of naming each cluster after each persona.

    Parameters
    ----------
    centers : ndarray of shape (k, p)
        Standardised centres, unweighted.
    feature_names : sequence of str, length p
    naming : Naming
    members : Members

    Returns
    -------
    segment_ids : list of str, length m
    costs : ndarray of shape (k, m)
        Root mean square difference to the targets on features that were fitted; 1e6
        where a guard or a claim forbids it. On a feature that was not fitted nothing
        sets a cluster apart: guards take it to lie at the mean, which is 0.
    """
    column = {name: j for j, name in enumerate(feature_names)}
    segment_ids = sorted({target.segment_id for target in naming.targets})
    costs = np.full((len(centers), len(segment_ids)), _FORBIDDEN)
    for m, segment_id in enumerate(segment_ids):
        own = [target for target in naming.targets if target.segment_id == segment_id]
        claims = [claim for claim in naming.claims if claim.segment_id == segment_id]
        fitted = [target for target in own if target.feature_name in column]
        if not fitted:
            continue
        at = centers[:, [column[target.feature_name] for target in fitted]]
        wanted = np.array([target.target for target in fitted])
        distance = np.sqrt(((at - wanted) ** 2).mean(axis=1))
        for i, center in enumerate(centers):
            is_guarded = all(
                _within(
                    center[column[target.feature_name]]
                    if target.feature_name in column
                    else 0.0,
                    target.minimum,
                    target.maximum,
                )
                for target in own
            )
            is_true = all(claim.holds(members.medians[i]) for claim in claims)
            if is_guarded and is_true:
                costs[i, m] = distance[i]
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


def describe(center, feature_names, words, medians, typical):
    """Say in words what sets a cluster apart: its largest deviations, three at most.

    Parameters
    ----------
    center : ndarray of shape (p,)
        Standardised.
    feature_names : sequence of str, length p
    words : sequence of Words
    medians, typical : dict of str to (float or None)
        Of the cluster's members and of all customers.

    Returns
    -------
    str
        Such as `Recent, few orders, high value`. Deviations under a quarter of a
        standard deviation are not named, nor is anything that the median denies.
    """
    words_of = {each.feature_name: each for each in words}
    found = []
    for j in sorted(range(len(center)), key=lambda j: (-abs(center[j]), j)):
        name = feature_names[j]
        if abs(center[j]) < MIN_DEVIATION or name not in words_of:
            continue
        own = words_of[name]
        word = own.true_of(medians.get(name), typical.get(name))
        # centre and median must agree
        if word is not None and word == (own.low if center[j] < 0 else own.high):
            found.append(word)
    described = ", ".join(found[:MAX_WORDS]) or "like the average customer"
    return described[0].upper() + described[1:]


def still_holds(described, words, medians, typical):
    """Whether each of the words that a cluster was described by is true of it.

    Parameters
    ----------
    described : str
        As describe gave it for an earlier fit.
    words, medians, typical
        As in describe.

    Returns
    -------
    bool
    """
    true = {
        each.true_of(medians.get(each.feature_name), typical.get(each.feature_name))
        for each in words
    } - {None}
    said = described.split(" (")[0].split(", ")
    return {said[0][:1].lower() + said[0][1:], *said[1:]} <= true


def name_clusters(
    centers,
    feature_names,
    naming,
    members,
    predecessors,
    used_ids,
    prefix,
    described=None,
):
    """Give every cluster a segment id that means the same as in earlier fits.

    A cluster near one of the previous fit keeps its id; the others take the free
    persona they match; what matches nothing gets an id never used before, and a name in
    words. No name is given that a guard or the members' medians contradict.

    Parameters
    ----------
    centers : ndarray of shape (k, p)
        Standardised centres of the new fit, unweighted.
    feature_names : sequence of str, length p
    naming : Naming
        Personas of the recipe, whose guards and claims hold for inherited ids too.
    members : Members
    predecessors : dict of str to ndarray of shape (p,)
        Segment id to centre of the previous fit, in the units of the new one.
    used_ids : set of str
        Every id that any earlier fit gave.
    prefix : str
        Start of the new ids.
    described : dict of str to str, optional
        Names in words of earlier fits, which are kept as long as they are true.

    Returns
    -------
    list of (str, str or None), length k
        Segment id, and a name in words where the id is no persona's, no two alike.
    """
    persona_ids, costs = persona_costs(centers, feature_names, naming, members)
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
    result, given = [], set()
    for i, center in enumerate(centers):
        if i not in names:
            while f"{prefix}_other_{number}" in used_ids | set(names.values()):
                number += 1
            names[i] = f"{prefix}_other_{number}"
        if names[i] in persona_of:
            result.append((names[i], None))
            continue
        known_by = (naming.words, members.medians[i], members.typical)
        words = (described or {}).get(names[i])
        if words is None or words in given or not still_holds(words, *known_by):
            words = _unlike(given, describe(center, feature_names, *known_by))
        given.add(words)
        result.append((names[i], words))
    return result


def _unlike(given, words):
    """The words, numbered if another cluster bears them."""
    number, numbered = 1, words
    while numbered in given:
        number += 1
        numbered = f"{words} ({number})"
    return numbered
