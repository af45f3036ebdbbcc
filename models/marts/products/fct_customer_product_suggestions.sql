-- One row per customer and rank, as of the last snapshot: products to suggest, the best
-- first.
{% set n_suggestions = var('segmentation_suggestions') %}
{% set double = segmentation.type_double() %}
with

customers as (

    select * from {{ ref('dim_customer_attributes') }}

),

bought as (

    select * from {{ ref('int_customer_products__bought') }}

),

paired as (

    select * from {{ ref('int_customer_products__paired') }}

),

affinities as (

    select * from {{ ref('fct_product_affinities') }}
    where item_level = 'product'

),

sold as (

    select * from {{ ref('int_products__sold') }}

),

just_bought as (

    select * from bought
    where is_just_bought

),

just_bought_counts as (

    select
        customer_id,
        count(*) as n_products

    from just_bought

    group by customer_id

),

paired_counts as (

    select
        customer_id,
        count(*) as n_products

    from paired

    group by customer_id

),

needs as (

    -- who has too few pairs; of so many best sellers enough are left when those just
    -- bought are taken away
    select
        customers.customer_id,
        customers.top_category,
        coalesce(just_bought_counts.n_products, 0) + {{ n_suggestions }} as n_needed

    from customers

    left join just_bought_counts
        on customers.customer_id = just_bought_counts.customer_id

    left join paired_counts
        on customers.customer_id = paired_counts.customer_id

    where coalesce(paired_counts.n_products, 0) < {{ n_suggestions }}

),

best_sellers as (

    select
        needs.customer_id,
        2 as basis_number,
        sold.product_id,
        sold.category_sales_rank as basis_rank
    from needs
    inner join sold
        on
            needs.top_category = sold.category
            and needs.n_needed >= sold.category_sales_rank

    union all

    select
        needs.customer_id,
        3 as basis_number,
        sold.product_id,
        sold.sales_rank as basis_rank
    from needs
    inner join sold
        on needs.n_needed >= sold.sales_rank

),

candidates as (

    select
        customer_id,
        1 as basis_number,
        product_id,
        because_product_id,
        suggestion_score,
        suggestion_rank as basis_rank
    from paired

    union all

    select
        best_sellers.customer_id,
        best_sellers.basis_number,
        best_sellers.product_id,
        cast(null as {{ dbt.type_string() }}) as because_product_id,
        cast(null as {{ double }}) as suggestion_score,
        best_sellers.basis_rank
    from best_sellers
    left join just_bought
        on
            best_sellers.customer_id = just_bought.customer_id
            and best_sellers.product_id = just_bought.product_id
    where just_bought.product_id is null

),

copies as (

    select
        candidates.*,
        row_number() over (
            partition by candidates.customer_id, candidates.product_id
            order by candidates.basis_number asc
        ) as copy_number

    from candidates

),

ranked as (

    -- once each, on its best basis
    select
        copies.*,
        row_number() over (
            partition by copies.customer_id
            order by copies.basis_number asc, copies.basis_rank asc
        ) as suggestion_rank

    from copies

    where copies.copy_number = 1

)

select
    -- ids
    ranked.customer_id || '|' || cast(ranked.suggestion_rank as {{ dbt.type_string() }})
        as customer_suggestion_id,
    customers.as_of_date,
    customers.customer_id,
    ranked.product_id,
    ranked.because_product_id,

    -- strings
    sold.product_name,
    sold.category,
    case ranked.basis_number
        when 1 then 'bought_together'
        when 2 then 'category_best_seller'
        else 'best_seller'
    end as basis,
    case ranked.basis_number
        when 1
            then
                'bought with ' || affinities.antecedent_name || ': in '
                || {{ segmentation.whole_text('100 * affinities.pair_confidence') }}
                || ' % of its orders, and in '
                || {{ segmentation.whole_text(
                    '100.0e0 * affinities.n_consequent / affinities.n_baskets'
                ) }}
                || ' % of all'
        when 2 then 'best seller of ' || sold.category || ', the category most bought'
        else 'best seller of the shop'
    end as suggestion_reason,

    -- numerics
    cast(ranked.suggestion_rank as {{ dbt.type_int() }}) as suggestion_rank,
    ranked.suggestion_score,
    affinities.pair_confidence,
    affinities.lift

from ranked

inner join customers
    on ranked.customer_id = customers.customer_id

inner join sold
    on ranked.product_id = sold.product_id

left join affinities
    on
        ranked.because_product_id = affinities.antecedent_id
        and ranked.product_id = affinities.consequent_id

where ranked.suggestion_rank <= {{ n_suggestions }}
