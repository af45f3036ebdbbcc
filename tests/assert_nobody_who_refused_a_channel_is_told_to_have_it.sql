-- No profile is published with a channel that anybody with the same id, address or
-- number has refused, whatever the day.
{% call segmentation.if_all_are_built() %}
with

profiles as (

    select * from {{ ref('rpt_esp_profiles') }}

),

customers as (

    select * from {{ ref('int_customer_rows__numbered') }}

),

refusals as (

    select * from {{ ref('int_customer_refusals__matched') }}

)

select
    profiles.customer_id,
    refusals.channel,
    refusals.refused_on

from profiles

inner join customers
    on
        profiles.customer_id = customers.customer_id
        and customers.copy_number = 1

inner join refusals
    on customers.customer_key = refusals.customer_key

where
    (refusals.channel = 'email' and profiles.has_email_consent)
    or (refusals.channel = 'sms' and profiles.has_sms_consent)
    or (refusals.channel = 'push' and profiles.has_push_consent)

{% endcall %}
