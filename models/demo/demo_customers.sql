-- One row per customer account of the demo shop as its system exports it, dirt
-- included: test accounts, erased accounts, and addresses in mixed case, some of them
-- shared by two accounts.
{{ config(enabled=segmentation.connector() == 'demo') }}
{% set end_day = segmentation.demo_end_day() %}
with

processes as (

    select * from {{ ref('demo_customer_processes') }}

),

digests as (

    select
        customer_id,
        customer_number,
        signup_day,
        email_consent_probability,
        {{ segmentation.demo_digest("'profile|' || customer_id") }} as profile_digest,
        {{ segmentation.demo_digest("'account|' || customer_id") }} as account_digest

    from processes

    where signup_day < {{ end_day }}

),

drawn as (

    select
        customer_id,
        customer_number,
        signup_day,
        email_consent_probability,
        {{ segmentation.hash_unit('profile_digest', 0) }} as consent_draw,
        {{ segmentation.hash_unit('profile_digest', 1) }} as age_draw,
        {{ segmentation.hash_unit('profile_digest', 2) }} as gender_draw,
        {{ segmentation.hash_unit('profile_digest', 3) }} as state_draw,
        {{ segmentation.hash_unit('account_digest', 0) }} as account_draw,
        {{ segmentation.hash_unit('account_digest', 1) }} as phone_draw,
        {{ segmentation.hash_unit('account_digest', 2) }} as spelling_draw,
        {{ segmentation.hash_unit('account_digest', 3) }} as erasure_draw

    from digests

),

addressed as (

    -- one account in a hundred was opened a second time with the same address
    select
        *,
        'customer' || cast(
            case
                when spelling_draw < 0.01 and customer_number > 0
                    then customer_number - 1
                else customer_number
            end as {{ dbt.type_string() }}
        ) as local_part

    from drawn

)

select
    customer_id,
    case
        when spelling_draw < 0.10 then upper(local_part) || '@Example.COM '
        else local_part || '@example.com'
    end as email,
    case
        when phone_draw < 0.4
            then '+1555' || lpad(
                cast(customer_number as {{ dbt.type_string() }}), 7, '0'
            )
    end as phone,
    {{ segmentation.demo_timestamp('signup_day') }} as first_seen_at,
    {{ segmentation.dateadd_days(
        '-cast(floor(6600 + 18000 * age_draw) as ' ~ dbt.type_int() ~ ')',
        "cast('2022-01-01' as date)"
    ) }} as birth_date,
    case
        when gender_draw < 0.52 then 'female'
        when gender_draw < 0.97 then 'male'
    end as gender,
    'US' as country,
    case
        when state_draw < 0.30 then 'California'
        when state_draw < 0.55 then 'Texas'
        when state_draw < 0.75 then 'New York'
        when state_draw < 0.90 then 'Florida'
        else 'Ohio'
    end as state,
    case
        when state_draw * 20 - floor(state_draw * 20) < 0.6 then 'Capital'
        else 'Town'
    end as city,
    case
        when consent_draw < email_consent_probability then true
        when consent_draw < 0.97 then false
    end as has_email_consent,
    {{ segmentation.demo_timestamp('signup_day') }} as email_consent_at,
    phone_draw < 0.2 as has_sms_consent,
    {{ segmentation.demo_timestamp('signup_day') }} as sms_consent_at,
    phone_draw > 0.7 as has_push_consent,
    {{ segmentation.demo_timestamp('signup_day') }} as push_consent_at,
    account_draw < 0.004 as is_test_account,
    case
        when erasure_draw < 0.002 and signup_day + 200 < {{ end_day }}
            then {{ segmentation.demo_timestamp('signup_day + 200') }}
    end as erased_at

from addressed
