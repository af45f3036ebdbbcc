-- Where does each budget go, and what would the next unit of it bring?
with

allocations as (

    select * from {{ ref('fct_budget_allocations') }}

)

select
    budget,
    segment_id,
    action_id,
    n_customers,
    n_audience,
    spend_amount,
    margin_after_cost_amount,
    marginal_return

from allocations

where scenario = 'expected'

order by
    budget_amount asc,
    margin_after_cost_amount desc
