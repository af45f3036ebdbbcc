-- One row per customer of the last snapshot: which channels may be used today, whatever
-- was published last, and by which ones tools were told of the customer before.
{{ config(materialized='view') }}
with

consented as (

    select * from {{ ref('int_customer_snapshots__consented') }}

),

last_snapshot as (

    select * from {{ ref('int_snapshots__last') }}

),

told as (

    select * from {{ ref('int_profiles__told') }}

)

select
    consented.customer_id,
    consented.has_email_consent,
    consented.has_sms_consent,
    consented.has_push_consent,
    coalesce(told.has_been_told_by_email, false) as has_been_told_by_email,
    coalesce(told.has_been_told_by_sms, false) as has_been_told_by_sms,
    coalesce(told.has_been_told_by_push, false) as has_been_told_by_push

from consented

inner join last_snapshot
    on consented.as_of_date = last_snapshot.as_of_date

left join told
    on consented.customer_id = told.customer_id
