"""Are the experiments read right? A published one, and demo shops with planted uplift.

    python benchmarks/experiments.py --hillstrom shared/data/hillstrom/hillstrom.parquet
    python benchmarks/experiments.py --seeds 20

1. Hillstrom's e-mail experiment: every arm against the control, three metrics, and the
   visits of those who bought women's goods and of the others.
2. As many demo shops as asked for, each of another draw (segmentation_demo_seed): in
   how many cases does the 95 % interval hold the uplift that was planted, over all
   customers and by RFM group? The planted uplift is the mean, over the customers of the
   treatment arm, of the probability of one more order; an experiment can only see what
   is left when some of these orders are guests' or were cancelled, which is counted.

Prints Markdown; a shop takes about half a minute.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import duckdb
import numpy as np
from scipy import stats
from segmentation.experiments import comparisons, design
from shops import build_shop

ARMS = {"Mens E-Mail": "men's", "Womens E-Mail": "women's", "No E-Mail": "none"}
# the fewest models that give the results: rules need no fit
VARIABLES = {
    "segmentation_connector": "demo",
    "segmentation_recipe": "rfm_rules",
    "segmentation_history_snapshots": 1,
    "segmentation_score_resamples": 200,
}
SELECTED = (
    "+fct_experiment_results",
    "+fct_experiment_uplift_curves",
    "+dim_experiments",
    "+demo_campaign_truth",
)
# what a stratum's customers were planted to gain, and what of it came to the warehouse
PLANTED = """
    with

    members as (

        select
            members.experiment_id,
            members.customer_id,
            members.rfm_group,
            truth.campaign_id,
            truth.planted_uplift

        from shop.int_experiment_members__united as members

        inner join shop.int_experiments__listed as experiments
            on members.experiment_id = comparisons.experiment_id

        inner join shop_demo.demo_campaign_truth as truth
            on
                members.customer_id = truth.customer_id
                and comparisons.campaign_id = truth.campaign_id

        where members.arm = 'treatment'

    )

    select experiment_id, 'all' as stratum_id, avg(planted_uplift) as planted
    from members
    group by all

    union all

    select experiment_id, rfm_group, avg(planted_uplift)
    from members
    group by all
"""
# orders that a campaign added have numbers from 900
KEPT = """
    select
        count(*),
        count(*) filter (
            where added.order_day < 1096
            and orders.order_id is not null
            and orders.voided_on > orders.ordered_on + 14
        )

    from shop_demo.demo_order_processes as added

    left join shop.int_orders__priced as orders
        on added.order_id = orders.order_id

    where right(added.order_id, 3) >= '900'
"""
EFFECTS = """
    select
        results.experiment_id,
        results.stratum_type,
        results.estimator,
        results.stratum_id,
        results.effect,
        results.ci_low,
        results.ci_high,
        results.shrunk_effect,
        results.shrunk_ci_low,
        results.shrunk_ci_high

    from shop.fct_experiment_results as results

    where
        results.metric = 'n_orders'
        and results.stratum_type in ('all', 'rfm_group')
        and results.effect is not null
"""


def print_hillstrom(path):
    """Tables of Hillstrom's experiment."""
    rows = duckdb.sql(
        f"select segment, womens, visit, conversion, spend from '{path}'"
    ).fetchnumpy()
    arm = np.array([ARMS[name] for name in rows["segment"]])
    n_observed = [np.sum(arm == name) for name in ARMS.values()]
    p_value = design.check_sample_ratio(n_observed, [1, 1, 1])[1]
    sizes = ", ".join(f"{n:,}" for n in n_observed)
    print(f"Arms of {sizes} customers, sample ratio p = {p_value:.2f}\n")
    print("| e-mail | metric | control | treatment | effect | 95 % interval | p |")
    print("|---|---|---:|---:|---:|---|---:|")

    def print_row(name, metric, label, selected, compare, scale, digits):
        found = compare(
            *(
                rows[metric][(arm == each) & selected].astype(float)
                for each in (name, "none")
            )
        )
        numbers = [
            f"{scale * value:.{digits}f}"
            for value in (
                found.control_mean, found.treatment_mean, found.effect,
                found.ci_low, found.ci_high,
            )
        ]  # fmt: skip
        print(
            f"| {name} | {label} | {' | '.join(numbers[:3])} |"
            f" {numbers[3]} to {numbers[4]} | {found.p_value:.2g} |"
        )

    everybody = np.ones(len(arm), dtype=bool)
    for name in ("men's", "women's"):
        for metric, compare, scale, digits, label in (
            ("visit", comparisons.compare_rates, 100, 3, "visits, %"),
            ("conversion", comparisons.compare_rates, 100, 4, "conversions, %"),
            ("spend", comparisons.compare_means, 1, 4, "spend"),
        ):
            print_row(name, metric, label, everybody, compare, scale, digits)
        for flag, who in ((1, "bought women's goods"), (0, "the others")):
            print_row(
                name, "visit", f"visits, %: {who}", rows["womens"] == flag,
                comparisons.compare_rates, 100, 2,
            )  # fmt: skip
    print()


def read_shop(database):
    """Effects beside what was planted, added and kept orders, curves and statuses."""
    with duckdb.connect(str(database), read_only=True) as connection:

        def fetch(query):
            return connection.execute(query).fetchall()

        planted = {row[:2]: row[2] for row in fetch(PLANTED)}
        effects = [(*row, planted[row[0], row[3]]) for row in fetch(EFFECTS)]
        return (
            effects,
            fetch(KEPT)[0],
            fetch(
                "select experiment_id, qini_coefficient, qini_ci_low"
                " from shop.fct_experiment_uplift_curves where contacted_share = 1"
            ),
            [
                status
                for (status,) in fetch(
                    "select experiment_status from shop.dim_experiments"
                )
            ],
        )


def read_shops(n_seeds):
    """Build and read one shop after another; see read_shop."""
    with tempfile.TemporaryDirectory() as name:
        for seed in range(1, n_seeds + 1):
            database = Path(name) / f"shop_{seed}.duckdb"
            build_shop(
                database, SELECTED, {**VARIABLES, "segmentation_demo_seed": seed}
            )
            yield read_shop(database)
            database.unlink()
            print(f"shop {seed} of {n_seeds}", file=sys.stderr)


def print_coverage(shops):
    """Coverage of planted uplifts over shops that read_shop read."""
    effects, kept, curves, statuses = [], [], [], []
    for found in shops:
        effects += found[0]
        kept.append(found[1])
        curves += found[2]
        statuses += found[3]
    share_kept = np.divide(*np.sum(kept, axis=0)[::-1])
    print(
        f"{len(kept)} shops; {statuses.count('read')} of {len(statuses)} experiments "
        f"read, {statuses.count('srm_failed')} with broken arms. Of the orders that "
        f"campaigns added, {100 * share_kept:.1f} % are counted.\n"
    )
    print(
        "| effect on orders | cases | interval holds what was planted |"
        " holds what is left of it | mean effect less planted | root mean square"
        " error |"
    )
    print("|---|---:|---:|---:|---:|---:|")
    for stratum_type, estimator, first in (
        ("all", "difference", 4),
        ("all", "cuped", 4),
        ("all", "bootstrap", 4),
        ("rfm_group", "difference", 4),
        ("rfm_group", "cuped", 4),
        ("rfm_group", "cuped", 7),
    ):
        rows = np.array(
            [
                [*row[first : first + 3], row[-1]]
                for row in effects
                if row[1:3] == (stratum_type, estimator)
            ]
        )
        effect, low, high, planted = rows.T
        covered = [
            np.mean((low <= factor * planted) & (factor * planted <= high))
            for factor in (1, share_kept)
        ]
        interval = stats.binomtest(round(covered[0] * len(rows)), len(rows))
        bounds = interval.proportion_ci(method="wilson")
        label = f"{stratum_type}, {estimator}" + (", shrunk" if first == 7 else "")
        print(
            f"| {label} | {len(rows)} | {100 * covered[0]:.1f} %"
            f" ({100 * bounds.low:.0f} to {100 * bounds.high:.0f}) |"
            f" {100 * covered[1]:.1f} % | {np.mean(effect - planted):+.4f} |"
            f" {np.sqrt(np.mean((effect - planted) ** 2)):.4f} |"
        )
    print("\n| experiment | mean Qini coefficient | intervals above 0 |")
    print("|---|---:|---:|")
    for experiment in sorted({row[0] for row in curves}):
        own = np.array([row[1:] for row in curves if row[0] == experiment])
        print(
            f"| {experiment} | {own[:, 0].mean():.4f} |"
            f" {np.sum(own[:, 1] > 0)} of {len(own)} |"
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hillstrom", type=Path, help="Parquet file of the data set")
    parser.add_argument("--seeds", type=int, default=0, help="demo shops to build")
    arguments = parser.parse_args()
    if arguments.hillstrom:
        print_hillstrom(arguments.hillstrom)
    if arguments.seeds:
        print_coverage(read_shops(arguments.seeds))


if __name__ == "__main__":
    main()
