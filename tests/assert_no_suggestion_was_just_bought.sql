-- No customer is suggested what they ordered in the exclusion window, nor anything
-- that nobody ordered in the 90 days up to the snapshot.
{% call segmentation.if_all_are_built() %}
with

suggestions as (

    select * from {{ ref('fct_customer_product_suggestions') }}

),

lines as (

    select * from {{ ref('int_order_lines__priced') }}

),

snapshots as (

    select distinct as_of_date
    from suggestions

),

bought as (

    select
        snapshots.as_of_date,
        lines.customer_id,
        lines.product_id,
        max(lines.ordered_on) as last_bought_on

    from lines

    inner join snapshots
        on
            lines.ordered_on <= snapshots.as_of_date
            and lines.voided_on > snapshots.as_of_date

    where lines.is_sale

    group by
        snapshots.as_of_date,
        lines.customer_id,
        lines.product_id

),

sold as (

    select
        as_of_date,
        product_id,
        max(last_bought_on) as last_sold_on

    from bought

    group by
        as_of_date,
        product_id

),

found as (

    select
        suggestions.customer_suggestion_id,
        suggestions.product_id,
        {{ segmentation.days_between('sold.last_sold_on', 'suggestions.as_of_date') }}
            as days_since_sold,
        {{ segmentation.days_between(
            'bought.last_bought_on', 'suggestions.as_of_date'
        ) }} as days_since_bought

    from suggestions

    left join sold
        on
            suggestions.as_of_date = sold.as_of_date
            and suggestions.product_id = sold.product_id

    left join bought
        on
            suggestions.as_of_date = bought.as_of_date
            and suggestions.customer_id = bought.customer_id
            and suggestions.product_id = bought.product_id

)

select *
from found
where
    days_since_bought < {{ var('segmentation_suggestion_exclusion_days') }}
    or days_since_sold >= 90
    or days_since_sold is null

{% endcall %}
