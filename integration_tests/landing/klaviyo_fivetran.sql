-- The shop's mail, consents and refusals in Klaviyo's tables, as Fivetran lands them.
-- Every second profile is known by its address alone, unless two share it.
create schema landed_klaviyo;

create table landed_klaviyo.person as
select
    'K' || customer_id as id,
    case when shares_address or cast(substr(customer_id, 2) as integer) % 2 = 0 then customer_id end
        as external_id,
    email,
    phone as phone_number,
    case
        when has_email_consent then 'SUBSCRIBED'
        when not has_email_consent then 'UNSUBSCRIBED'
    end as subscriptions_email_marketing_consent,
    case when has_email_consent then email_consent_at end
        as subscriptions_email_marketing_timestamp,
    coalesce(has_email_consent, true)
        as subscriptions_email_marketing_can_receive_email_marketing,
    case
        when has_sms_consent then 'SUBSCRIBED'
        when not has_sms_consent then 'UNSUBSCRIBED'
    end as subscriptions_sms_marketing_consent,
    case when has_sms_consent then sms_consent_at end
        as subscriptions_sms_marketing_timestamp,
    false as _fivetran_deleted
from landed_shop.customers;

create table landed_klaviyo.metric as
select
    'M-' || event_type as id,
    name
from (
    values
        ('sent', 'Received Email'),
        ('open', 'Opened Email'),
        ('click', 'Clicked Email'),
        ('bounce', 'Bounced Email'),
        ('unsubscribe', 'Unsubscribed from Email Marketing'),
        ('none', 'Placed Order')
) as metrics (event_type, name);

create table landed_klaviyo.event as
select
    email_event_id as id,
    'K' || customer_id as person_id,
    'M-' || event_type as metric_id,
    campaign_id,
    cast(null as varchar) as flow_id,
    occurred_at as "timestamp",
    false as _fivetran_deleted
from landed_shop.email_events

union all

-- events that are nothing to do with mail
select
    'order ' || order_id as id,
    'K' || customer_id as person_id,
    'M-none' as metric_id,
    null as campaign_id,
    null as flow_id,
    ordered_at as "timestamp",
    false as _fivetran_deleted
from landed_shop.orders
where customer_id is not null;

create table landed_klaviyo.global_exclusion as
select
    'K' || customer_id as person_id,
    max(event_type) as reason,
    min(occurred_at) as "timestamp",
    false as _fivetran_deleted
from landed_shop.email_events
where event_type in ('bounce', 'unsubscribe')
group by customer_id;
