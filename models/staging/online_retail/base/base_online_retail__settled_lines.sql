-- One row per row of the file, with what a cancellation took back of it. The file does
-- not say which purchase a cancellation undoes: it is taken to be the last one before
-- it of the same customer, product and price that is large enough. A purchase takes one
-- cancellation at the most; where several fit, the earliest chooses first, so that
-- later ones never change what is settled. A cancellation that finds no purchase stays
-- a line of its own: money given back.
{{ config(
    enabled=segmentation.connector() == 'online_retail',
    materialized='table'
) }}
{# On the published file, the third round is the last that settles any. #}
{% set rounds = [1, 2, 3] %}
with

lines as (

    select * from {{ ref('base_online_retail__lines') }}

),

sales as (

    select
        order_line_id,
        customer_id,
        product_id,
        unit_price,
        quantity,
        ordered_at

    from lines

    where
        line_kind = 'sale'
        and copy_number = 1

),

cancellations as (

    select
        order_line_id,
        customer_id,
        product_id,
        unit_price,
        -quantity as cancelled_quantity,
        ordered_at

    from lines

    where
        line_kind = 'cancellation'
        and copy_number = 1
        and quantity < 0

),

candidates_1 as (

    -- guests are nobody's customers, so that theirs find no purchase
    select
        cancellations.order_line_id as cancellation_line_id,
        cancellations.ordered_at as cancelled_at,
        cancellations.cancelled_quantity,
        sales.order_line_id as sale_line_id,
        sales.ordered_at as sold_at

    from cancellations

    inner join sales
        on
            cancellations.customer_id = sales.customer_id
            and cancellations.product_id = sales.product_id
            and cancellations.unit_price = sales.unit_price
            and cancellations.cancelled_quantity <= sales.quantity
            and cancellations.ordered_at >= sales.ordered_at

),

{% for round in rounds %}
    ranked_{{ round }} as (

        select
            cancellation_line_id,
            cancelled_at,
            cancelled_quantity,
            sale_line_id,
            sold_at,
            row_number() over (
                partition by cancellation_line_id
                order by sold_at desc, sale_line_id asc
            ) as sale_rank,
            row_number() over (
                partition by sale_line_id
                order by cancelled_at asc, cancellation_line_id asc
            ) as cancellation_rank

        from candidates_{{ round }}

    ),

    matched_{{ round }} as (

        select
            cancellation_line_id,
            cancelled_at,
            cancelled_quantity,
            sale_line_id

        from ranked_{{ round }}

        where
            sale_rank = 1
            and cancellation_rank = 1

    ),

    candidates_{{ round + 1 }} as (

        select
            candidates_{{ round }}.cancellation_line_id,
            candidates_{{ round }}.cancelled_at,
            candidates_{{ round }}.cancelled_quantity,
            candidates_{{ round }}.sale_line_id,
            candidates_{{ round }}.sold_at

        from candidates_{{ round }}

        left join matched_{{ round }} as settled_cancellations
            on
                candidates_{{ round }}.cancellation_line_id
                = settled_cancellations.cancellation_line_id

        left join matched_{{ round }} as settled_sales
            on candidates_{{ round }}.sale_line_id = settled_sales.sale_line_id

        where
            settled_cancellations.cancellation_line_id is null
            and settled_sales.sale_line_id is null

    ),

{% endfor %}
matched as (

    {% for round in rounds %}
        select * from matched_{{ round }}
        {{ "union all" if not loop.last }}
    {% endfor %}

),

settled as (

    -- joined by content, so that copies of a line stay equal
    select
        -- ids
        lines.order_line_id,
        lines.order_id,
        lines.customer_id,
        lines.product_id,

        -- strings
        lines.line_kind,
        case
            when lines.line_kind in ('adjustment', 'stock_write_off', 'zero_price')
                then lines.line_kind
            when applied.cancellation_line_id is not null then 'cancellation_applied'
        end as connector_reject_reason,

        -- numerics
        lines.quantity,
        lines.unit_price,
        coalesce(undone.cancelled_quantity, 0) as returned_quantity,

        -- booleans
        lines.is_goods,

        -- timestamps
        lines.ordered_at,
        undone.cancelled_at as returned_at

    from lines

    left join matched as applied
        on lines.order_line_id = applied.cancellation_line_id

    left join matched as undone
        on lines.order_line_id = undone.sale_line_id

)

select * from settled
