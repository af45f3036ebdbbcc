-- One row per customer and rank, as of the last snapshot: products to suggest, the best
-- first.
{% set n_suggestions = var('segmentation_suggestions') %}
{% set double = segmentation.type_double() %}
with

features as (

    select * from {{ ref('fct_customer_features') }}

),

bought as (

    select * from {{ ref('int_customer_products__bought') }}

),

affinities as (

    select * from {{ ref('fct_product_affinities') }}

),

sold as (

    select * from {{ ref('int_products__sold') }}

),

last_snapshot as (

    select max(as_of_date) as as_of_date
    from features

),

customers as (

    select
        features.as_of_date,
        features.customer_id,
        features.top_category

    from features

    inner join last_snapshot
        on features.as_of_date = last_snapshot.as_of_date

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

needs as (

    -- of so many products enough are left when those just bought are taken away
    select
        customers.customer_id,
        customers.top_category,
        coalesce(just_bought_counts.n_products, 0) + {{ n_suggestions }} as n_needed

    from customers

    left join just_bought_counts
        on customers.customer_id = just_bought_counts.customer_id

),

strong as (

    select affinities.*

    from affinities

    -- still sold
    inner join sold
        on affinities.consequent_id = sold.product_id

    where
        affinities.item_level = 'product'
        and affinities.is_above_chance

),

scored as (

    -- each product bought speaks for what goes with it (Deshpande and Karypis 2004, ACM
    -- TOIS 22, 143-177: the sum over the products bought); ties are exact to 12 places
    select
        bought.customer_id,
        strong.consequent_id as product_id,
        round(sum(strong.pair_confidence), 12) as suggestion_score

    from bought

    inner join strong
        on bought.product_id = strong.antecedent_id

    group by
        bought.customer_id,
        strong.consequent_id

),

best as (

    select
        scored.*,
        row_number() over (
            partition by scored.customer_id
            order by scored.suggestion_score desc, scored.product_id asc
        ) as score_rank

    from scored

),

paired as (

    -- the strongest of the products bought is named, for as many as are needed
    select
        best.customer_id,
        best.product_id,
        best.suggestion_score,
        strong.antecedent_id as because_product_id,
        strong.antecedent_name as because_product_name,
        strong.pair_confidence,
        strong.lift,
        strong.n_consequent,
        strong.n_baskets,
        row_number() over (
            partition by best.customer_id, best.product_id
            order by strong.pair_confidence desc, strong.antecedent_id asc
        ) as reason_number

    from best

    inner join needs
        on
            best.customer_id = needs.customer_id
            and best.score_rank <= needs.n_needed

    inner join bought
        on best.customer_id = bought.customer_id

    inner join strong
        on
            bought.product_id = strong.antecedent_id
            and best.product_id = strong.consequent_id

),

candidates as (

    select
        paired.customer_id,
        1 as basis_number,
        'bought_together' as basis,
        paired.product_id,
        paired.because_product_id,
        paired.pair_confidence,
        paired.lift,
        paired.suggestion_score,
        'bought with ' || paired.because_product_name || ': in '
        || {{ segmentation.whole_text('100 * paired.pair_confidence') }}
        || ' % of its orders, and in '
        || {{ segmentation.whole_text(
            '100.0 * paired.n_consequent / paired.n_baskets'
        ) }}
        || ' % of all' as suggestion_reason
    from paired
    where paired.reason_number = 1

    union all

    select
        needs.customer_id,
        2 as basis_number,
        'category_best_seller' as basis,
        sold.product_id,
        cast(null as {{ dbt.type_string() }}) as because_product_id,
        cast(null as {{ double }}) as pair_confidence,
        cast(null as {{ double }}) as lift,
        -1.0e0 * sold.category_sales_rank as suggestion_score,
        'best seller of ' || sold.category || ', the category most bought'
            as suggestion_reason
    from needs
    inner join sold
        on
            needs.top_category = sold.category
            and needs.n_needed >= sold.category_sales_rank

    union all

    select
        needs.customer_id,
        3 as basis_number,
        'best_seller' as basis,
        sold.product_id,
        cast(null as {{ dbt.type_string() }}) as because_product_id,
        cast(null as {{ double }}) as pair_confidence,
        cast(null as {{ double }}) as lift,
        -1.0e0 * sold.sales_rank as suggestion_score,
        'best seller of the shop' as suggestion_reason
    from needs
    inner join sold
        on needs.n_needed >= sold.sales_rank

),

allowed as (

    -- still sold, not just bought, and once each, on its best basis
    select
        candidates.*,
        sold.product_name,
        sold.category,
        row_number() over (
            partition by candidates.customer_id, candidates.product_id
            order by candidates.basis_number asc
        ) as copy_number

    from candidates

    inner join sold
        on candidates.product_id = sold.product_id

    left join just_bought
        on
            candidates.customer_id = just_bought.customer_id
            and candidates.product_id = just_bought.product_id

    where just_bought.product_id is null

),

ranked as (

    select
        allowed.*,
        row_number() over (
            partition by allowed.customer_id
            order by
                allowed.basis_number asc,
                allowed.suggestion_score desc,
                allowed.product_id asc
        ) as suggestion_rank

    from allowed

    where allowed.copy_number = 1

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
    ranked.product_name,
    ranked.category,
    ranked.basis,
    ranked.suggestion_reason,

    -- numerics
    cast(ranked.suggestion_rank as {{ dbt.type_int() }}) as suggestion_rank,
    case when ranked.basis_number = 1 then ranked.suggestion_score end
        as suggestion_score,
    ranked.pair_confidence,
    ranked.lift

from ranked

inner join customers
    on ranked.customer_id = customers.customer_id

where ranked.suggestion_rank <= {{ n_suggestions }}
