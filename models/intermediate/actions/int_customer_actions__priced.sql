-- One row per customer, snapshot and allowed action: the margin that its uplift is
-- expected to add.
{{ config(
    materialized='incremental',
    incremental_strategy=segmentation.snapshot_strategy(),
    unique_key=segmentation.snapshot_unique_key(),
    partition_by=segmentation.snapshot_partition(),
    on_schema_change='fail'
) }}
{% set double = segmentation.type_double() %}
with

uplifted as (

    select * from {{ ref('int_customer_actions__uplifted') }}
    {{ segmentation.where_snapshot_is_due(this) }}

),

valued as (

    select * from {{ ref('int_customer_snapshots__valued') }}
    {{ segmentation.where_snapshot_is_due(this) }}

),

actions as (

    select * from {{ segmentation.ref_seed('actions') }}

),

channels as (

    select * from {{ segmentation.ref_seed('channels') }}

),

offered as (

    select
        uplifted.*,
        actions.offer_type,
        actions.priority,
        actions.outcome_days,
        actions.offer_rate,
        cast(actions.offer_amount as {{ double }}) as offer_amount,
        cast(channels.contact_cost_amount as {{ double }}) as contact_cost_amount

    from uplifted

    inner join actions
        on uplifted.action_id = actions.action_id

    inner join channels
        on actions.channel = channels.channel

),

costed as (

    select
        offered.*,
        valued.expected_order_amount * valued.margin_rate as order_margin_amount,
        -- an even hazard over the horizon
        1 - power(
            1 - valued.p_order,
            {{ segmentation.ratio(
                'offered.outcome_days', var('segmentation_churn_horizon_days')
            ) }}
        ) as p_order_anyway,
        offered.offer_rate * valued.expected_order_amount + offered.offer_amount
            as offer_cost_per_order_amount

    from offered

    inner join valued
        on
            offered.as_of_date = valued.as_of_date
            and offered.customer_id = valued.customer_id

)

select
    as_of_date,
    customer_id,
    action_id,
    play_id,
    segment_id,
    trigger_id,
    channel,
    offer_type,
    priority,
    action_starts_on,
    action_expires_on,
    evidence,
    measured_on_stratum,
    outcome_days,
    expected_uplift,
    expected_uplift_low,
    expected_uplift_high,
    p_order_anyway,
    order_margin_amount,
    offer_cost_per_order_amount,
    contact_cost_amount,
    -- the offer is taken by those who would have ordered anyway, too
    round(
        greatest(p_order_anyway + expected_uplift, 0) * offer_cost_per_order_amount, 6
    ) as offer_cost_amount,
    {% for bound in ['', '_low', '_high'] %}
        round(
            expected_uplift{{ bound }} * order_margin_amount
            - greatest(p_order_anyway + expected_uplift{{ bound }}, 0)
            * offer_cost_per_order_amount
            - contact_cost_amount,
            6
        ) as expected_margin{{ bound }}_amount
        {%- if not loop.last %},{% endif %}
    {% endfor %}

from costed
