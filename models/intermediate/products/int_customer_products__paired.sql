-- One row per customer and product that goes with what the customer bought, as of the
-- last snapshot: the best so many that are still sold and were not just bought.
--
-- Customers times what they bought times what goes with it are more rows than any other
-- step makes. They are grouped once, on numbers in place of ids; the strongest pair is
-- the one of the smallest rank, so that no second pass looks for it.
with

customers as (

    select * from {{ ref('dim_customer_attributes') }}

),

bought as (

    select * from {{ ref('int_customer_products__bought') }}

),

affinities as (

    select * from {{ ref('int_item_pairs__tested') }}

),

sold as (

    select * from {{ ref('int_products__sold') }}

),

pairs as (

    select affinities.*

    from affinities

    -- still sold
    inner join sold
        on affinities.consequent_id = sold.product_id

    where
        affinities.item_level = 'product'
        and affinities.is_above_chance

),

paired_products as (

    select antecedent_id as product_id from pairs
    union distinct
    select consequent_id as product_id from pairs

),

products as (

    select
        product_id,
        cast(row_number() over (order by product_id asc) as {{ dbt.type_int() }})
            as product_number

    from paired_products

),

numbered_customers as (

    select
        customer_id,
        cast(row_number() over (order by customer_id asc) as {{ dbt.type_int() }})
            as customer_number

    from customers

),

numbered_pairs as (

    select
        antecedents.product_number as antecedent_number,
        consequents.product_number as consequent_number,
        pairs.antecedent_id,
        pairs.pair_confidence,
        cast(
            row_number() over (
                partition by pairs.consequent_id
                order by pairs.pair_confidence desc, pairs.antecedent_id asc
            ) as {{ dbt.type_int() }}
        ) as pair_rank

    from pairs

    inner join products as antecedents
        on pairs.antecedent_id = antecedents.product_id

    inner join products as consequents
        on pairs.consequent_id = consequents.product_id

),

numbered_bought as (

    select
        numbered_customers.customer_number,
        products.product_number,
        bought.is_just_bought

    from bought

    inner join numbered_customers
        on bought.customer_id = numbered_customers.customer_id

    inner join products
        on bought.product_id = products.product_id

),

just_bought as (

    select
        customer_number,
        product_number

    from numbered_bought

    where is_just_bought

),

scored as (

    -- each product bought speaks for what goes with it (Deshpande and Karypis 2004, ACM
    -- TOIS 22, 143-177: the sum over the products bought); ties are exact to 12 places
    select
        numbered_bought.customer_number,
        numbered_pairs.consequent_number,
        round(sum(numbered_pairs.pair_confidence), 12) as suggestion_score,
        min(numbered_pairs.pair_rank) as pair_rank

    from numbered_bought

    inner join numbered_pairs
        on numbered_bought.product_number = numbered_pairs.antecedent_number

    group by
        numbered_bought.customer_number,
        numbered_pairs.consequent_number

),

ranked as (

    select
        scored.*,
        row_number() over (
            partition by scored.customer_number
            order by scored.suggestion_score desc, scored.consequent_number asc
        ) as suggestion_rank

    from scored

    left join just_bought
        on
            scored.customer_number = just_bought.customer_number
            and scored.consequent_number = just_bought.product_number

    where just_bought.product_number is null

)

select
    numbered_customers.customer_id,
    products.product_id,
    numbered_pairs.antecedent_id as because_product_id,
    ranked.suggestion_score,
    ranked.suggestion_rank

from ranked

inner join numbered_customers
    on ranked.customer_number = numbered_customers.customer_number

inner join products
    on ranked.consequent_number = products.product_number

inner join numbered_pairs
    on
        ranked.consequent_number = numbered_pairs.consequent_number
        and ranked.pair_rank = numbered_pairs.pair_rank

where ranked.suggestion_rank <= {{ var('segmentation_suggestions') }}
