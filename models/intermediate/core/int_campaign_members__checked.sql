-- One row per campaign membership received, with the reason it was rejected for, if
-- any.
with

members as (

    select * from {{ ref('int_campaign_members__united') }}

),

customers as (

    select * from {{ ref('int_customers__checked') }}

),

arms as (

    {{ segmentation.words_of('campaign_members', 'arm') }}

),

channels as (

    {{ segmentation.words_of('campaign_members', 'channel') }}

),

known_customers as (

    select
        customer_id,
        reject_reason

    from customers

    where copy_number = 1

),

numbered as (

    select
        *,
        row_number() over (
            partition by campaign_id, customer_id
            order by
                assigned_at asc nulls last,
                arm asc nulls last
        ) as copy_number

    from members

),

looked_up as (

    select
        numbered.*,
        arms.meaning as arm_meaning,
        channels.meaning as channel_meaning,
        known_customers.customer_id is not null as has_customer,
        known_customers.reject_reason as customer_reject_reason

    from numbered

    left join known_customers
        on numbered.customer_id = known_customers.customer_id

    left join arms
        on numbered.arm = arms.spelling

    left join channels
        on numbered.channel = channels.spelling

)

select
    coalesce(campaign_id, '') || '|' || coalesce(customer_id, '') as campaign_member_id,
    campaign_id,
    customer_id,
    -- an arm that is no common word is a variant by its own name
    case
        when coalesce(arm_meaning, '') != 'none'
            then coalesce(arm_meaning, {{ segmentation.label('arm') }})
    end as arm,
    case
        when coalesce(channel_meaning, '') != 'none'
            then coalesce(channel_meaning, {{ segmentation.label('channel') }})
    end as channel,
    {{ segmentation.within_range('campaign_members', 'cost') }} as cost,
    assigned_at,
    copy_number,
    case
        when campaign_id is null or customer_id is null then 'missing_key'
        when copy_number > 1 then 'duplicate_key'
        when not has_customer then 'unknown_customer'
        when customer_reject_reason is not null then customer_reject_reason
        when assigned_at is null then 'missing_date'
        when assigned_at > {{ segmentation.extracted_at() }} then 'future_date'
        when {{ segmentation.is_out_of_range('campaign_members', 'assigned_at') }}
            then 'implausible_date'
    end as reject_reason

from looked_up
