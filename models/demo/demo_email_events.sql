-- One row per thing that happened to a newsletter of the demo shop, sent every four
-- weeks to those who consented.
{{ config(enabled=segmentation.connector() == 'demo') }}
{% set end_day = segmentation.demo_end_day() %}
with

processes as (

    select * from {{ ref('demo_customer_processes') }}

),

numbers as (

    select * from {{ ref('demo_numbers') }}

),

recipients as (

    select
        processes.customer_id,
        processes.open_probability,
        processes.click_probability,
        processes.signup_day + processes.lifetime_days as dropout_day,
        'news-' || cast(numbers.number as {{ dbt.type_string() }}) as campaign_id,
        numbers.number * 28 + 0.4 as sent_day,
        {{ segmentation.demo_digest(
            "'mail|' || processes.customer_id || '|' || cast(numbers.number as "
            ~ dbt.type_string() ~ ")"
        ) }} as digest

    from processes

    inner join numbers
        on processes.signup_day < numbers.number * 28

    where
        numbers.number < 52
        and {{ segmentation.hash_unit(
            dbt.hash("'profile|' || processes.customer_id")
        ) }}
        < processes.email_consent_probability

),

drawn as (

    -- who has dropped out opens a fifth as often
    select
        customer_id,
        campaign_id,
        'M' || substr(customer_id, 2) || '-' || campaign_id as message_id,
        sent_day,
        {{ segmentation.hash_unit('digest', 0) }} as bounce_draw,
        {{ segmentation.hash_unit('digest', 1) }}
        < open_probability * case when sent_day > dropout_day then 0.2 else 1 end
            as is_opened,
        {{ segmentation.hash_unit('digest', 2) }}
        < click_probability / open_probability as is_clicked,
        {{ segmentation.hash_unit('digest', 3) }} as delay_draw

    from recipients

),

events as (

    select
        customer_id,
        campaign_id,
        message_id,
        'sent' as event_type,
        sent_day as event_day
    from drawn

    union all

    select
        customer_id,
        campaign_id,
        message_id,
        'bounce' as event_type,
        sent_day + 0.001 as event_day
    from drawn
    where bounce_draw < 0.005

    union all

    select
        customer_id,
        campaign_id,
        message_id,
        'open' as event_type,
        sent_day + 2 * delay_draw as event_day
    from drawn
    where is_opened and bounce_draw >= 0.005

    union all

    select
        customer_id,
        campaign_id,
        message_id,
        'click' as event_type,
        sent_day + 2 * delay_draw + 0.001 as event_day
    from drawn
    where is_opened and is_clicked and bounce_draw >= 0.005

    union all

    select
        customer_id,
        campaign_id,
        message_id,
        'unsubscribe' as event_type,
        sent_day + 2.5 as event_day
    from drawn
    where is_opened and bounce_draw > 0.997

)

select
    message_id || '-' || event_type as email_event_id,
    customer_id,
    campaign_id,
    message_id,
    event_type,
    {{ segmentation.demo_timestamp('event_day') }} as occurred_at

from events

where event_day < {{ end_day }}
