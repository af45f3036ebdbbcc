"""The gate: each criterion can fail, says so in words, and is left out if unknown."""

import hdbscan
import numpy as np
import pytest
from segmentation.segments import gate
from segmentation.statistics import validity

GOOD = {
    "stability_mean": 0.9,
    "stability_p5": 0.8,
    "smallest_share": 0.1,
    "triviality_ari": 0.3,
    "triviality_binning": "n_orders up to 6",
    "silhouette": 0.30,
    "champion_silhouette": 0.31,
    "kept_share": 0.95,
}


def test_a_good_fit_passes():
    findings = gate.judge(GOOD)
    assert len(findings) == 6
    assert gate.failure(findings) is None
    assert {finding.words for finding in findings} == {"passed"}


@pytest.mark.parametrize(
    ("spoilt", "criterion", "words"),
    [
        ({"stability_mean": 0.8499}, "stability_mean", "is under 0.85: refits"),
        ({"stability_p5": 0.6999}, "stability_p5", "is under 0.7: one refit"),
        ({"smallest_share": 0.004}, "smallest_share", "handful of outliers"),
        ({"triviality_ari": 0.9}, "triviality_ari", "nothing but n_orders up to 6"),
        ({"champion_silhouette": 0.34}, "silhouette_loss", "tells these customers"),
        ({"kept_share": 0.49}, "kept_share", "would change their segment"),
    ],
)
def test_each_criterion_can_fail_and_says_why(spoilt, criterion, words):
    findings = gate.judge(GOOD | spoilt)
    failed = [finding for finding in findings if not finding.has_passed]
    assert [finding.criterion for finding in failed] == [criterion]
    assert words in gate.failure(findings)


@pytest.mark.parametrize(
    "at_the_bar",
    [{"stability_mean": 0.85}, {"stability_p5": 0.70}, {"kept_share": 0.50}],
)
def test_the_bar_itself_passes(at_the_bar):
    assert gate.failure(gate.judge(GOOD | at_the_bar)) is None


def test_a_partition_asked_for_is_published_with_the_words_of_what_it_missed():
    spoilt = GOOD | {"stability_mean": 0.8, "stability_p5": 0.6}
    findings = gate.judge(spoilt, must_be_stable=False)
    assert gate.failure(findings) is None
    missed = {f.criterion: f.words for f in findings if not f.has_passed}
    assert missed.keys() == {"stability_mean", "stability_p5"}
    assert "0.800 is under 0.85" in missed["stability_mean"]
    assert "published all the same" in missed["stability_mean"]
    # nothing else is let through
    trivial = gate.judge(GOOD | {"triviality_ari": 0.95}, must_be_stable=False)
    assert "nothing but n_orders up to 6" in gate.failure(trivial)


def test_what_is_not_known_is_not_judged():
    findings = gate.judge({"stability_mean": np.nan, "smallest_share": 0.2})
    assert [finding.criterion for finding in findings] == ["smallest_share"]


def test_the_plain_density_recipe_on_counts_is_rejected_as_trivial():
    # many customers with one, two, three orders: each count is an infinitely dense tie
    rng = np.random.default_rng(1)
    n_orders = np.minimum(rng.geometric(0.45, 4000), 6).astype(float)
    recency = rng.gamma(2.0, 40.0, 4000)
    spend = n_orders * rng.lognormal(3.0, 0.6, 4000)
    values = np.column_stack([n_orders, recency, spend])
    logged = np.log1p(values)
    scaled = (logged - logged.mean(axis=0)) / logged.std(axis=0)
    labels = hdbscan.HDBSCAN(min_cluster_size=100, min_samples=1).fit(scaled).labels_
    binnings = validity.simple_binnings(values, ("n_orders", "recency", "spend"))
    name, index, _ = validity.triviality(labels, binnings)
    reason = gate.failure(
        gate.judge({"triviality_ari": index, "triviality_binning": name})
    )
    assert reason.endswith("the segments are nothing but n_orders up to 6")


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ((0.10, False, False), "groups"),
        ((0.0999, False, False), "partition"),
        ((np.nan, False, False), "partition"),
        ((0.5, True, False), "partition"),
        ((0.0, True, True), "density clusters"),
    ],
)
def test_segments_are_called_what_the_figures_bear(arguments, name):
    assert gate.structure(*arguments) == name
