-- One row per level and ordered pair of items bought together, as of the last snapshot.
{% set double = segmentation.type_double() %}
with

baskets as (

    select * from {{ ref('int_baskets__itemised') }}

),

pairs as (

    select * from {{ ref('int_item_pairs__counted') }}

),

products as (

    select * from {{ ref('int_products__checked') }}

),

sizes as (

    select
        as_of_date,
        item_level,
        order_id,
        count(*) as n_items

    from baskets

    group by
        as_of_date,
        item_level,
        order_id

),

levels as (

    select
        as_of_date,
        item_level,
        count(*) as n_baskets,
        -- were each item as likely to be in a basket as its sales and the basket's size
        -- make it, and independent of the others, this is the lift pairs would show:
        -- large baskets hold everything together with everything
        greatest(
            1.0e0 * count(*)
            * sum(cast(n_items as {{ double }}) * (n_items - 1))
            / power(sum(cast(n_items as {{ double }})), 2),
            1.0e0
        ) as chance_lift

    from sizes

    group by
        as_of_date,
        item_level

),

items as (

    select
        baskets.item_level,
        baskets.item_id,
        case
            when baskets.item_level = 'category' then baskets.item_id
            else coalesce(max(products.product_name), baskets.item_id)
        end as item_name,
        count(*) as n_item_baskets

    from baskets

    left join products
        on
            baskets.item_id = products.product_id
            and baskets.item_level = 'product'
            and products.reject_reason is null

    group by
        baskets.item_level,
        baskets.item_id

),

tests as (

    -- every pair of items frequent enough, whether or not it was ever seen
    select
        item_level,
        1.0e0 * count(*) * (count(*) - 1) / 2 as n_pairs_tested

    from items

    where n_item_baskets >= {{ var('segmentation_min_pair_baskets') }}

    group by item_level

),

directed as (

    select
        item_level,
        first_item_id as antecedent_id,
        second_item_id as consequent_id,
        n_both
    from pairs

    union all

    select
        item_level,
        second_item_id as antecedent_id,
        first_item_id as consequent_id,
        n_both
    from pairs

),

counted as (

    select
        levels.as_of_date,
        directed.item_level,
        directed.antecedent_id,
        directed.consequent_id,
        antecedents.item_name as antecedent_name,
        consequents.item_name as consequent_name,
        levels.n_baskets,
        antecedents.n_item_baskets as n_antecedent,
        consequents.n_item_baskets as n_consequent,
        directed.n_both,
        tests.n_pairs_tested,
        1.0e0 * directed.n_both / levels.n_baskets as pair_support,
        1.0e0 * directed.n_both / antecedents.n_item_baskets as pair_confidence,
        1.0e0 * directed.n_both * levels.n_baskets
        / (1.0e0 * antecedents.n_item_baskets * consequents.n_item_baskets) as lift,
        levels.chance_lift
        * antecedents.n_item_baskets
        * consequents.n_item_baskets
        / levels.n_baskets as expected_both

    from directed

    inner join levels
        on directed.item_level = levels.item_level

    inner join tests
        on directed.item_level = tests.item_level

    inner join items as antecedents
        on
            directed.item_level = antecedents.item_level
            and directed.antecedent_id = antecedents.item_id

    inner join items as consequents
        on
            directed.item_level = consequents.item_level
            and directed.consequent_id = consequents.item_id

),

measured as (

    select
        *,
        -- the delta method on the multinomial of the four kinds of baskets (Agresti
        -- 2013, Categorical Data Analysis, 16.1); rounding may leave a hair below 0
        sqrt(
            greatest(
                1.0e0 / n_both
                - 1.0e0 / n_antecedent
                - 1.0e0 / n_consequent
                + (2 * lift - 1) / n_baskets,
                0.0e0
            )
        ) as log_lift_stderr,
        -- Chernoff's bound of a sum of independent draws reaching n_both (Mitzenmacher
        -- and Upfal 2005, theorem 4.4): holds for any count, the smallest too
        case
            when n_both > expected_both
                then
                    exp(
                        -least(
                            n_both * ln(n_both / expected_both)
                            - n_both
                            + expected_both,
                            700.0e0
                        )
                    )
            else 1.0e0
        end as p_by_chance

    from counted

)

select
    -- ids
    item_level || '|' || antecedent_id || '|' || consequent_id as affinity_id,
    as_of_date,
    antecedent_id,
    consequent_id,

    -- strings
    item_level,
    antecedent_name,
    consequent_name,

    -- numerics
    cast(n_baskets as {{ dbt.type_bigint() }}) as n_baskets,
    cast(n_antecedent as {{ dbt.type_bigint() }}) as n_antecedent,
    cast(n_consequent as {{ dbt.type_bigint() }}) as n_consequent,
    n_both,
    cast(pair_support as {{ double }}) as pair_support,
    cast(pair_confidence as {{ double }}) as pair_confidence,
    cast(
        {{ segmentation.wilson_bound('n_both', 'n_antecedent', 'lower') }}
        as {{ double }}
    ) as pair_confidence_lower,
    cast(
        {{ segmentation.wilson_bound('n_both', 'n_antecedent', 'upper') }}
        as {{ double }}
    ) as pair_confidence_upper,
    cast(lift as {{ double }}) as lift,
    cast(lift * exp(-1.959963984540054e0 * log_lift_stderr) as {{ double }})
        as lift_lower,
    cast(lift * exp(1.959963984540054e0 * log_lift_stderr) as {{ double }})
        as lift_upper,
    cast(expected_both as {{ double }}) as expected_both,
    cast(p_by_chance as {{ double }}) as p_by_chance,
    cast(n_pairs_tested as {{ dbt.type_bigint() }}) as n_pairs_tested,

    -- booleans: Bonferroni over all pairs, at five in a hundred for one false pair
    p_by_chance * n_pairs_tested < 0.05e0 as is_above_chance

from measured
