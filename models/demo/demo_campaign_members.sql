-- One row per randomised campaign and customer asked to take part.
{{ config(enabled=segmentation.connector() == 'demo') }}
-- days after 2022-01-01: mid February, June and October and late November 2024
{% set campaign_days = [775, 896, 1018, 1054] %}
with

processes as (

    select * from {{ ref('demo_customer_processes') }}

),

campaigns as (

    {% for campaign_day in campaign_days %}
        select
            'experiment-{{ loop.index }}' as campaign_id,
            {{ campaign_day }} as campaign_day
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

members as (

    select
        campaigns.campaign_id,
        campaigns.campaign_day,
        processes.customer_id,
        {{ dbt.hash("campaigns.campaign_id || '|' || processes.customer_id") }}
            as digest

    from campaigns

    inner join processes
        on processes.signup_day < campaigns.campaign_day - 30

    where campaigns.campaign_day < {{ segmentation.demo_end_day() }}

)

select
    campaign_id,
    customer_id,
    case
        when {{ segmentation.hash_unit('digest', 0) }} < 0.5 then 'treatment'
        else 'control'
    end as arm,
    {{ segmentation.demo_timestamp('campaign_day + 0.375') }} as assigned_at,
    'email' as channel,
    0.05 as cost

from members
