-- One row per customer with an order and reason, as of the last snapshot: what speaks
-- for the published segment, in words, the strongest first.
{% set features = segmentation.scorable_features() %}
{% set double = segmentation.type_double() %}
{% set ruled = {
    'recency_days': 'recency_score', 'n_orders': 'frequency_score',
    'net_amount': 'monetary_score'
} %}
with

confirmed as (

    select * from {{ ref('int_customer_segments__confirmed') }}

),

versions as (

    select * from {{ ref('int_segment_versions__effective') }}

),

registry as (

    select * from {{ ref('int_segment_models__registered') }}

),

features as (

    select * from {{ ref('fct_customer_features') }}

),

rfm as (

    select * from {{ ref('fct_customer_rfm') }}

),

feature_words as (

    select * from {{ segmentation.ref_seed('feature_words') }}

),

last_snapshot as (

    select max(as_of_date) as as_of_date
    from confirmed

),

active as (

    select
        versions.as_of_date,
        versions.model_version,
        versions.method

    from versions

    inner join last_snapshot
        on versions.as_of_date = last_snapshot.as_of_date

),

scalings as (

    select
        registry.feature_name,
        max(case when registry.item = 'null_reference' then registry.numeric_value end)
            as null_reference,
        max(case when registry.item = 'transform' then registry.text_value end)
            as transform,
        max(case when registry.item = 'location' then registry.numeric_value end)
            as location,
        max(case when registry.item = 'scale' then registry.numeric_value end) as scale,
        max(case when registry.item = 'weight' then registry.numeric_value end)
            as weight,
        max(case when registry.item = 'mean' then registry.numeric_value end) as mean,
        max(case when registry.item = 'stddev' then registry.numeric_value end)
            as stddev

    from registry

    inner join active
        on registry.model_version = active.model_version

    where
        registry.section = 'feature'
        and registry.item != 'unavailable'
        and active.method != 'rules'

    group by registry.feature_name

),

centers as (

    -- in standard deviations from the mean, whatever the recipe's scaling
    select
        registry.item as segment_id,
        registry.feature_name,
        (
            registry.numeric_value * scalings.scale
            + scalings.location
            - scalings.mean
        ) / scalings.stddev as center_score

    from registry

    inner join active
        on registry.model_version = active.model_version

    inner join scalings
        on registry.feature_name = scalings.feature_name

    where registry.section = 'center'

),

current_features as (

    select
        confirmed.segment_id,
        features.*

    from confirmed

    inner join last_snapshot
        on confirmed.as_of_date = last_snapshot.as_of_date

    inner join features
        on
            confirmed.as_of_date = features.as_of_date
            and confirmed.customer_id = features.customer_id

    where features.has_ordered

),

measured as (

    {% for feature in features %}
        select
            customer_id,
            segment_id,
            median_gap_days,
            '{{ feature }}' as feature_name,
            cast({{ feature }} as {{ double }}) as feature_value
        from current_features
        where {{ feature }} is not null
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

scored as (

    select
        measured.customer_id,
        measured.segment_id,
        measured.median_gap_days,
        measured.feature_name,
        measured.feature_value,
        scalings.null_reference as typical_value,
        scalings.weight,
        (
            case
                when scalings.transform = 'log'
                    then ln(1 + greatest(measured.feature_value, 0))
                else measured.feature_value
            end - scalings.mean
        ) / scalings.stddev as feature_score

    from measured

    inner join scalings
        on measured.feature_name = scalings.feature_name

),

fitted_pulls as (

    -- what sets both the segment and the customer apart; the customer alone where the
    -- segment has no centre, as that of the whales
    select
        scored.customer_id,
        scored.feature_name,
        scored.feature_value,
        scored.typical_value,
        scored.median_gap_days,
        case
            when centers.center_score is null
                then scored.weight * abs(scored.feature_score)
            else scored.weight * scored.feature_score * centers.center_score
        end as pull

    from scored

    left join centers
        on
            scored.segment_id = centers.segment_id
            and scored.feature_name = centers.feature_name

),

ruled_pulls as (

    -- rules know quintiles: the further from the middle one, the more it says
    {% for feature, score in ruled.items() %}
        select
            current_features.customer_id,
            '{{ feature }}' as feature_name,
            cast(current_features.{{ feature }} as {{ double }}) as feature_value,
            cast(null as {{ double }}) as typical_value,
            current_features.median_gap_days,
            cast(abs(rfm.{{ score }} - 3) as {{ double }}) as pull
        from current_features
        inner join rfm
            on
                current_features.as_of_date = rfm.as_of_date
                and current_features.customer_id = rfm.customer_id
        inner join active
            on current_features.as_of_date = active.as_of_date
        where
            current_features.{{ feature }} is not null
            and active.method = 'rules'
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

pulls as (

    select * from fitted_pulls
    union all
    select * from ruled_pulls

),

ranked as (

    select
        customer_id,
        feature_name,
        feature_value,
        typical_value,
        median_gap_days,
        row_number() over (
            partition by customer_id
            order by pull desc, feature_name asc
        ) as reason_number

    from pulls

)

select
    ranked.customer_id,
    ranked.reason_number,
    ranked.feature_name,
    ranked.feature_value,
    ranked.typical_value,
    {{ segmentation.feature_in_words(
        'feature_words', 'ranked.feature_name', 'ranked.feature_value'
    ) }} || case
        when
            ranked.feature_name = 'recency_days'
            and ranked.median_gap_days is not null
            then
                '; usual gap '
                || {{ segmentation.whole_text('ranked.median_gap_days') }}
        when ranked.typical_value is not null
            then
                ' (typical: '
                || {{ segmentation.whole_text(
                    'ranked.typical_value * coalesce(feature_words.factor, 1)'
                ) }}
                || ')'
        else ''
    end as reason_in_words

from ranked

left join feature_words
    on ranked.feature_name = feature_words.feature_name

where ranked.reason_number <= 3
