"""Choices by customer: found where planted, refused where nothing is, odds honest."""

import numpy as np
import pytest
from segmentation.experiments import policies
from sklearn.linear_model import RidgeCV

NAMES = ("recency", "spend")
PRICES = {"mail": policies.Price(contact_cost_amount=0.1), "sale": policies.Price(0.1)}


def make_trials(rng, n, uplifts, odds=0.5):
    """One experiment an action; uplifts: {action: function of features}."""
    parts = []
    for action, uplift in uplifts.items():
        features = rng.normal(size=(n, 2))
        is_treated = rng.random(n) < odds
        rate = 0.2 + is_treated * uplift(features)
        parts.append(
            policies.Trials(
                actions=np.full(n, action, dtype=object),
                customers=np.arange(n),
                sources=np.full(n, action, dtype=object),
                is_treated=is_treated,
                is_control=~is_treated,
                odds_treated=np.full(n, odds),
                odds_control=np.full(n, 1 - odds),
                outcomes=rng.poisson(rate).astype(float),
                features=features,
                segments=np.where(features[:, 0] > 0, "new", "old").astype(object),
                order_amounts=np.full(n, 50.0),
                order_margins=np.full(n, 20.0),
            )
        )
    return policies.Trials(
        **{
            name: np.concatenate([vars(part)[name] for part in parts])
            for name in vars(parts[0])
        }
    )


def split(level):
    """An uplift for the one half of customers, and its mirror for the other."""
    return {
        "mail": lambda features: level * (features[:, 0] > 0),
        "sale": lambda features: level * (features[:, 0] <= 0),
    }


def same(level):
    return {
        "mail": lambda features: np.full(len(features), level),
        "sale": lambda features: np.full(len(features), 0.8 * level),
    }


def test_the_ridge_is_scikit_learns():
    rng = np.random.default_rng(1)
    design = rng.normal(size=(5000, 6))
    values = design[:, 0] + rng.normal(size=5000)
    theirs = RidgeCV(alphas=5000 * policies.PENALTIES).fit(design, values)
    ours = policies._ridge(design, values)
    assert ours == pytest.approx(np.append(theirs.intercept_, theirs.coef_), abs=1e-8)


def test_what_differs_is_found_and_published():
    trials = make_trials(np.random.default_rng(2), 8000, split(0.4))
    found = policies.judge_policy(NAMES, trials, PRICES, 7)
    assert found.is_personal
    assert found.ci_low > 0
    # everybody gets the one that works: twice the value of half, less the costs
    assert found.personal_value == pytest.approx(8 - 0.05 - 0.5 * 0.6 * 5, abs=0.6)
    assert found.single_action == "mail"
    assert found.single_value == pytest.approx(4 - 0.1, abs=0.5)


def test_where_nothing_differs_the_single_action_is_used():
    rng = np.random.default_rng(3)
    found = [
        policies.judge_policy(NAMES, make_trials(rng, 400, same(0.1)), PRICES, 7)
        for _ in range(30)
    ]
    # one in forty by chance
    assert sum(each.is_personal for each in found) <= 3
    assert sum(each.single_action == "mail" for each in found) > 20


def test_where_nothing_pays_nothing_is_done():
    trials = make_trials(np.random.default_rng(4), 3000, same(-0.1))
    found = policies.judge_policy(NAMES, trials, PRICES, 7)
    assert (found.single_action, found.single_value) == ("do_nothing", 0.0)
    assert not found.is_personal


def test_effects_are_shrunk_to_the_mean_as_far_as_they_are_not_found_again():
    rng = np.random.default_rng(5)

    def spread(uplifts, n):
        trials = make_trials(rng, n, uplifts)
        basis = policies.make_basis(NAMES, trials)
        effect = policies.learn_effects(basis, trials, 7)["mail"]
        design = basis.design(trials.features, trials.segments)
        predicted = effect.predict(design, trials.order_amounts)
        # without differences of price the mean is the mean
        own = predicted[trials.actions == "mail"]
        assert own.mean() == pytest.approx(effect.mean, abs=1e-9)
        return predicted.std(), effect

    flat = [spread(same(0.1), 500)[0] for _ in range(20)]
    assert np.median(flat) < 0.02
    told, effect = spread(split(0.4), 10_000)
    assert told == pytest.approx(0.2, abs=0.03)
    assert effect.shrinkage > 0.9
    assert effect.learner in policies.LEARNERS[1:]


def test_known_odds_that_differ_do_not_bias():
    rng = np.random.default_rng(6)
    n = 20_000
    # the more an order is likely without it, the oftener the action was tried
    odds = np.where(rng.random(n) < 0.5, 0.8, 0.2)
    features = np.column_stack([rng.normal(size=n), rng.normal(size=n)])
    is_treated = rng.random(n) < odds
    outcomes = rng.poisson(0.1 + 0.5 * (odds > 0.5) + 0.1 * is_treated).astype(float)
    trials = policies.Trials(
        np.full(n, "mail", dtype=object), np.arange(n), np.full(n, "one"), is_treated,
        ~is_treated, odds, 1 - odds, outcomes, features,
        np.full(n, None, dtype=object), np.full(n, 50.0), np.full(n, 20.0),
    )  # fmt: skip
    naive = outcomes[is_treated].mean() - outcomes[~is_treated].mean()
    assert naive > 0.3
    basis = policies.make_basis(NAMES, trials)
    effect = policies.learn_effects(basis, trials, 7)["mail"]
    assert abs(effect.mean - 0.1) < 3 * effect.mean_error


def test_a_customers_own_outcomes_do_not_choose_for_them():
    trials = make_trials(np.random.default_rng(8), 2000, split(0.4))
    folds = policies.assign_folds(trials.customers, 5, 7)
    # in the same fold in every trial
    assert all(len(set(folds[trials.customers == who])) == 1 for who in range(50))
    assert set(folds) == set(range(5))


def test_unknown_features_count_as_the_mean():
    trials = make_trials(np.random.default_rng(9), 200, same(0.1))
    basis = policies.make_basis(NAMES, trials)
    design = basis.design([[np.nan, np.nan]], np.array([None], dtype=object))
    assert (design == 0).all()
    assert len(basis.terms) == design.shape[1] == 2 + 3 + 2


def test_explored_choices_follow_their_odds():
    margins = np.tile([1.0, 0.5, 0.0], (20_000, 1))
    errors = np.tile([0.5, 0.5, 0.0], (20_000, 1))
    chosen, odds = policies.explore(margins, errors, 1)
    assert odds.sum(axis=1) == pytest.approx(1)
    assert (odds >= policies.LOT_SHARE / 3 - 1e-12).all()
    counted = np.bincount(chosen, minlength=3) / len(chosen)
    assert counted == pytest.approx(odds.mean(axis=0), abs=0.012)
    # the better the likelier, and what is sure to lose is left to the lot
    assert counted[0] > counted[1] > counted[2]
    again = policies.explore(margins, errors, 1)
    assert (again[0] == chosen).all()


def test_what_was_explored_by_odds_adds_to_what_experiments_say():
    rng = np.random.default_rng(10)
    trials = make_trials(rng, 2000, {"mail": split(0.4)["mail"]})
    n = 6000
    margins = np.tile([1.0, 3.0, 0.0], (n, 1))
    given, odds = policies.explore(margins, np.ones((n, 3)), 1)
    features = rng.normal(size=(n, 2))
    uplift = 0.4 * (features[:, 0] > 0) * (given == 0) + 0.3 * (given == 1)
    explored = policies.Trials(
        np.full(n, "mail", dtype=object), np.arange(n), np.full(n, "explored"),
        given == 0, given == 2, odds[:, 0], odds[:, 2],
        rng.poisson(0.2 + uplift).astype(float), features,
        np.full(n, None, dtype=object), np.full(n, 50.0), np.full(n, 20.0),
    )  # fmt: skip
    both = policies.Trials(
        **{
            name: np.concatenate([vars(part)[name] for part in (trials, explored)])
            for name in vars(trials)
        }
    )
    basis = policies.make_basis(NAMES, both)
    alone, added = (
        policies.learn_effects(basis, each, 7)["mail"] for each in (trials, both)
    )
    assert abs(added.mean - 0.2) < 3 * added.mean_error
    # noise of small odds does not drown what the experiment says
    assert added.mean_error < alone.mean_error
