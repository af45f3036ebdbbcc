-- One row per customer, channel and day on which something was sent.
with

days as (

    select * from {{ ref('int_customer_days__engaged') }}

),

members as (

    select * from {{ ref('int_campaign_members__checked') }}

),

sent as (

    select
        customer_id,
        'email' as channel,
        activity_on as contacted_on,
        n_emails_sent as n_contacts

    from days

    where n_emails_sent > 0

    union all

    -- the control arm was left alone
    select
        customer_id,
        coalesce(channel, 'email') as channel,
        {{ segmentation.day_of('assigned_at') }} as contacted_on,
        cast(1 as {{ dbt.type_bigint() }}) as n_contacts

    from members

    where
        reject_reason is null
        and arm != 'control'

)

select
    customer_id,
    channel,
    contacted_on,
    -- a campaign's mail may be reported by the tool that sent it, too
    max(n_contacts) as n_contacts

from sent

group by
    customer_id,
    channel,
    contacted_on
