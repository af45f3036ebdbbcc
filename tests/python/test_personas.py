"""Naming clusters: the right personas, and ids that mean the same after a refit."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from segmentation.segments import personas
from segmentation.segments.personas import Claim, Members, Naming, Target, Words

FEATURES = ("recency_days", "n_orders", "average_order_amount")
TARGETS = [
    Target("x_best", "recency_days", -1.0, maximum=0.0),
    Target("x_best", "n_orders", 1.5, minimum=0.5),
    Target("x_big", "average_order_amount", 2.0, minimum=1.0),
    Target("x_gone", "recency_days", 1.5),
    Target("x_gone", "n_orders", -0.5),
]
WORDS = (
    Words("recency_days", "recent", "lapsed", low_maximum=180, high_minimum=30),
    Words("n_orders", "few orders", "many orders", high_minimum=3),
    Words("average_order_amount", "small orders", "large orders"),
)
TYPICAL = {"recency_days": 60.0, "n_orders": 4.0, "average_order_amount": 50.0}
CENTERS = np.array([[1.4, -0.4, 0.0], [-0.9, 1.6, 0.1], [0.0, 0.0, 2.2]])


def members_of(centers, *medians):
    """Members with these medians; none known where there are too few."""
    return Members([*medians, *[{}] * (len(centers) - len(medians))], TYPICAL)


def name(
    centers, predecessors=None, used_ids=(), targets=TARGETS, claims=(), medians=()
):
    centers = np.asarray(centers)
    named = personas.name_clusters(
        centers,
        FEATURES,
        Naming(tuple(targets), tuple(claims)),
        members_of(centers, *medians),
        predecessors or {},
        set(used_ids),
        "x",
    )
    return [segment_id for segment_id, _ in named]


def costs_of(centers, features=FEATURES, targets=TARGETS):
    segment_ids, costs = personas.persona_costs(
        np.array(centers), features, Naming(tuple(targets)), members_of(centers)
    )
    return {segment_id: costs[:, m] for m, segment_id in enumerate(segment_ids)}


# -- costs ------------------------------------------------------------------


def test_the_cost_is_the_root_mean_square_distance_to_the_target():
    costs = costs_of([[0.5, 0.5, 9.0]])
    assert costs["x_gone"][0] == pytest.approx(1.0)  # both features are 1.0 away


@pytest.mark.parametrize(
    ("center", "is_forbidden"),
    [
        ([-1.0, 1.5, 0.0], False),
        ([0.0, 0.5, 0.0], False),  # on both guards
        ([0.01, 1.5, 0.0], True),  # over the maximum of recency
        ([-1.0, 0.49, 0.0], True),  # under the minimum of orders
    ],
)
def test_guards_forbid_and_count_their_own_value_as_inside(center, is_forbidden):
    assert (costs_of([center])["x_best"][0] >= 1e6) == is_forbidden


def test_targets_on_features_that_were_not_fitted_are_ignored():
    costs = costs_of([[1.5, 7.0]], features=("recency_days", "return_rate"))
    assert costs["x_gone"][0] == 0


def test_a_persona_none_of_whose_features_was_fitted_is_forbidden():
    costs = costs_of([[1.5]], features=("recency_days",))
    assert costs["x_big"][0] >= 1e6


def test_on_a_feature_that_was_not_fitted_no_cluster_is_set_apart():
    # nobody has more orders than the others, so that no cluster is the one with many
    costs = costs_of([[-1.0, 0.0]], features=("recency_days", "return_rate"))
    assert costs["x_best"][0] >= 1e6
    assert costs["x_gone"][0] < 1e6


@pytest.mark.parametrize(
    ("median", "is_given"),
    [(2.0, True), (1.99, False), (1.0, False), (None, False)],
)
def test_a_name_is_not_given_that_the_members_medians_deny(median, is_given):
    # the claim is on a feature that is not fitted
    claims = [Claim("x_best", "n_coupons", minimum=2)]
    named = name(
        [CENTERS[1]], targets=TARGETS[:2], claims=claims,
        medians=[{"n_coupons": median}],
    )  # fmt: skip
    assert named == (["x_best"] if is_given else ["x_other_1"])


def test_a_claim_holds_for_an_inherited_id_too():
    old = {"x_best": CENTERS[1]}
    claims = [Claim("x_best", "recency_days", maximum=180)]
    for days, expected in ((180.0, "x_best"), (181.0, "x_other_1")):
        named = name(
            [CENTERS[1]], old, old, TARGETS[:2], claims, [{"recency_days": days}]
        )
        assert named == [expected]


# -- matching ---------------------------------------------------------------


def cheapest_by_trying_all(costs, limit):
    """Of all one-to-one pairings: most pairs within the limit, then least cost."""
    rows, columns = costs.shape
    best = (0, 0.0, {})
    for n in range(1, min(rows, columns) + 1):
        for chosen in itertools.combinations(range(rows), n):
            for partners in itertools.permutations(range(columns), n):
                pairs = dict(zip(chosen, partners, strict=True))
                each = [costs[i, j] for i, j in pairs.items()]
                if max(each) <= limit and (-n, sum(each)) < (-best[0], best[1]):
                    best = (n, sum(each), pairs)
    return best[2]


@pytest.mark.parametrize("shape", [(1, 1), (2, 2), (3, 3), (4, 4), (2, 4), (4, 3)])
def test_matching_is_the_cheapest_of_all_permutations(shape):
    rng = np.random.default_rng(11)
    for _ in range(40):
        costs = rng.uniform(0, 1, size=shape)
        assert personas.match(costs, 1.0) == cheapest_by_trying_all(costs, 1.0)


@pytest.mark.parametrize("shape", [(3, 3), (4, 4), (3, 5)])
def test_matching_within_a_limit_is_the_cheapest_of_all_permutations(shape):
    rng = np.random.default_rng(12)
    for _ in range(60):
        costs = rng.uniform(0, 3, size=shape)
        costs[rng.uniform(size=shape) < 0.2] = 1e6
        assert personas.match(costs, 1.0) == cheapest_by_trying_all(costs, 1.0)


def test_a_pair_at_the_limit_still_is_one():
    assert personas.match(np.array([[2.0]]), 2.0) == {0: 0}
    assert personas.match(np.array([[2.0 + 1e-9]]), 2.0) == {}


@pytest.mark.parametrize("shape", [(0, 3), (3, 0)])
def test_nothing_matches_nothing(shape):
    assert personas.match(np.empty(shape), 1.0) == {}


# -- names ------------------------------------------------------------------


def test_clusters_get_the_personas_they_match():
    assert name(CENTERS) == ["x_gone", "x_best", "x_big"]


def test_a_persona_names_one_cluster_only():
    named = name([CENTERS[1], CENTERS[1] + 0.05, CENTERS[0]])
    assert named == ["x_best", "x_other_1", "x_gone"]


def test_a_cluster_never_bears_a_name_that_a_guard_forbids():
    best = TARGETS[:2]
    assert name([[-0.3, 1.5, 0.0]], targets=best) == ["x_best"]
    assert name([[0.3, 1.5, 0.0]], targets=best) == ["x_other_1"]


def test_a_cluster_far_from_every_persona_is_its_own():
    assert name([[-6.0, -6.0, -6.0]]) == ["x_other_1"]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_ids_survive_a_refit_with_permuted_and_slightly_moved_centres(order):
    rng = np.random.default_rng(4)
    first = name(CENTERS)
    moved = CENTERS[list(order)] + rng.normal(0, 0.1, size=CENTERS.shape)
    again = name(moved, dict(zip(first, CENTERS, strict=True)), first)
    assert again == [first[i] for i in order]


def test_an_id_that_is_no_personas_survives_a_refit_too():
    old = {"x_other_1": np.array([-6.0, -6.0, -6.0]), "x_best": CENTERS[1]}
    assert name([CENTERS[1], [-5.8, -6.1, -6.0]], old, old) == ["x_best", "x_other_1"]


def test_a_near_predecessor_goes_before_a_matching_persona():
    old = {"x_other_1": CENTERS[2]}
    assert name([CENTERS[2] + 0.1], old, old) == ["x_other_1"]


def test_a_guard_holds_for_an_inherited_id():
    old = {"x_best": np.array([-0.1, 1.0, 0.0])}
    assert name([[0.0, 1.0, 0.0]], old, old, TARGETS[:2]) == ["x_best"]
    assert name([[0.1, 1.0, 0.0]], old, old, TARGETS[:2]) == ["x_other_1"]


def test_a_cluster_that_moved_far_does_not_keep_its_id():
    old = {"x_other_1": np.array([-6.0, -6.0, -6.0])}
    assert name([[-4.9, -4.9, -4.9]], old, old) == ["x_other_2"]
    assert name([[-5.1, -5.1, -5.1]], old, old) == ["x_other_1"]


def test_a_cluster_that_stayed_keeps_its_id_though_others_moved_far():
    # total distance is least when all ids are passed on to the next, too far, cluster
    old = {"x_other_1": np.zeros(3), "x_other_2": np.full(3, 5.1)}
    named = name([np.full(3, 0.1), np.full(3, -4.0)], old, old, targets=[])
    assert named == ["x_other_1", "x_other_3"]


def test_an_id_once_used_is_never_given_again():
    odd = [[-6.0, -6.0, -6.0], [6.0, 6.0, -6.0]]
    used = {"x_other_1", "x_other_3"}
    assert name(odd, used_ids=used) == ["x_other_2", "x_other_4"]


def described(center, medians, typical=TYPICAL, words=WORDS):
    return personas.describe(np.array(center), FEATURES, words, medians, typical)


def named_in_words(centers, medians, known=None, targets=()):
    named = personas.name_clusters(
        np.array(centers),
        FEATURES,
        Naming(tuple(targets), (), WORDS),
        Members(medians, TYPICAL),
        {segment_id: np.array(centers[0]) for segment_id in known or {}},
        set(known or {}),
        "x",
        known,
    )
    return named


RECENT = {"recency_days": 9.0, "n_orders": 2.0, "average_order_amount": 90.0}


def test_only_ids_that_are_no_personas_get_a_name_in_words():
    named = named_in_words(
        [CENTERS[0], [-6.0, -5.0, 0.3]], [{}, RECENT], targets=TARGETS
    )
    assert named == [
        ("x_gone", None),
        ("x_other_1", "Recent, few orders, large orders"),
    ]


def test_words_are_those_of_a_marketer_the_strongest_first_and_three_at_most():
    assert described([-0.5, -0.3, 2.0], RECENT) == "Large orders, recent, few orders"


def test_words_leave_out_small_deviations():
    assert described([-0.24, -0.2, 2.0], RECENT) == "Large orders"
    assert described([-0.24, -0.2, 0.2], RECENT) == "Like the average customer"


@pytest.mark.parametrize(
    ("deviation", "median", "typical", "words"),
    [
        (-1.0, 180.0, 400.0, "Recent"),
        # the freshest of a shop that nobody has bought in for half a year
        (-1.0, 181.0, 400.0, "Like the average customer"),
        (1.0, 30.0, 10.0, "Lapsed"),
        (1.0, 29.0, 10.0, "Like the average customer"),
        # the mean is far away, and the median is not
        (-1.0, 60.0, 60.0, "Like the average customer"),
        (-1.0, None, 60.0, "Like the average customer"),
    ],
)
def test_words_say_nothing_that_the_median_denies(deviation, median, typical, words):
    found = described(
        [deviation, 0.0, 0.0], {"recency_days": median}, {"recency_days": typical}
    )
    assert found == words


def test_a_feature_without_words_is_not_shown():
    assert described([-1.0, -2.0, 0.0], RECENT, words=WORDS[:1]) == "Recent"


def test_no_two_clusters_are_called_alike():
    named = named_in_words([[-1.0, 0.0, 0.0]] * 3, [RECENT] * 3)
    assert [words for _, words in named] == ["Recent", "Recent (2)", "Recent (3)"]


@pytest.mark.parametrize(
    ("days", "words"), [(9.0, "Recent, large orders"), (181.0, "Few orders")]
)
def test_a_name_in_words_is_kept_across_fits_as_long_as_it_is_true(days, words):
    known = {"x_other_1": "Recent, large orders"}
    named = named_in_words(
        [[-1.0, -2.0, 0.0]], [RECENT | {"recency_days": days}], known
    )
    assert named == [("x_other_1", words)]


def test_arguments_are_left_as_they_were():
    centers, used = CENTERS.copy(), {"x_best"}
    old = {"x_best": CENTERS[1].copy()}
    members = members_of(centers)
    naming = Naming(tuple(TARGETS))
    personas.name_clusters(centers, FEATURES, naming, members, old, used, "x")
    np.testing.assert_array_equal(centers, CENTERS)
    assert used == {"x_best"}


# -- properties --------------------------------------------------------------

same_every_time = settings(derandomize=True, deadline=None, max_examples=150)
# few values, so that ties, costs at the limit and forbidden pairs are common
costs_strategy = st.tuples(st.integers(1, 4), st.integers(1, 4)).flatmap(
    lambda shape: hnp.arrays(
        float, shape, elements=st.sampled_from([0.0, 0.25, 0.5, 1.0, 1.5, 1e6])
    )
)
seeds = st.integers(0, 2**32 - 1)


def draw(seed, scale=1.5):
    """Centres without ties, 1 to 8 of them, and the generator that made them."""
    rng = np.random.default_rng(seed)
    return rng.normal(0, scale, (rng.integers(1, 9), len(FEATURES))), rng


def follow(steps, seed):
    """Ids and centres of fits one after another: clusters drift, jump, come and go."""
    centers, rng = draw(seed)
    ids, used = name(centers), set()
    fits = [(ids, centers)]
    for _ in range(steps):
        used |= set(ids)
        step = rng.normal(0, rng.choice([0.1, 3.0], size=(len(centers), 1)))
        moved = (centers + step)[rng.random(len(centers)) < 0.8]
        born = rng.normal(0, 1.5, (1 + rng.integers(0, 3), len(FEATURES)))
        before = dict(zip(ids, centers, strict=True))
        centers = rng.permutation(np.concatenate([moved, born]))[:8]
        ids = name(centers, before, used)
        fits.append((ids, centers))
    return fits


@same_every_time
@given(costs_strategy, st.sampled_from([0.0, 0.4, 1.0]))
def test_a_matching_has_the_most_pairs_within_the_limit_at_the_least_cost(costs, limit):
    pairs = personas.match(costs, limit)
    assert len(set(pairs.values())) == len(pairs)
    assert all(costs[i, j] <= limit for i, j in pairs.items())
    best = cheapest_by_trying_all(costs, limit)
    assert len(pairs) == len(best)
    assert sum(costs[i, j] for i, j in pairs.items()) == pytest.approx(
        sum(costs[i, j] for i, j in best.items())
    )


@same_every_time
@given(seeds)
def test_no_id_is_given_twice_and_no_guard_is_broken_in_any_fit(seed):
    for ids, centers in follow(4, seed):
        assert len(set(ids)) == len(ids) == len(centers)
        for segment_id, center in zip(ids, centers, strict=True):
            for target in TARGETS:
                if target.segment_id == segment_id:
                    at = center[FEATURES.index(target.feature_name)]
                    assert target.minimum is None or at >= target.minimum
                    assert target.maximum is None or at <= target.maximum


@same_every_time
@given(seeds)
def test_a_cluster_has_the_id_of_one_near_it_or_an_id_that_nobody_had(seed):
    known = {}
    persona_ids = {target.segment_id for target in TARGETS}
    fits = follow(5, seed)
    for number, (ids, centers) in enumerate(fits):
        for segment_id, center in zip(ids, centers, strict=True):
            if segment_id in known and segment_id not in persona_ids:
                last_seen, before = known[segment_id]
                # who left for one fit never comes back, for another would bear the name
                assert last_seen == number - 1
                distance = np.sqrt(((center - before) ** 2).mean())
                assert distance <= personas.MAX_DISTANCE_TO_PREDECESSOR
            known[segment_id] = (number, center)


@same_every_time
@given(seeds)
def test_the_order_of_the_clusters_does_not_matter(seed):
    ids, centers = follow(1, seed)[0]
    before = dict(zip(ids, centers, strict=True))
    moved, rng = draw(seed + 1)
    order = rng.permutation(len(moved))

    def lasting(named):
        # ids that are new are numbered in the order of the clusters
        return [
            segment_id
            if segment_id in before or "_other_" not in segment_id
            else "a new one"
            for segment_id in named
        ]

    named = name(moved, before, ids)
    permuted = name(moved[order], before, ids)
    assert lasting(permuted) == [lasting(named)[i] for i in order]
    assert sorted(permuted) == sorted(named)


@same_every_time
@given(seeds)
def test_a_refit_that_finds_the_same_centres_keeps_every_id(seed):
    ids, centers = follow(2, seed)[-1]
    again = name(centers, dict(zip(ids, centers, strict=True)), ids)
    assert again == ids
