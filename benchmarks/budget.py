"""Is the budget spent best? The published allocation beside an integer programme.

    python benchmarks/budget.py --database segmentation.duckdb

For each budget of the scenario `expected` the same options are given to HiGHS: one
action a customer at the most, costs within the budget, the most margin after cost.
Prints Markdown; takes seconds.
"""

import argparse

import duckdb
import numpy as np
from scipy import optimize, sparse


def solve(customers, costs, margins, budget):
    """The most margin that a budget can bring, one option a customer at the most.

    Parameters
    ----------
    customers : ndarray of int, shape (n_options,)
        Number of each option's customer, from 0.
    costs, margins : ndarray of float, shape (n_options,)
        Money.
    budget : float
        Money.

    Returns
    -------
    float
        Margin after cost of the optimum, to a relative gap of 1e-6.

    Raises
    ------
    RuntimeError
        If the solver finds none.
    """
    n_options = len(customers)
    one_each = sparse.csr_array((np.ones(n_options), (customers, np.arange(n_options))))
    found = optimize.milp(
        -margins,
        integrality=np.ones(n_options),
        bounds=optimize.Bounds(0, 1),
        constraints=[
            optimize.LinearConstraint(one_each, ub=1),
            optimize.LinearConstraint(costs[None, :], ub=budget),
        ],
        options={"mip_rel_gap": 1e-6},
    )
    if not found.success:
        raise RuntimeError(f"No allocation of {budget:,.2f} was found: {found.message}")
    return -found.fun


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--database", default="segmentation.duckdb")
    with duckdb.connect(parser.parse_args().database, read_only=True) as connection:
        options = connection.execute(
            "select customer_id, spend_amount, margin_after_cost_amount"
            " from shop.int_budget_options__priced where scenario = 'expected'"
            " and margin_after_cost_amount > 0 order by all"
        ).fetchnumpy()
        budgets = connection.execute(
            "select budget, max(budget_amount), sum(n_customers), sum(spend_amount),"
            " sum(margin_after_cost_amount), max(marginal_return)"
            " from shop.fct_budget_allocations where scenario = 'expected'"
            " group by budget order by 2"
        ).fetchall()
    customers = np.unique(options["customer_id"], return_inverse=True)[1]
    costs = options["spend_amount"].astype(float)
    margins = options["margin_after_cost_amount"].astype(float)
    print(
        "| budget | amount | customers | spent | margin after cost | of the optimum |"
        " the next unit brings |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|")
    for name, amount, n_customers, spent, margin, marginal in budgets:
        best = solve(customers, costs, margins, float(amount))
        print(
            f"| {name} | {amount:,.2f} | {n_customers:,} | {spent:,.2f} |"
            f" {margin:,.2f} | {100 * float(margin) / best:.3f} % | {marginal:.2f} |"
        )


if __name__ == "__main__":
    main()
