-- One row per customer and snapshot that has not been published, or is the last: what
-- a marketing tool is told about the customer, and a fingerprint of it that moves when
-- any of it does.
{{ config(materialized='view') }}
{% set published = segmentation.published_profiles() %}
{% set told = segmentation.synced_columns() | reject('equalto', 'offer_rate') | list %}
with

all_confirmed as (

    select * from {{ ref('int_customer_segments__confirmed') }}

),

schedule as (

    select * from {{ ref('int_snapshots__scheduled') }}

),

consents as (

    select * from {{ ref('int_customer_consents__resolved') }}

),

consented as (

    select * from {{ ref('int_customer_snapshots__consented') }}

),

segments as (

    select * from {{ ref('dim_segments') }}

),

scores as (

    select * from {{ ref('fct_customer_scores') }}

),

actions as (

    select * from {{ ref('int_customer_actions__chosen') }}

),

contents as (

    select * from {{ ref('int_customer_contents__gathered') }}

),

last_snapshot as (

    select max(as_of_date) as as_of_date
    from schedule

),

snapshots as (

    select as_of_date
    from schedule
    {% if published %}
        where
            as_of_date = (select max(built.as_of_date) from schedule as built)
            or {{ segmentation.end_of_day('as_of_date') }} > (
                select
                    coalesce(
                        max(published.changed_at), cast('0001-01-01' as timestamp)
                    )
                from {{ published }} as published
            )
    {% endif %}

),

confirmed as (

    select all_confirmed.*

    from all_confirmed

    inner join snapshots
        on all_confirmed.as_of_date = snapshots.as_of_date

),

banded as (

    -- tools are told bands, so that a week's noise in a score sends nothing
    select
        as_of_date,
        customer_id,
        churn_band,
        churn_score_status,
        case
            when expected_revenue >= 10000 then '10000_and_more'
            when expected_revenue >= 1000 then '1000_to_9999'
            when expected_revenue >= 100 then '100_to_999'
            when expected_revenue >= 10 then '10_to_99'
            when expected_revenue is not null then 'under_10'
        end as value_band,
        value_score_status

    from scores

),

joined as (

    select
        confirmed.as_of_date,
        confirmed.customer_id,
        consents.email_sha256,
        consents.email_md5,
        case when consented.has_sms_consent then consents.phone_sha256 end
            as phone_sha256,
        confirmed.segment_id,
        segments.segment_name,
        confirmed.model_version as segment_version,
        confirmed.previous_segment_id,
        banded.churn_band,
        coalesce(banded.churn_score_status, 'not_scored') as churn_score_status,
        banded.value_band,
        coalesce(banded.value_score_status, 'not_scored') as value_score_status,
        case
            when banded.customer_id is null then 'no_order'
            else 'too_little_history'
        end as missing_score_reason,
        coalesce(actions.action_status, 'none') as action_status,
        actions.action_id,
        actions.action_name,
        actions.channel,
        actions.offer_type,
        actions.offer_rate,
        actions.priority,
        actions.action_reason,
        actions.action_expires_on,
        -- only what the action shows, and only where it is of today
        {% for rank in range(1, segmentation.synced_suggestions() + 1) %}
            {% for part in ['id', 'name'] %}
                case
                    when actions.action_content = 'products'
                        then contents.suggested_product_{{ part }}_{{ rank }}
                end as suggested_product_{{ part }}_{{ rank }},
            {% endfor %}
        {% endfor %}
        case
            when actions.action_content = 'category' then contents.browsed_category
        end as browsed_category,
        actions.holdout_group,
        {{ segmentation.end_of_day('confirmed.segment_since') }} as segment_changed_at,
        consented.has_email_consent,
        consented.has_sms_consent,
        consented.has_push_consent,
        consented.email_suppress_reason

    from confirmed

    inner join consents
        on confirmed.customer_id = consents.customer_id

    inner join consented
        on
            confirmed.as_of_date = consented.as_of_date
            and confirmed.customer_id = consented.customer_id

    inner join segments
        on confirmed.segment_id = segments.segment_id

    cross join last_snapshot

    left join banded
        on
            confirmed.as_of_date = banded.as_of_date
            and confirmed.customer_id = banded.customer_id

    left join actions
        on
            confirmed.as_of_date = actions.as_of_date
            and confirmed.customer_id = actions.customer_id

    left join contents
        on
            confirmed.as_of_date = last_snapshot.as_of_date
            and confirmed.customer_id = contents.customer_id

),

judged as (

    select
        *,
        has_email_consent or has_sms_consent or has_push_consent as is_syncable,
        case
            when not (has_email_consent or has_sms_consent or has_push_consent)
                then email_suppress_reason
        end as suppress_reason,
        {% for score in ['churn', 'value'] %}
            case {{ score }}_score_status
                when 'not_scored' then missing_score_reason
                when 'ranking_only' then 'level_not_sure'
            end as {{ score }}_unscored_reason
            {%- if not loop.last %},{% endif %}
        {% endfor %}

    from joined

)

select
    *,
    -- the version is not told, so that a refit alone sends nothing
    {{ dbt.hash(
        segmentation.fingerprint_text([
            'email_sha256', 'phone_sha256', 'segment_id', 'segment_name',
            'previous_segment_id', 'segment_changed_at', 'has_email_consent',
            'has_sms_consent', 'has_push_consent', 'suppress_reason',
            segmentation.whole_text('10000 * offer_rate'),
        ] + told)
    ) }} as row_hash

from judged
