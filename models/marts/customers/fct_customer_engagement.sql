-- One row per customer and snapshot date.
{{ config(
    materialized='incremental',
    incremental_strategy=segmentation.snapshot_strategy(),
    unique_key=segmentation.snapshot_unique_key(),
    partition_by=segmentation.snapshot_partition(),
    on_schema_change='fail'
) }}
{% set counts_90d = [
    'n_sessions', 'n_views', 'n_carts', 'n_cart_sessions', 'n_abandoned_sessions',
    'n_purchase_sessions', 'n_emails_sent', 'n_emails_opened', 'n_emails_clicked'
] %}
{% set components = [
    'n_sessions', 'n_views', 'n_carts', 'n_emails_opened', 'n_emails_clicked'
] %}
with

engaged as (

    select * from {{ ref('int_customer_snapshots__engaged') }}
    {{ segmentation.where_snapshot_is_due(this) }}

),

weights as (

    select * from {{ segmentation.ref_seed('engagement_weights') }}

),

wide_weights as (

    -- one row: weight and ceiling of each component
    select
        {% for component in components %}
            max(case when component = '{{ component }}_90d' then weight end)
                as {{ component }}_weight,
            max(case when component = '{{ component }}_90d' then ceiling end)
                as {{ component }}_ceiling{% if not loop.last %},{% endif %}
        {% endfor %}
    from weights

),

scored as (

    -- a component counts in proportion up to its ceiling; those that are unavailable
    -- leave their weight to the others
    select
        engaged.*,
        100 * (
            {% for component in components %}
                coalesce(
                    wide_weights.{{ component }}_weight
                    * case
                        when
                            engaged.{{ component }}_90d
                            >= wide_weights.{{ component }}_ceiling
                            then 1.0
                        else
                            {{ segmentation.ratio(
                                'engaged.' ~ component ~ '_90d',
                                'wide_weights.' ~ component ~ '_ceiling'
                            ) }}
                    end,
                    0
                ){{ " +" if not loop.last }}
            {% endfor %}
        ) / nullif(
            {% for component in components %}
                case
                    when engaged.{{ component }}_90d is not null
                        then wide_weights.{{ component }}_weight
                    else 0
                end{{ " +" if not loop.last }}
            {% endfor %},
            0
        ) as engagement_score

    from engaged

    cross join wide_weights

)

select
    -- ids
    as_of_date,
    customer_id,

    -- numerics
    {% for count in counts_90d %}
        cast({{ count }}_90d as {{ dbt.type_bigint() }}) as {{ count }}_90d,
    {% endfor %}
    cast(n_sessions_30d as {{ dbt.type_bigint() }}) as n_sessions_30d,
    {{ segmentation.ratio('n_abandoned_sessions_90d', 'n_cart_sessions_90d') }}
        as cart_abandonment_rate_90d,
    {{ segmentation.ratio('n_purchase_sessions_90d', 'n_sessions_90d') }}
        as conversion_rate_90d,
    {{ segmentation.ratio('n_emails_opened_90d', 'n_emails_sent_90d') }}
        as open_rate_90d,
    {{ segmentation.ratio('n_emails_clicked_90d', 'n_emails_sent_90d') }}
        as click_rate_90d,
    cast(n_tickets_365d as {{ dbt.type_bigint() }}) as n_tickets_365d,
    cast(n_complaints_365d as {{ dbt.type_bigint() }}) as n_complaints_365d,
    cast(n_reviews as {{ dbt.type_bigint() }}) as n_reviews,
    mean_rating,
    case
        when last_visited_on is not null
            then {{ segmentation.days_between('last_visited_on', 'as_of_date') }}
    end as days_since_last_visit,
    engagement_score

from scored
