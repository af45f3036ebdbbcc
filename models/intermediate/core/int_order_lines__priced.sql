-- One row per accepted order line, without the tax in its price.
{% set money = segmentation.type_money() %}
{% set double = segmentation.type_double() %}
with

lines as (

    select * from {{ ref('int_order_lines__discounted') }}

),

orders as (

    select * from {{ ref('int_orders__checked') }}

),

taxed_orders as (

    select
        order_id,
        abs(tax_amount) as tax_amount

    from orders

    where
        reject_reason is null
        and has_tax_in_prices

),

taxed_lines as (

    -- what a line adds to its order: below nothing, where it gave back some of a sale
    select
        lines.order_id,
        lines.order_line_id,
        lines.line_tax_amount,
        taxed_orders.tax_amount as order_tax_amount,
        lines.gross_amount - lines.discount_amount
        + case
            when lines.treatment = 'refund' then lines.credit_amount
            else -lines.credit_amount
        end as base_amount

    from lines

    inner join taxed_orders
        on lines.order_id = taxed_orders.order_id

),

running as (

    select
        *,
        max(line_tax_amount) over (partition by order_id) is not null as has_line_taxes,
        sum(base_amount) over (partition by order_id) as order_base_amount,
        sum(base_amount) over (
            partition by order_id
            order by order_line_id asc
            rows between unbounded preceding and current row
        ) as running_base_amount

    from taxed_lines

),

capped as (

    select
        *,
        case
            when order_tax_amount > order_base_amount then order_base_amount
            else order_tax_amount
        end as shared_tax_amount

    from running

),

taxes as (

    -- the tax of the lines, where they tell it, else their share of the order's
    select
        order_id,
        order_line_id,
        case
            when has_line_taxes
                then
                    case
                        when line_tax_amount is null then 0
                        when line_tax_amount > abs(base_amount) then abs(base_amount)
                        else line_tax_amount
                    end
            when order_base_amount <= 0 then 0
            else abs(
                {{ segmentation.running_share(
                    'shared_tax_amount', 'running_base_amount', 'order_base_amount'
                ) }}
                - {{ segmentation.running_share(
                    'shared_tax_amount', '(running_base_amount - base_amount)',
                    'order_base_amount'
                ) }}
            )
        end as included_tax_amount

    from capped

),

untaxed as (

    -- price, discount and markdown are lowered alike
    select
        lines.*,
        coalesce(taxes.included_tax_amount, 0) as included_tax_amount,
        case
            when lines.is_sale and taxes.included_tax_amount > 0
                then
                    1 - cast(taxes.included_tax_amount as {{ double }})
                    / (lines.gross_amount - lines.discount_amount)
            else 1
        end as untaxed_share

    from lines

    left join taxes
        on
            lines.order_id = taxes.order_id
            and lines.order_line_id = taxes.order_line_id

),

lowered as (

    select
        *,
        case
            when untaxed_share < 1
                then cast(round(discount_amount * untaxed_share, 4) as {{ money }})
            else discount_amount
        end as untaxed_discount_amount,
        case
            when untaxed_share < 1
                then cast(round(markdown_amount * untaxed_share, 4) as {{ money }})
            else markdown_amount
        end as untaxed_markdown_amount

    from untaxed

)

select
    -- ids
    order_line_id,
    order_id,
    customer_id,
    product_id,

    -- strings
    treatment,

    -- numerics
    quantity,
    cast(
        case
            when is_sale
                then
                    gross_amount - discount_amount - included_tax_amount
                    + untaxed_discount_amount
            else 0
        end as {{ money }}
    ) as gross_amount,
    cast(untaxed_markdown_amount as {{ money }}) as markdown_amount,
    cast(untaxed_discount_amount as {{ money }}) as discount_amount,
    cast(included_tax_amount as {{ money }}) as included_tax_amount,
    cast(
        case
            when is_sale then 0
            else credit_amount - included_tax_amount
        end as {{ money }}
    ) as credit_amount,
    cost_amount,
    returned_quantity,

    -- booleans
    is_sale,

    -- timestamps
    ordered_on,
    voided_on,
    returned_on,
    given_back_on

from lowered
