-- One row per row of the customer summary, with the reason it cannot be used for, if
-- any. Of the rows of one customer at most one has none: that of the last purchase.
{{ config(
    enabled=segmentation.connector() == 'customer_summary',
    materialized='table',
    post_hook="{{ segmentation.check_sums_of_money(
        ['total_amount'], 'connector_reject_reason is null'
    ) }}"
) }}
{% set as_of_date = var('segmentation_as_of_date') %}
with

summary_rows as (

    select * from {{ ref('base_customer_summary__rows') }}

),

rates as (

    select * from {{ segmentation.ref_seed('exchange_rates') }}

),

first_rates as (

    select
        upper(trim(currency)) as currency,
        min(cast(valid_from as date)) as rated_from

    from rates

    group by upper(trim(currency))

),

reporting_rates as (

    select rated_from
    from first_rates
    where currency = upper('{{ var("segmentation_currency") }}')

),

looked_up as (

    select
        summary_rows.*,
        {{ segmentation.day_of('summary_rows.first_ordered_at') }} as first_ordered_on,
        {{ segmentation.day_of('summary_rows.last_ordered_at') }} as last_ordered_on,
        first_rates.rated_from,
        reporting_rates.rated_from as reporting_rated_from

    from summary_rows

    left join first_rates
        on summary_rows.currency = first_rates.currency

    left join reporting_rates
        on 1 = 1

),

judged as (

    select
        *,
        case
            when n_orders is null or total_amount is null then 'missing_amount'
            when total_amount < 0 then 'negative_amount'
            when n_orders < 0 or n_site_visits < 0 or n_email_clicks < 0
                then 'negative_quantity'
            when n_orders = 0 and total_amount > 0 then 'amount_without_orders'
            when {{ segmentation.is_out_of_range('customer_summaries', 'total_amount') }}
                then 'implausible_amount'
            when
                {% for count in ['n_orders', 'n_site_visits', 'n_email_clicks'] %}
                    coalesce(
                        {{ segmentation.is_out_of_range('customer_summaries', count) }},
                        false
                    ){% if not loop.last %} or{% endif %}
                {% endfor %}
                then 'implausible_quantity'
            when n_orders > 0 and last_ordered_on is null then 'missing_date'
            when last_ordered_at > {{ segmentation.extracted_at() }} then 'future_date'
            when {{ segmentation.is_out_of_range('customer_summaries', 'last_ordered_at') }}
                then 'implausible_date'
            {% if as_of_date %}
                -- its totals hold what the as-of date cannot know
                when last_ordered_on > cast('{{ as_of_date }}' as date)
                    then 'future_date'
            {% endif %}
            when first_ordered_on > last_ordered_on then 'contradictory_dates'
            when
                n_orders > 0
                and currency != upper('{{ var("segmentation_currency") }}')
                and not coalesce(
                    rated_from <= last_ordered_on
                    and reporting_rated_from <= last_ordered_on,
                    false
                )
                then 'unknown_currency'
        end as own_reject_reason

    from looked_up

),

numbered as (

    select
        *,
        row_number() over (
            partition by customer_id
            order by
                case when own_reject_reason is null then 0 else 1 end asc,
                last_ordered_at desc nulls last,
                n_orders desc nulls last,
                total_amount desc nulls last,
                currency asc nulls last,
                first_ordered_at asc nulls last,
                first_seen_at asc nulls last,
                n_site_visits desc nulls last,
                n_email_clicks desc nulls last,
                preferred_category asc nulls last,
                stated_average_amount asc nulls last,
                email asc nulls last,
                phone asc nulls last,
                country asc nulls last,
                state asc nulls last,
                city asc nulls last,
                gender asc nulls last,
                birth_date asc nulls last,
                age asc nulls last
        ) as copy_number

    from judged

)

select
    -- ids
    customer_id,

    -- strings
    email_consent,
    sms_consent,
    push_consent,
    test_account,
    email,
    phone,
    gender,
    country,
    state,
    city,
    currency,
    preferred_category,
    case
        when copy_number > 1 then coalesce(own_reject_reason, 'duplicate_key')
        else own_reject_reason
    end as connector_reject_reason,

    -- numerics
    age,
    n_orders,
    total_amount,
    stated_average_amount,
    n_site_visits,
    n_email_clicks,

    -- booleans
    is_erased,

    -- timestamps
    birth_date,
    -- who has ordered has been seen by then
    case
        when first_seen_at is not null or first_ordered_at is not null
            then least(
                coalesce(first_seen_at, first_ordered_at),
                coalesce(first_ordered_at, first_seen_at),
                coalesce(last_ordered_at, first_ordered_at, first_seen_at)
            )
    end as first_seen_at,
    first_ordered_on,
    last_ordered_on,
    email_consent_at,
    sms_consent_at,
    push_consent_at,
    erased_at

from numbered
