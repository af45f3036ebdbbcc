-- One row per order line as the demo shop's system exports it, dirt included: products
-- and orders nobody knows, negative prices, and rows exported twice.
{{ config(enabled=segmentation.connector() == 'demo') }}
{% set end_day = segmentation.demo_end_day() %}
with

orders as (

    select * from {{ ref('demo_order_processes') }}

),

processes as (

    select * from {{ ref('demo_customer_processes') }}

),

products as (

    select * from {{ ref('demo_products') }}

),

numbers as (

    select * from {{ ref('demo_numbers') }}

),

baskets as (

    -- gamma with shape 2 and mean 1 about the customer's own mean
    select
        orders.order_id,
        orders.order_day,
        processes.mean_basket_amount * 0.5e0 * -ln(
            (1 - {{ segmentation.hash_unit('orders.digest', 1) }})
            * (1 - {{ segmentation.hash_unit("orders.dirt_digest", 1) }})
        ) as basket_amount,
        least(
            1 + floor(
                -ln(1 - {{ segmentation.hash_unit('orders.digest', 3) }})
                * (processes.mean_lines - 1)
            ),
            6
        ) as n_lines,
        case
            when
                {{ segmentation.hash_unit('orders.digest', 2) }}
                < processes.discount_probability
                then processes.discount_depth
            else 0
        end as discount_depth,
        processes.return_probability

    from orders

    inner join processes
        on orders.customer_id = processes.customer_id

),

lines as (

    select
        baskets.order_id,
        baskets.order_day,
        baskets.basket_amount / baskets.n_lines as line_amount,
        baskets.discount_depth,
        baskets.return_probability,
        baskets.order_id || '-' || cast(numbers.number + 1 as {{ dbt.type_string() }})
            as order_line_id,
        {{ segmentation.demo_digest(
            "'line|' || baskets.order_id || '|' || cast(numbers.number as "
            ~ dbt.type_string() ~ ")"
        ) }} as digest

    from baskets

    inner join numbers
        on baskets.n_lines > numbers.number

    where numbers.number < 6

),

drawn as (

    select
        order_line_id,
        order_id,
        order_day,
        discount_depth,
        return_probability,
        case when {{ segmentation.hash_unit('digest', 0) }} < 0.15 then 2 else 1 end
            as quantity,
        -- the product whose price is nearest to what the line is worth
        greatest(
            least(
                cast(
                    round(
                        ln(
                            greatest(line_amount, 1)
                            * (0.6 + 0.8e0 * {{ segmentation.hash_unit('digest', 1) }})
                            / 2
                        ) / 0.03e0
                    ) as {{ dbt.type_int() }}
                ),
                239
            ),
            0
        ) as product_number,
        {{ segmentation.hash_unit('digest', 2) }} as return_draw,
        {{ segmentation.hash_unit('digest', 3) }} as dirt_draw

    from lines

),

priced as (

    select
        drawn.*,
        products.product_id,
        products.list_price,
        products.unit_cost,
        -- no round(), in which engines differ by what a double lacks of half a cent
        cast(
            floor(products.list_price * (1 - drawn.discount_depth) * 100 + 0.5e0)
            / 100.0e0
            as {{ segmentation.type_money() }}
        ) as unit_price,
        drawn.order_day + 3 + 200 * drawn.return_draw as return_day

    from drawn

    inner join products
        on
            'P' || lpad(cast(drawn.product_number as {{ dbt.type_string() }}), 4, '0')
            = products.product_id

),

exported as (

    select
        order_line_id,
        case
            when dirt_draw >= 0.0010 and dirt_draw < 0.0015 then 'O-lost-' || order_id
            else order_id
        end as order_id,
        case
            when dirt_draw >= 0.0020 and dirt_draw < 0.0070 then 'P9999'
            else product_id
        end as product_id,
        quantity,
        case
            when dirt_draw >= 0.0070 and dirt_draw < 0.0075 then -unit_price
            else unit_price
        end as unit_price,
        list_price,
        0.00 as discount_amount,
        unit_cost,
        case
            when return_draw < return_probability and return_day < {{ end_day }}
                then quantity
            else 0
        end as returned_quantity,
        case
            when return_draw < return_probability and return_day < {{ end_day }}
                then {{ segmentation.demo_timestamp('return_day') }}
        end as returned_at,
        dirt_draw

    from priced

),

copies as (

    select * from exported
    union all
    select * from exported
    where dirt_draw < 0.001

)

select
    order_line_id,
    order_id,
    product_id,
    quantity,
    unit_price,
    list_price,
    discount_amount,
    unit_cost,
    returned_quantity,
    returned_at

from copies
