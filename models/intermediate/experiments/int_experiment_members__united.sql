-- One row per experiment and customer in it, with what was known before the assignment
-- and what came of it up to the end of the readout day, as known then.
with

members as (

    select * from {{ ref('int_experiment_members__grouped') }}

),

orders as (

    select * from {{ ref('int_orders__priced') }}
    where treatment != 'refund'

),

lines as (

    select * from {{ ref('int_order_lines__priced') }}

),

returns as (

    select * from {{ ref('int_returns__priced') }}

),

engaged as (

    select * from {{ ref('int_customer_days__engaged') }}

),

costs as (

    -- a cost of 0 says that the shop does not tell: then there is no margin
    select coalesce(max(cost_amount), 0) > 0 as has_costs
    from lines

),

ordered as (

    select
        members.experiment_member_id,
        members.readout_on,
        orders.order_id

    from members

    inner join orders
        on
            members.customer_id = orders.customer_id
            and members.assigned_at <= orders.ordered_at
            and members.readout_on >= orders.ordered_on
            and members.readout_on < orders.voided_on

),

given_back as (

    select
        ordered.experiment_member_id,
        returns.order_id,
        returns.order_line_id,
        sum(returns.returned_amount) as returned_amount

    from ordered

    inner join returns
        on
            ordered.order_id = returns.order_id
            and ordered.readout_on >= returns.returned_on

    group by
        ordered.experiment_member_id,
        returns.order_id,
        returns.order_line_id

),

kept as (

    -- what was given back by the readout day, and the cost of what was not
    select
        ordered.experiment_member_id,
        ordered.order_id,
        lines.gross_amount - lines.discount_amount as sold_amount,
        coalesce(given_back.returned_amount, 0) as returned_amount,
        lines.cost_amount

    from ordered

    inner join lines
        on ordered.order_id = lines.order_id

    left join given_back
        on
            ordered.experiment_member_id = given_back.experiment_member_id
            and lines.order_id = given_back.order_id
            and lines.order_line_id = given_back.order_line_id

),

summed as (

    select
        experiment_member_id,
        count(distinct order_id) as n_orders_within,
        sum(sold_amount - returned_amount) as net_amount_within,
        sum(
            sold_amount - returned_amount
            - cast(
                cast(cost_amount as {{ segmentation.type_money_wide() }})
                * coalesce(
                    (sold_amount - returned_amount) / nullif(sold_amount, 0), 1
                ) as {{ segmentation.type_money() }}
            )
        ) as margin_amount_within

    from kept

    group by experiment_member_id

),

sessions as (

    select
        members.experiment_member_id,
        sum(
            case
                when members.outcome_starts_on > engaged.activity_on
                    then engaged.n_sessions
                else 0
            end
        ) as n_sessions_before,
        max(
            case
                when
                    members.outcome_starts_on <= engaged.activity_on
                    and engaged.n_sessions > 0
                    then 1
                else 0
            end
        ) as has_visited_within,
        max(
            case
                when
                    members.outcome_starts_on <= engaged.activity_on
                    and engaged.n_emails_clicked > 0
                    then 1
                else 0
            end
        ) as has_clicked_within

    from members

    inner join engaged
        on
            members.customer_id = engaged.customer_id
            and members.readout_on >= engaged.activity_on
            and 90 >= {{ segmentation.days_between(
                'engaged.activity_on', 'members.outcome_starts_on'
            ) }}

    group by members.experiment_member_id

)

select
    -- ids
    members.experiment_member_id,
    members.experiment_id,
    members.customer_id,
    members.segment_id,

    -- strings
    members.arm,
    members.rfm_group,

    -- numerics
    members.n_orders_before,
    members.net_amount_before,
    cast(coalesce(sessions.n_sessions_before, 0) as {{ dbt.type_bigint() }})
        as n_sessions_before,
    cast(coalesce(summed.n_orders_within, 0) as {{ dbt.type_bigint() }})
        as n_orders_within,
    cast(coalesce(summed.net_amount_within, 0) as {{ segmentation.type_money() }})
        as net_amount_within,
    case
        when costs.has_costs
            then
                cast(
                    coalesce(summed.margin_amount_within, 0)
                    as {{ segmentation.type_money() }}
                )
    end as margin_amount_within,

    -- booleans
    members.has_ordered_before,
    coalesce(summed.n_orders_within, 0) > 0 as has_ordered_within,
    coalesce(sessions.has_visited_within, 0) = 1 as has_visited_within,
    coalesce(sessions.has_clicked_within, 0) = 1 as has_clicked_within,

    -- timestamps
    members.assigned_on,
    members.readout_on

from members

cross join costs

left join summed
    on members.experiment_member_id = summed.experiment_member_id

left join sessions
    on members.experiment_member_id = sessions.experiment_member_id
