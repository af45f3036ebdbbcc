-- One row per randomised campaign and customer asked to take part.
{{ config(enabled=segmentation.connector() == 'demo') }}
with

processes as (

    select * from {{ ref('demo_customer_processes') }}

),

campaigns as (

    -- campaign_day: days after 2022-01-01
    select * from {{ ref('demo_campaigns') }}

),

members as (

    select
        campaigns.campaign_id,
        campaigns.campaign_day,
        processes.customer_id,
        {{ segmentation.demo_digest(
            "campaigns.campaign_id || '|' || processes.customer_id"
        ) }}
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
