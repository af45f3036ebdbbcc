"""The curve that sets amounts right by tenths: what it finds, and what it must not."""

import datetime
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from segmentation.scores import candidates, curves, fits, training


def amounts(n=4000, seed=1):
    """What is said of customers, from nearly nothing to much."""
    return np.random.default_rng(seed).lognormal(3.0, 1.2, n)


def days_that_differ(truth, n=1500, n_days=4, seed=1):
    """Judged days on which a model said x, and by the truth another mean was meant."""
    rng = np.random.default_rng(seed)
    customers = np.arange(n)
    judged = []
    for i in range(n_days):
        said = rng.lognormal(3.0, 1.2, n)
        came = truth(said) * rng.gamma(2.0, 0.5, n)
        day = datetime.date(2024, 1, 1) - datetime.timedelta(days=90 * i)
        slices = training.Slices(
            {"net_amount_90d": said},
            came,
            np.full(n, day),
            customers % training.N_FOLDS,
            customers,
        )
        judged.append(
            SimpleNamespace(origin=SimpleNamespace(day=day), train=slices, test=slices)
        )
    # what was said, by the simplest model there is
    model = fits.Calibrated(candidates.CarryForward("net_amount_90d"))
    return judged, [model] * n_days


def best_tenth(predicted, outcome, ranked_by):
    """What was said of the best tenth over what came of it, less 1."""
    best = np.argsort(ranked_by)[-len(ranked_by) // 10 :]
    return predicted[best].mean() / outcome[best].mean() - 1


def too_steep(said):
    """The best customers bring less than was said, those in the middle more."""
    return 8.0 * said**0.6


def test_amounts_that_are_too_steep_are_set_right_on_days_not_learned_from():
    judged, models = days_that_differ(too_steep)
    curve, gain, said = curves.choose_curve(judged, models, 200, 1)
    assert gain.low > 0
    for own, model, set_right in zip(judged, models, said, strict=True):
        plain = model.predict(own.test.table)
        level = own.test.outcome.mean() / plain.mean()
        before = best_tenth(plain * level, own.test.outcome, plain)
        level = own.test.outcome.mean() / set_right.mean()
        after = best_tenth(set_right * level, own.test.outcome, plain)
        assert before > 0.2
        assert abs(after) < before / 2
    final = curves.curved(models[0], curve, judged[0].train)
    predicted = final.predict(judged[0].train.table)
    # sums are what they were, and so is the order of customers
    plain = models[0].predict(judged[0].train.table)
    assert predicted.sum() == pytest.approx(plain.sum())
    order = np.argsort(plain)
    assert (np.diff(predicted[order]) >= 0).all()


def test_amounts_that_are_right_are_seldom_bent():
    n_bent = 0
    for seed in range(20):
        judged, models = days_that_differ(lambda said: said, n=400, seed=seed)
        n_bent += curves.choose_curve(judged, models, 100, 1) is not None
    assert n_bent <= 1


def test_one_day_bends_nothing():
    judged, models = days_that_differ(too_steep, n_days=1)
    assert curves.choose_curve(judged, models, 100, 1) is None


def test_what_helped_on_one_day_and_hurt_on_another_is_not_used():
    steep, models = days_that_differ(too_steep, n_days=2)
    flat, _ = days_that_differ(lambda said: said**1.4 / 8.0, n_days=2, seed=2)
    assert curves.choose_curve(steep + flat, models * 2, 100, 1) is None


def test_nobody_is_judged_by_a_curve_that_their_own_outcome_bent():
    judged, models = days_that_differ(too_steep)
    _, _, said = curves.choose_curve(judged, models, 100, 1)
    # another outcome of the first fold, on all days: what is said of it stays
    for own in judged:
        own.test.outcome[own.test.folds == 0] *= 3.0
    _, _, again = curves.choose_curve(judged, models, 100, 1)
    for own, before, after in zip(judged, said, again, strict=True):
        first = own.test.folds == 0
        np.testing.assert_array_equal(before[first], after[first])
        assert (before[~first] != after[~first]).any()


@given(st.integers(0, 50), st.integers(20, 300), st.floats(0.0, 0.9))
def test_a_curve_rises_through_the_origin(seed, n, share_of_nothing):
    rng = np.random.default_rng(seed)
    said = rng.lognormal(2.0, 1.5, n).round(1) + 0.1
    came = np.where(rng.uniform(size=n) < share_of_nothing, 0.0, rng.gamma(0.5, 50, n))
    curve = curves.fit_curve([(said, came)])
    if curve is None:
        return
    assert (np.diff(curve.knots) >= 0).all() and curve.knots[0] > 0
    assert (curve.slopes > 0).all()
    line = curve.apply(np.array([0.0, *np.sort(said)]))
    assert line[0] == 0.0
    assert (np.diff(line) >= 0).all()


@pytest.mark.parametrize(
    ("said", "came"),
    [
        (np.full(100, 5.0), np.arange(100.0)),
        (np.zeros(100), np.arange(100.0)),
        (np.arange(100.0), np.zeros(100)),
        (np.arange(5.0), np.arange(5.0)),
    ],
)
def test_what_cannot_be_cut_has_no_curve(said, came):
    assert curves.fit_curve([(said, came)]) is None


def test_a_curve_is_read_back_with_its_model():
    curve = curves.fit_curve([(amounts(), too_steep(amounts()))])
    model = fits.Calibrated(
        candidates.CarryForward("net_amount_90d"), scale=1.5, curve=curve
    )
    table = {"net_amount_90d": np.concatenate([[0.0, 1e7], amounts(seed=2)])}
    back = fits.read_calibrated(model.rows())
    assert back.predict(table).tobytes() == model.predict(table).tobytes()
