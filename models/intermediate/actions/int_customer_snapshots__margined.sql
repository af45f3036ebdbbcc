-- One row per customer and snapshot with a line whose cost is known: what was paid, and
-- what of it was margin.
{{ config(
    materialized='incremental',
    incremental_strategy=segmentation.snapshot_strategy(),
    unique_key=segmentation.snapshot_unique_key(),
    partition_by=segmentation.snapshot_partition(),
    on_schema_change='fail'
) }}
{% set double = segmentation.type_double() %}
{% set money = segmentation.type_money() %}
with

lines as (

    select * from {{ ref('int_order_lines__priced') }}

),

returns as (

    select * from {{ ref('int_returns__priced') }}

),

schedule as (

    select * from {{ ref('int_snapshots__scheduled') }}

),

snapshots as (

    select as_of_date
    from schedule
    {{ segmentation.where_snapshot_is_due(this) }}

),

given_back as (

    select
        snapshots.as_of_date,
        returns.order_id,
        returns.order_line_id,
        sum(returns.returned_amount) as returned_amount

    from snapshots

    inner join returns
        on
            snapshots.as_of_date >= returns.returned_on
            and snapshots.as_of_date < returns.voided_on

    group by
        snapshots.as_of_date,
        returns.order_id,
        returns.order_line_id

),

known_lines as (

    -- paid for goods whose cost is known, and the share that has not come back
    select
        snapshots.as_of_date,
        lines.customer_id,
        lines.gross_amount - lines.discount_amount as paid_amount,
        lines.cost_amount,
        case
            -- what was given away bears no margin
            when lines.gross_amount = lines.discount_amount then 0
            when given_back.returned_amount is not null
                then greatest(
                    1 - cast(given_back.returned_amount as {{ double }})
                    / nullif(
                        cast(
                            lines.gross_amount - lines.discount_amount as {{ double }}
                        ),
                        0
                    ),
                    0
                )
            else 1
        end as kept_share

    from snapshots

    inner join lines
        on
            snapshots.as_of_date >= lines.ordered_on
            and snapshots.as_of_date < lines.voided_on

    left join given_back
        on
            snapshots.as_of_date = given_back.as_of_date
            and lines.order_id = given_back.order_id
            and lines.order_line_id = given_back.order_line_id

    where
        lines.is_sale
        and lines.cost_amount > 0
        and lines.customer_id is not null

),

line_margins as (

    -- money again, so that sums do not depend on their order
    select
        as_of_date,
        customer_id,
        paid_amount,
        cast(
            round(cast(paid_amount - cost_amount as {{ double }}) * kept_share, 4)
            as {{ money }}
        ) as margin_amount

    from known_lines

)

select
    as_of_date,
    customer_id,
    cast(sum(paid_amount) as {{ money }}) as paid_amount,
    cast(sum(margin_amount) as {{ money }}) as margin_amount

from line_margins

group by
    as_of_date,
    customer_id
