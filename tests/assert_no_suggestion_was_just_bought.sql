-- No customer is suggested what he or she ordered in the exclusion window, nor anything
-- that nobody ordered in the 90 days up to the snapshot.
with

suggestions as (

    select * from {{ ref('fct_customer_product_suggestions') }}

),

lines as (

    select * from {{ ref('int_order_lines__priced') }}

),

standing as (

    select
        suggestions.customer_suggestion_id,
        {{ segmentation.days_between('lines.ordered_on', 'suggestions.as_of_date') }}
            as days_ago,
        lines.customer_id = suggestions.customer_id as is_own

    from suggestions

    inner join lines
        on
            suggestions.product_id = lines.product_id
            and suggestions.as_of_date >= lines.ordered_on
            and suggestions.as_of_date < lines.voided_on

    where lines.treatment != 'refund'

),

found as (

    select
        customer_suggestion_id,
        min(days_ago) as days_since_sold,
        min(case when is_own then days_ago end) as days_since_bought

    from standing

    group by customer_suggestion_id

)

select
    suggestions.customer_suggestion_id,
    suggestions.product_id,
    found.days_since_sold,
    found.days_since_bought

from suggestions

left join found
    on suggestions.customer_suggestion_id = found.customer_suggestion_id

where
    found.days_since_bought < {{ var('segmentation_suggestion_exclusion_days') }}
    or found.days_since_sold >= 90
    or found.days_since_sold is null
