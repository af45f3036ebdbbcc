-- One row per level and pair of items, the first before the second by its id: how many
-- orders hold both. Items in too few orders for any pair are left out before pairing,
-- which keeps the number of pairs in bounds.
{% set min_baskets = var('segmentation_min_pair_baskets') %}
with

baskets as (

    select * from {{ ref('int_baskets__itemised') }}

),

frequent_items as (

    select
        item_level,
        item_id

    from baskets

    group by
        item_level,
        item_id

    having count(*) >= {{ min_baskets }}

),

frequent_baskets as (

    select
        baskets.item_level,
        baskets.order_id,
        baskets.item_id

    from baskets

    inner join frequent_items
        on
            baskets.item_level = frequent_items.item_level
            and baskets.item_id = frequent_items.item_id

)

select
    first_items.item_level,
    first_items.item_id as first_item_id,
    second_items.item_id as second_item_id,
    cast(count(*) as {{ dbt.type_bigint() }}) as n_both

from frequent_baskets as first_items

inner join frequent_baskets as second_items
    on
        first_items.item_level = second_items.item_level
        and first_items.order_id = second_items.order_id
        and first_items.item_id < second_items.item_id

group by
    first_items.item_level,
    first_items.item_id,
    second_items.item_id

having count(*) >= {{ min_baskets }}
