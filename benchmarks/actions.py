"""Does ranking actions earn more than treating all alike? On planted uplift.

    python benchmarks/actions.py --seeds 5

Each shop is another draw of the demo. Four actions were tried on its customers in
randomised campaigns, and what each does to whom was planted. The playbook is reduced to
these four, proposed to everybody at any time, so that the pipeline of the project
itself (eligibility, measured uplift, price, rank) chooses among them and doing nothing;
its choice is then priced with the planted uplift, order value, order rate and dropping
out, beside

- the same action for all: each of the four, and the one that the experiments call best;
- random: one of the four by lot;
- best possible: the choice of somebody who knows what was planted.

The same customers count for all: those whom the pipeline may contact. Prints Markdown;
a shop takes about a minute and a half.
"""

import argparse
import csv
import shutil
import sys
import tempfile
from pathlib import Path

import duckdb
import numpy as np
from shops import ROOT, build_shop

PLANTED = ("flash_sale", "early_access", "recommendations", "win_back_1")
SELECTED = (
    "+int_customer_actions__ranked",
    "+dim_actions",
    "+demo_truth",
    "+demo_campaign_uplifts",
)
# margin after cost of each customer and action as planted, and as the project expects
TRUTH = """
    with

    last_snapshot as (

        select max(as_of_date) as as_of_date from shop.int_snapshots__scheduled

    ),

    planted as (

        select
            truth.customer_id,
            uplifts.action_id,
            case when truth.is_alive then uplifts.campaign_uplift else 0 end as uplift,
            -- Poisson orders of the living, in the fortnight after the contact
            case when truth.is_alive then 1 - exp(-14 * truth.orders_per_day) else 0 end
                as p_order,
            truth.mean_basket_amount
            * (1 - truth.discount_probability * personas.discount_depth) as basket

        from shop_demo.demo_truth as truth

        inner join shop_demo.demo_campaign_uplifts as uplifts
            on truth.persona = uplifts.persona

        inner join shop_demo.demo_personas as personas
            on truth.persona = personas.persona

    )

    select
        priced.customer_id,
        priced.action_id,
        priced.expected_margin_amount,
        planted.uplift * planted.basket * valued.margin_rate
        - (planted.p_order + planted.uplift)
        * (actions.offer_rate * planted.basket + actions.offer_amount)
        - actions.contact_cost_amount as planted_margin,
        coalesce(ranked.action_id, 'do_nothing') = priced.action_id as is_chosen

    from shop.int_customer_actions__priced as priced

    inner join last_snapshot on priced.as_of_date = last_snapshot.as_of_date

    inner join shop.int_customer_snapshots__valued as valued
        on
            priced.customer_id = valued.customer_id
            and priced.as_of_date = valued.as_of_date

    inner join shop.dim_actions as actions on priced.action_id = actions.action_id

    inner join planted
        on
            priced.customer_id = planted.customer_id
            and priced.action_id = planted.action_id

    left join shop.int_customer_actions__ranked as ranked
        on
            priced.customer_id = ranked.customer_id
            and priced.as_of_date = ranked.as_of_date
            and ranked.action_rank = 1

    order by priced.customer_id, priced.action_id
"""


def reduce_playbook(project):
    """Leave the four planted actions and doing nothing in the seeds of a copy."""

    def rewrite(name, change):
        path = project / "seeds" / f"segmentation_{name}.csv"
        with path.open(newline="") as file:
            reader = csv.DictReader(file)
            rows = list(change(list(reader)))
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, reader.fieldnames, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)

    def keep_actions(rows):
        for row in rows:
            if row["action_id"] in PLANTED:
                yield {**row, "valid_days": "", "repeat_after_days": ""}
            elif row["action_id"] == "do_nothing":
                yield row

    with (project / "seeds" / "segmentation_personas.csv").open(newline="") as file:
        roles = sorted({row["lifecycle_role"] for row in csv.DictReader(file)})

    def propose_to_all(_):
        for role in roles:
            for action in PLANTED:
                yield {
                    "play_id": f"{role}|{action}", "action_id": action,
                    "lifecycle_role": role, "segment_id": "", "trigger_id": "",
                    "assumed_uplift": 0.02,
                    "assumed_uplift_low": 0, "assumed_uplift_high": 0.04,
                }  # fmt: skip

    rewrite("actions", keep_actions)
    rewrite("playbook", propose_to_all)


def judge(database):
    """Planted margin per contactable customer of each policy; shape {policy: float}."""
    with duckdb.connect(str(database), read_only=True) as connection:
        rows = connection.execute(TRUTH).fetchnumpy()
        best_of_all = connection.execute(
            "select action_id from shop.int_customer_actions__priced group by action_id"
            " order by sum(expected_margin_amount) desc limit 1"
        ).fetchone()[0]
    customers, index = np.unique(rows["customer_id"], return_inverse=True)
    actions = np.array(PLANTED)
    planted = np.full((len(customers), len(actions)), np.nan)
    chosen = np.zeros(planted.shape, dtype=bool)
    column = {action: number for number, action in enumerate(PLANTED)}
    place = index, np.array([column[action] for action in rows["action_id"]])
    planted[place] = rows["planted_margin"]
    chosen[place] = rows["is_chosen"]
    # all four go by mail, so that whoever may get one may get all, unless a discount
    # is refused for return abuse: then it brings nothing
    planted = np.where(np.isnan(planted), 0.0, planted)
    policies = {"best possible": np.maximum(planted.max(axis=1), 0).mean()}
    policies["ranked actions"] = np.where(chosen, planted, 0).sum(axis=1).mean()
    policies["best one for all, by the experiments"] = planted[
        :, column[best_of_all]
    ].mean()
    for action in PLANTED:
        policies[f"{action} for all"] = planted[:, column[action]].mean()
    policies["random"] = planted.mean()
    policies["do nothing"] = 0.0
    return policies, len(customers), chosen.any(axis=1).mean()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=5, help="shops to draw")
    n_seeds = parser.parse_args().seeds
    found = []
    with tempfile.TemporaryDirectory() as name:
        project = Path(name) / "project"
        shutil.copytree(
            ROOT, project,
            ignore=shutil.ignore_patterns(
                ".git", ".venv", "target", "logs", "*.duckdb"
            ),
        )  # fmt: skip
        reduce_playbook(project)
        for seed in range(1, n_seeds + 1):
            database = Path(name) / f"shop_{seed}.duckdb"
            build_shop(database, SELECTED, {"segmentation_demo_seed": seed}, project)
            found.append(judge(database))
            database.unlink()
            print(f"shop {seed} of {n_seeds}", file=sys.stderr)
    print(
        f"{n_seeds} shops, {np.mean([n for _, n, _ in found]):.0f} customers who may be"
        f" contacted in each; {100 * np.mean([s for _, _, s in found]):.0f} % of them"
        " are recommended an action.\n"
    )
    print("| policy | planted margin of 100 customers | of the best possible | range |")
    print("|---|---:|---:|---|")
    best = np.array([policies["best possible"] for policies, _, _ in found])
    for policy in found[0][0]:
        margins = np.array([policies[policy] for policies, _, _ in found])
        print(
            f"| {policy} | {100 * margins.mean():.1f} |"
            f" {100 * margins.sum() / best.sum():.0f} % |"
            f" {100 * margins.min():.1f} to {100 * margins.max():.1f} |"
        )


if __name__ == "__main__":
    main()
