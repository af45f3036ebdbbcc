-- One row per customer and day with a visit, a message, a ticket or a review. Days are
-- made again of which anything has changed.
{% set counts = [
    'n_sessions', 'n_views', 'n_carts', 'n_cart_sessions', 'n_abandoned_sessions',
    'n_purchase_sessions', 'n_emails_sent', 'n_emails_opened', 'n_emails_clicked',
    'n_tickets', 'n_complaints', 'n_reviews',
] %}
{% set activity_columns = ['customer_id', 'rating_sum'] + counts %}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ segmentation.forget_changed_days('int_customer_activities__united', "
    ~ activity_columns ~ ", 'activity_on') }}"
) }}
with

activities as (

    select * from {{ ref('int_customer_activities__united') }}
    {{ segmentation.where_day_is_lacking(this, 'activity_on') }}

),

fingerprints as (

    select
        activity_on,
        {{ segmentation.fingerprint_of_rows(activity_columns) }} as source_fingerprint

    from activities

    group by activity_on

),

days as (

    select
        customer_id,
        activity_on,
        {% for count in counts %}
            sum({{ count }}) as {{ count }},
        {% endfor %}
        sum(rating_sum) as rating_sum

    from activities

    group by
        customer_id,
        activity_on

)

select
    days.customer_id,
    days.activity_on,
    {% for count in counts %}
        cast(days.{{ count }} as {{ dbt.type_bigint() }}) as {{ count }},
    {% endfor %}
    days.rating_sum,
    fingerprints.source_fingerprint

from days

inner join fingerprints
    on days.activity_on = fingerprints.activity_on
