-- One row per line of an order that any discount, tax or refund tells of: what they add
-- up to. Added up before they are joined with the lines, most of which have none.
{{ config(
    enabled=segmentation.is_staged_as('shopify'),
    materialized='table'
) }}
{% set money = segmentation.type_money() %}
with

line_discounts as (

    select * from {{ segmentation.ref_base('line_discounts') }}

),

line_taxes as (

    select * from {{ segmentation.ref_base('line_taxes') }}

),

refund_lines as (

    select * from {{ segmentation.ref_base('refund_lines') }}

),

told as (

    select
        order_line_id,
        1 as n_discounts,
        amount as allocated_amount,
        cast(null as {{ money }}) as tax_amount,
        cast(null as {{ money }}) as refunded_quantity
    from line_discounts

    union all

    select
        order_line_id,
        0 as n_discounts,
        cast(null as {{ money }}) as allocated_amount,
        amount as tax_amount,
        cast(null as {{ money }}) as refunded_quantity
    from line_taxes

    union all

    select
        order_line_id,
        0 as n_discounts,
        cast(null as {{ money }}) as allocated_amount,
        cast(null as {{ money }}) as tax_amount,
        quantity as refunded_quantity
    from refund_lines

)

select
    -- ids
    order_line_id,

    -- numerics
    cast(sum(allocated_amount) as {{ money }}) as allocated_amount,
    cast(sum(tax_amount) as {{ money }}) as tax_amount,
    cast(coalesce(sum(refunded_quantity), 0) as {{ money }}) as refunded_quantity,

    -- booleans
    max(n_discounts) = 1 as is_allocated

from told

where order_line_id is not null

group by order_line_id
