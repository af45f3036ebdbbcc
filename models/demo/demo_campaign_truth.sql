-- One row per campaign of the demo shop and customer asked to take part: how much more
-- probable the campaign makes an order. Only the generator and tests may read it.
{{ config(enabled=segmentation.connector() == 'demo') }}
with

members as (

    select * from {{ ref('demo_campaign_members') }}

),

processes as (

    select * from {{ ref('demo_customer_processes') }}

),

campaigns as (

    select * from {{ ref('demo_campaigns') }}

),

uplifts as (

    select * from {{ ref('demo_campaign_uplifts') }}

)

select
    members.campaign_id || '|' || members.customer_id as campaign_member_id,
    members.campaign_id,
    members.customer_id,
    members.arm,
    campaigns.action_id,
    campaigns.campaign_day,
    processes.persona,
    -- who has dropped out is beyond persuading
    case
        when campaigns.campaign_day <= processes.signup_day + processes.lifetime_days
            then uplifts.campaign_uplift
        else 0
    end as planted_uplift

from members

inner join campaigns
    on members.campaign_id = campaigns.campaign_id

inner join processes
    on members.customer_id = processes.customer_id

inner join uplifts
    on
        campaigns.action_id = uplifts.action_id
        and processes.persona = uplifts.persona
