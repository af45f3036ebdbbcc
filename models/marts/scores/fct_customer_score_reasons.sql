-- One row per score, customer and reason, as of the last snapshot.
with

explained as (

    select * from {{ ref('int_customer_scores__explained') }}

),

phrases as (

    select * from {{ segmentation.ref_seed('reason_phrases') }}

)

select
    explained.score_name || '|' || explained.customer_id || '|'
    || cast(explained.contribution_rank as {{ dbt.type_string() }})
        as customer_score_reason_id,
    explained.customer_id,
    explained.score_name,
    explained.contribution_rank,
    explained.feature_name,
    explained.feature_value,
    explained.contribution,
    case when explained.contribution >= 0 then 'raises' else 'lowers' end as direction,
    case
        when explained.feature_value is null
            then explained.feature_name || ' unknown'
        else
            trim(
                coalesce(phrases.words_before, explained.feature_name) || ' '
                || {{ segmentation.whole_text(
                    'explained.feature_value * coalesce(phrases.factor, 1)'
                ) }}
                || ' ' || coalesce(phrases.words_after, '')
            )
    end as contribution_in_words,
    explained.as_of_date

from explained

left join phrases
    on explained.feature_name = phrases.feature_name
