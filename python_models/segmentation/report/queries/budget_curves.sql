-- One row per scenario and point of the profit curve.
select
    scenario,
    point_number,
    n_contacted,
    n_reachable,
    contacted_share,
    spend_amount,
    margin_after_cost_amount,
    random_margin_amount,
    as_of_date
from {schema}.fct_budget_curves
order by scenario, point_number
