-- One row per line of a refund of Shopify, lowered where less was given back than the
-- lines are worth; and one per refund that gave back more, which is of no line. What
-- was given back for shipping is no revenue given back.
{{ config(enabled=segmentation.is_staged_as('shopify')) }}
{% set money = segmentation.type_money() %}
{% set string = dbt.type_string() %}
with

refunds as (

    select * from {{ segmentation.ref_base('refunds') }}

),

refund_lines as (

    select * from {{ segmentation.ref_base('refund_lines') }}

),

adjustments as (

    select * from {{ segmentation.ref_base('order_adjustments') }}

),

discrepancies as (

    select
        refund_id,
        sum(amount) as short_amount

    from adjustments

    where coalesce({{ segmentation.word('kind') }}, '') != 'shippingrefund'

    group by refund_id

),

matched as (

    select
        refund_lines.refund_line_id,
        refund_lines.refund_id,
        cast(refund_lines.order_line_id as {{ string }}) as order_line_id,
        refund_lines.quantity,
        refund_lines.amount,
        discrepancies.short_amount

    from refund_lines

    left join discrepancies
        on refund_lines.refund_id = discrepancies.refund_id

),

running as (

    select
        *,
        sum(amount) over (partition by refund_id) as lines_amount,
        sum(amount) over (
            partition by refund_id
            order by refund_line_id asc
            rows between unbounded preceding and current row
        ) as running_amount

    from matched

    where short_amount > 0

),

shortened as (

    select
        *,
        case
            when short_amount > lines_amount then lines_amount
            else short_amount
        end as taken_amount

    from running

),

united as (

    select
        'line|' || refund_line_id as refund_id,
        refund_id as shopify_refund_id,
        order_line_id,
        amount,
        quantity
    from matched
    where short_amount is null or short_amount <= 0

    union all

    select
        'line|' || refund_line_id as refund_id,
        refund_id as shopify_refund_id,
        order_line_id,
        case
            when taken_amount > 0
                then
                    amount
                    - {{ segmentation.running_share(
                        'taken_amount', 'running_amount', 'lines_amount'
                    ) }}
                    + {{ segmentation.running_share(
                        'taken_amount', '(running_amount - amount)', 'lines_amount'
                    ) }}
            else amount
        end as amount,
        quantity
    from shortened

    union all

    select
        'refund|' || refund_id as refund_id,
        refund_id as shopify_refund_id,
        cast(null as {{ string }}) as order_line_id,
        -short_amount as amount,
        cast(null as {{ money }}) as quantity
    from discrepancies
    where short_amount < 0

),

renamed as (

    select
        -- ids
        united.refund_id,
        cast(refunds.order_id as {{ string }}) as order_id,
        united.order_line_id,

        -- numerics
        cast(united.amount as {{ money }}) as amount,
        united.quantity,

        -- timestamps
        coalesce(refunds.processed_at, refunds.created_at) as refunded_at

    from united

    left join refunds
        on united.shopify_refund_id = refunds.refund_id

)

select * from renamed
