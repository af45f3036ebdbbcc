-- One row per channel, kind of refusal and reason for which refusals on record close it
-- to nobody for sure: how many there are. They are not lost: look who is meant.
with

refusals as (

    select * from {{ ref('int_refusals__collected') }}

),

numbered as (

    select * from {{ ref('int_customer_rows__numbered') }}

),

contacts as (

    select * from {{ ref('int_contacts__read') }}

),

known as (

    select distinct {{ segmentation.person_key('customer_key') }} as person_key
    from numbered
    where customer_key is not null

),

texts as (

    select
        spelling_key,
        max(case when contact = 'in part' then 1 else 0 end) as is_read_in_part

    from contacts

    group by spelling_key

),

judged as (

    select
        refusals.channel,
        refusals.refusal_reason,
        refusals.n_rows,
        case
            when
                refusals.email_spelling_key is null
                and refusals.phone_spelling_key is null
                and refusals.customer_key is null
                then 'no_contact'
            when
                refusals.email_spelling_key is null
                and refusals.phone_spelling_key is null
                and id_texts.spelling_key is null
                then 'unknown_customer'
            when
                email_texts.is_read_in_part = 1
                or phone_texts.is_read_in_part = 1
                then 'read_in_part'
            when
                (
                    refusals.email_spelling_key is not null
                    and email_texts.spelling_key is null
                )
                or (
                    refusals.phone_spelling_key is not null
                    and phone_texts.spelling_key is null
                )
                then 'unreadable_contact'
        end as unread_reason

    from refusals

    left join known
        on {{ segmentation.person_key('refusals.customer_key') }} = known.person_key

    left join texts as email_texts
        on refusals.email_spelling_key = email_texts.spelling_key

    left join texts as phone_texts
        on refusals.phone_spelling_key = phone_texts.spelling_key

    left join texts as id_texts
        on
            {{ segmentation.spelling_key('refusals.customer_key') }}
            = id_texts.spelling_key

    -- whoever is known by an id is closed by it
    where known.person_key is null

)

select
    channel,
    refusal_reason,
    unread_reason,
    cast(sum(n_rows) as {{ dbt.type_bigint() }}) as n_rows

from judged

where unread_reason is not null

group by
    channel,
    refusal_reason,
    unread_reason
