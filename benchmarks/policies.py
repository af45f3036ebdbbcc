"""Does a choice by customer earn more than the best action for all? It is simulated on
planted uplift, and read off a published experiment.

    python benchmarks/policies.py --customers 20000
    python benchmarks/policies.py --customers 100000 --relearn 4
    python benchmarks/policies.py --hillstrom shared/data/hillstrom/hillstrom.parquet

1. The features of a demo shop are built; the library itself is then simulated on its
   customers for 26 weeks, not the whole build: each of four actions is tried once on
   everybody, half and half, as the demo's campaigns do, and from then on one action a
   week goes to each customer. What an action adds is what is planted for the persona,
   nothing for who has dropped out; orders are Poisson, and features and prices stay as
   they are. Regret is the planted margin that is missed beside somebody who knows what
   was planted.
2. Hillstrom's experiment: the value of choosing between the men's and the women's
   e-mail, and none, beside the men's for all, for visits and for spend.

Prints Markdown.
"""

import argparse
import csv
import tempfile
from pathlib import Path

import duckdb
import numpy as np
from segmentation.experiments import policies
from shops import ROOT, build_shop

ACTIONS = ("early_access", "flash_sale", "recommendations", "win_back_1")
NAMES = (
    "recency_days", "n_orders", "average_order_amount", "discount_share", "n_orders_90d"
)  # fmt: skip
SELECTED = ("+fct_customer_features", "+demo_truth", "+demo_campaign_uplifts")
WEEKS = 26
WINDOW_WEEKS = 2
EXPLORED_SHARE = 0.1
# what the project expects of a shop that tells no costs
MARGIN_RATE = 0.4
SEED = 20240101
TRUTH = """
    select
        customer_id,
        uplifts.action_id,
        ln(1 + recency_days),
        ln(1 + n_orders),
        ln(1 + average_order_amount),
        discount_share,
        ln(1 + n_orders_90d),
        -- what the shop knows of an order's value: two of the shop's mean count as much
        (n_orders * average_order_amount + 2 * avg(average_order_amount) over ())
        / (n_orders + 2),
        truth.mean_basket_amount
        * (1 - truth.discount_probability * personas.discount_depth),
        case when is_alive then 14 * orders_per_day else 0 end,
        case when is_alive then campaign_uplift else 0 end

    from shop.fct_customer_features

    inner join shop_demo.demo_truth as truth using (customer_id)

    inner join shop_demo.demo_personas as personas using (persona)

    inner join shop_demo.demo_campaign_uplifts as uplifts using (persona)

    where n_orders > 0

    order by customer_id, action_id
"""


def read_shop(database):
    """Customers of a demo shop: ids, features, expected order, and what is planted."""
    with duckdb.connect(str(database), read_only=True) as connection:
        rows = connection.execute(TRUTH).fetchnumpy()
    columns = [
        np.ma.filled(np.ma.asarray(values, dtype=object), np.nan)
        for values in rows.values()
    ]
    by_customer = [values.reshape(-1, len(ACTIONS)) for values in columns]
    assert (by_customer[1] == np.array(ACTIONS)).all()
    numbers = [values.astype(float) for values in by_customer[2:]]
    return {
        "customer": by_customer[0][:, 0],
        "features": np.column_stack([values[:, 0] for values in numbers[:5]]),
        "order_amount": numbers[5][:, 0],
        "basket": numbers[6][:, 0],
        "base": numbers[7][:, 0],
        "uplift": numbers[8],
    }


def read_prices():
    """Price of each of ACTIONS, as the seeds have it."""

    def rows(name):
        with (ROOT / "seeds" / f"segmentation_{name}.csv").open(newline="") as file:
            return list(csv.DictReader(file))

    contacts = {row["channel"]: row["contact_cost_amount"] for row in rows("channels")}
    return {
        row["action_id"]: policies.Price(
            float(row["offer_rate"]),
            float(row["offer_amount"]),
            float(contacts[row["channel"]]),
        )
        for row in rows("actions")
        if row["action_id"] in ACTIONS
    }


class Shop:
    """A shop whose customers' true responses are known to the simulation only."""

    def __init__(self, found, prices, rng):
        self.found, self.prices, self.rng = found, prices, rng
        self.n_customers = len(found["customer"])
        self.margins = found["order_amount"] * MARGIN_RATE
        columns = []
        for k, action in enumerate(ACTIONS):
            price = prices[action]
            offer = price.offer_rate * found["basket"] + price.offer_amount
            uplift = found["uplift"][:, k]
            columns.append(
                uplift * found["basket"] * MARGIN_RATE
                - (found["base"] + uplift) * offer
                - price.contact_cost_amount
            )
        # doing nothing last
        self.planted = np.column_stack([*columns, np.zeros(self.n_customers)])

    def draw_orders(self, who, column):
        """Orders of customers given the action of a column."""
        uplift = np.column_stack([self.found["uplift"], np.zeros(self.n_customers)])
        return self.rng.poisson(self.found["base"][who]) + (
            self.rng.random(len(who)) < uplift[who, column]
        )

    def make_trials(self, source, action, who, given, odds, outcomes):
        """Decisions about an action as the library reads them.

        `given`: of an action or nothing, as columns of what was given.
        """
        k = ACTIONS.index(action)
        return policies.Trials(
            actions=np.full(len(who), action, dtype=object),
            customers=who,
            sources=np.full(len(who), source, dtype=object),
            is_treated=given == k,
            is_control=given == len(ACTIONS),
            odds_treated=odds[:, k],
            odds_control=odds[:, -1],
            outcomes=outcomes.astype(float),
            features=self.found["features"][who],
            segments=np.full(len(who), None, dtype=object),
            order_amounts=self.found["order_amount"][who],
            order_margins=self.margins[who],
        )

    def run_experiments(self):
        """Each action once on everybody, half and half."""
        everybody = np.arange(self.n_customers)
        halves = np.full((self.n_customers, len(ACTIONS) + 1), 0.5)
        found = []
        for k, action in enumerate(ACTIONS):
            is_treated = self.rng.random(self.n_customers) < 0.5
            given = np.where(is_treated, k, len(ACTIONS))
            outcomes = self.draw_orders(everybody, given)
            found.append(
                self.make_trials(action, action, everybody, given, halves, outcomes)
            )
        return found

    def run_week(self, who, given, odds):
        """What exploring teaches of each action."""
        outcomes = self.draw_orders(who, given)
        return [
            self.make_trials("explored", action, who, given, odds, outcomes)
            for action in ACTIONS
        ]


def join(parts):
    """Trials, one after the other."""
    return policies.Trials(
        **{
            name: np.concatenate([vars(part)[name] for part in parts])
            for name in vars(parts[0])
        }
    )


def learn(shop, parts):
    """Verdict, margins of every customer by the personal effects, and their errors."""
    trials = join(parts)
    verdict = policies.judge_policy(NAMES, trials, shop.prices, SEED)
    basis = policies.make_basis(NAMES, trials)
    effects = policies.learn_effects(basis, trials, SEED)
    nobody = np.full(shop.n_customers, None, dtype=object)
    design = basis.design(shop.found["features"], nobody)
    amounts = shop.found["order_amount"]
    margins = policies.price_effects(
        effects, shop.prices, design, amounts, shop.margins
    )
    errors = [
        effects[action].errors(amounts)
        * np.abs(
            shop.margins
            - shop.prices[action].offer_rate * amounts
            - shop.prices[action].offer_amount
        )
        for action in ACTIONS
    ]
    nothing = np.zeros(shop.n_customers)
    return (
        verdict,
        np.column_stack([margins, nothing]),
        np.column_stack([*errors, nothing]),
    )


def simulate(database, relearn):
    """Planted margin by policy and week, shape {policy: (26,)}, and the verdicts."""
    rng = np.random.default_rng(SEED)
    shop = Shop(read_shop(database), read_prices(), rng)
    planted = shop.planted
    everybody = np.arange(shop.n_customers)
    column = {action: k for k, action in enumerate((*ACTIONS, policies.DO_NOTHING))}
    parts = shop.run_experiments()
    verdict, margins, errors = learn(shop, parts)
    first_single = column[verdict.single_action]
    personal_at_once = margins.argmax(axis=1)
    weeks = {
        name: np.zeros(WEEKS)
        for name in (
            "oracle", "product", "product, nobody explores", "personal at once",
            "best single action", "single action of the experiments", "random",
        )
    }  # fmt: skip
    active = personal_at_once if verdict.is_personal else first_single
    weeks["oracle"][:] = planted.max(axis=1).mean()
    weeks["best single action"][:] = planted.mean(axis=0).max()
    weeks["single action of the experiments"][:] = planted[:, first_single].mean()
    weeks["personal at once"][:] = planted[everybody, personal_at_once].mean()
    weeks["product, nobody explores"][:] = planted[everybody, active].mean()
    weeks["random"][:] = planted[:, : len(ACTIONS)].mean()
    waiting, verdicts = [], [(0, verdict)]
    for week in range(WEEKS):
        if week >= WINDOW_WEEKS:
            parts += waiting[week - WINDOW_WEEKS]
            if (week - WINDOW_WEEKS) % relearn == 0:
                verdict, margins, errors = learn(shop, parts)
                verdicts.append((week, verdict))
        chosen = (
            margins.argmax(axis=1)
            if verdict.is_personal
            else np.full(shop.n_customers, column[verdict.single_action])
        )
        is_explored = rng.random(shop.n_customers) < EXPLORED_SHARE
        who = np.flatnonzero(is_explored)
        explored, odds = policies.explore(margins[who], errors[who], SEED + week)
        waiting.append(shop.run_week(who, explored, odds))
        chosen[who] = explored
        weeks["product"][week] = planted[everybody, chosen].mean()
    return shop.n_customers, weeks, verdicts


def print_simulation(n_customers, relearn, database):
    """Tables of one shop."""
    with tempfile.TemporaryDirectory() as name:
        if database is None:
            database = Path(name) / "demo.duckdb"
            build_shop(
                database, SELECTED,
                {
                    "segmentation_demo_customers": n_customers,
                    "segmentation_history_snapshots": 1,
                    "segmentation_recipe": "rfm_rules",
                },
            )  # fmt: skip
        n_buyers, weeks, verdicts = simulate(database, relearn)
    regret = {name: np.cumsum(weeks["oracle"] - own) for name, own in weeks.items()}
    print(
        f"{n_customers:,} customers, {n_buyers:,} of them with an order;"
        f" {100 * EXPLORED_SHARE:.0f} % explored, learned anew every"
        f" {relearn} weeks.\n"
    )
    print(
        "| policy | planted margin of 100 customers a week | of the best possible |"
        " regret of 100 customers after 1 | 13 | 26 weeks |"
    )
    print("|---|---:|---:|---:|---:|---:|")
    for name, own in weeks.items():
        missed = " | ".join(f"{100 * regret[name][week]:,.0f}" for week in (0, 12, 25))
        print(
            f"| {name} | {100 * own.mean():.1f} |"
            f" {100 * own.sum() / weeks['oracle'].sum():.0f} % | {missed} |"
        )
    print("\n| week | personal less single, of 100 | 95 % interval | published |")
    print("|---:|---:|---|---|")
    for week, verdict in verdicts:
        print(
            f"| {week} | {100 * verdict.difference:.1f} |"
            f" {100 * verdict.ci_low:.1f} to {100 * verdict.ci_high:.1f} |"
            f" {'personal' if verdict.is_personal else verdict.single_action} |"
        )
    print()


def print_hillstrom(path):
    """Values of a choice between two e-mails and none, beside one of them for all."""
    rows = duckdb.sql(f"select * from '{path}'").fetchnumpy()
    names = (
        "recency", "history", "mens", "womens", "newbie", "urban", "suburban", "web",
        "phone",
    )  # fmt: skip
    features = np.column_stack(
        [
            np.log1p(rows["recency"].astype(float)), np.log1p(rows["history"]),
            rows["mens"], rows["womens"], rows["newbie"],
            rows["zip_code"] == "Urban", rows["zip_code"] == "Surburban",
            rows["channel"] == "Web", rows["channel"] == "Phone",
        ]
    ).astype(float)  # fmt: skip
    print(
        "| of 100 customers | men's for all | personal choice | difference |"
        " 95 % interval | published |"
    )
    print("|---|---:|---:|---:|---|---|")
    for metric in ("visit", "spend"):
        parts = []
        for arm in ("Mens E-Mail", "Womens E-Mail"):
            at = np.flatnonzero(np.isin(rows["segment"], (arm, "No E-Mail")))
            parts.append(
                policies.Trials(
                    actions=np.full(len(at), arm, dtype=object),
                    customers=at,
                    sources=np.full(len(at), "e-mail", dtype=object),
                    is_treated=rows["segment"][at] == arm,
                    is_control=rows["segment"][at] != arm,
                    odds_treated=np.full(len(at), 0.5),
                    odds_control=np.full(len(at), 0.5),
                    outcomes=rows[metric][at].astype(float),
                    features=features[at],
                    segments=np.full(len(at), None, dtype=object),
                    order_amounts=np.ones(len(at)),
                    order_margins=np.ones(len(at)),
                )
            )
        prices = {arm: policies.Price() for arm in ("Mens E-Mail", "Womens E-Mail")}
        found = policies.judge_policy(names, join(parts), prices, SEED)
        assert found.single_action == "Mens E-Mail"
        label = {"visit": "more visits than without", "spend": "more spend"}[metric]
        print(
            f"| {label} | {100 * found.single_value:.2f} |"
            f" {100 * found.personal_value:.2f} | {100 * found.difference:+.2f} |"
            f" {100 * found.ci_low:+.2f} to {100 * found.ci_high:+.2f} |"
            f" {'personal' if found.is_personal else 'men’s for all'} |"
        )
    print()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--customers", type=int, default=0, help="of the demo shop")
    parser.add_argument("--relearn", type=int, default=1, help="weeks")
    parser.add_argument("--database", type=Path, help="a demo shop built before")
    parser.add_argument("--hillstrom", type=Path, help="Parquet file of the data set")
    arguments = parser.parse_args()
    if arguments.hillstrom:
        print_hillstrom(arguments.hillstrom)
    if arguments.customers:
        print_simulation(arguments.customers, arguments.relearn, arguments.database)


if __name__ == "__main__":
    main()
