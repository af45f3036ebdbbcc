"""Simulate how often the intervals of score measures hold the truth.

    python benchmarks/intervals.py
    python benchmarks/intervals.py --samples 1000 --customers 300 1000 3000

Shops are made up in which who buys, and for how much, is partly known. Somewhat more
than half of the customers spend nothing, the others a log-normal amount; --spread is
its standard deviation on the log scale. The truth is that of eight million customers,
and the interval of a sample, by segmentation.evaluation, holds it or does not.
Prints Markdown: the share of samples whose interval does, nominally .95.
"""

import argparse

import numpy as np
from segmentation.statistics import evaluation

N_TRUTH, TRUTH_CHUNK = 8_000_000, 400_000
N_DRAWS = 500


def make_shop(rng, n_customers, spread):
    """Amounts and purchases, and predictions of them: four ndarrays of shape (n,)."""
    quality = rng.normal(size=n_customers)
    buys = rng.random(n_customers) < 1.0 / (1.0 + np.exp(0.3 - quality))
    amount = np.exp(4.0 + 0.5 * quality + spread * rng.normal(size=n_customers))
    known = quality + 0.7 * rng.normal(size=n_customers)
    return (
        np.where(buys, amount, 0.0),
        np.exp(3.3 + 0.6 * known + spread**2 / 4.0),
        buys.astype(float),
        1.0 / (1.0 + np.exp(0.3 - 0.9 * known)),
    )


def measure(shop, n_draws, seed):
    """All measures of a shop, {name: evaluation.Measured}."""
    outcome, expected, bought, probability = shop
    return {
        **evaluation.value_measures(outcome, expected, n_draws, seed),
        **{
            f"{name} of purchases": found
            for name, found in evaluation.binary_measures(
                bought, probability, 0.5, n_draws, seed
            ).items()
        },
    }


def find_truth(spread):
    """Each measure's mean over chunks of many customers."""
    rng = np.random.default_rng(99)
    chunks = [
        measure(make_shop(rng, TRUTH_CHUNK, spread), 0, 0)
        for _ in range(N_TRUTH // TRUTH_CHUNK)
    ]
    return {
        name: np.mean([chunk[name].value for chunk in chunks]) for name in chunks[0]
    }


def find_coverage(n_customers, spread, truth, n_samples, seed):
    """Share of samples whose interval holds the truth, by measure that has one."""
    rng = np.random.default_rng(seed)
    hits = {}
    for sample in range(n_samples):
        found = measure(make_shop(rng, n_customers, spread), N_DRAWS, sample)
        for name, figure in found.items():
            if not np.isnan(figure.low):
                held = figure.low <= truth[name] <= figure.high
                hits.setdefault(name, []).append(held)
    return {name: np.mean(held) for name, held in hits.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--samples", type=int, default=300)
    parser.add_argument("--customers", type=int, nargs="+", default=[300, 1000])
    parser.add_argument("--spread", type=float, nargs="+", default=[1.0, 1.5, 2.0])
    parser.add_argument("--seed", type=int, default=77)
    arguments = parser.parse_args()
    columns = {}
    for spread in arguments.spread:
        truth = find_truth(spread)
        for n_customers in arguments.customers:
            columns[n_customers, spread] = find_coverage(
                n_customers, spread, truth, arguments.samples, arguments.seed
            )
    keys = sorted(columns)
    print("| measure |" + "".join(f" {n:,}, {s:g} |" for n, s in keys))
    print("|---|" + "---:|" * len(keys))
    for name in next(iter(columns.values())):
        shares = (f"{columns[key].get(name, np.nan):.3f}" for key in keys)
        print(f"| {name} |" + "".join(f" {s.removeprefix('0')} |" for s in shares))


if __name__ == "__main__":
    main()
