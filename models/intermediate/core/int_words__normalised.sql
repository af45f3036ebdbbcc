-- One row per enumeration and word that is understood, as rows of the inputs are looked
-- up. Where one word is given two meanings, the one that refuses holds.
with

words as (

    select * from {{ segmentation.ref_seed('words') }}

),

statuses as (

    select * from {{ segmentation.ref_seed('order_statuses') }}

),

united as (

    select
        enumeration,
        word,
        meaning
    from words

    union all

    select
        'order_status' as enumeration,
        status as word,
        treatment as meaning
    from statuses

),

normalised as (

    select
        lower(trim(enumeration)) as enumeration,
        {{ segmentation.word('word') }} as word,
        lower(trim(meaning)) as meaning

    from united

),

ranked as (

    select
        *,
        row_number() over (
            partition by enumeration, word
            order by
                case
                    when meaning in ('no', 'unsubscribe', 'complaint', 'bounce') then 0
                    when meaning in ('none', 'other') then 1
                    else 2
                end asc,
                meaning asc
        ) as meaning_rank

    from normalised

    where word is not null

)

select
    enumeration,
    word,
    meaning

from ranked

where meaning_rank = 1
