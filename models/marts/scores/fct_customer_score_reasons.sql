-- One row per score, customer and reason, as of the last snapshot.
with

explained as (

    select * from {{ ref('int_customer_scores__explained') }}

),

feature_words as (

    select * from {{ segmentation.ref_seed('feature_words') }}

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
    {{ segmentation.feature_in_words(
        'feature_words', 'explained.feature_name', 'explained.feature_value'
    ) }} as contribution_in_words,
    explained.as_of_date

from explained

left join feature_words
    on explained.feature_name = feature_words.feature_name
