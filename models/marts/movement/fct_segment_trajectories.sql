-- One row per starting segment and segment: what the next 52 weeks hold if customers go
-- on moving as they have.
{% set pair_items = ['p_transition', 'expected_weeks', 'stationary_share'] %}
{% set segment_items = [
    'mean_weekly_net_amount', 'expected_net_amount', 'expected_net_amount_lower',
    'expected_net_amount_upper'
] %}
with

chain as (

    select * from {{ ref('int_segment_chains__fitted') }}

),

pairs as (

    select
        from_segment_id,
        to_segment_id,
        {% for item in pair_items %}
            max(case when item = '{{ item }}' then numeric_value end) as {{ item }},
        {% endfor %}
        max(case when item = 'n_transitions' then numeric_value end) as n_transitions

    from chain

    where part = 'transition'

    group by from_segment_id, to_segment_id

),

segments as (

    select
        from_segment_id as segment_id,
        {% for item in segment_items %}
            max(case when item = '{{ item }}' then numeric_value end) as {{ item }},
        {% endfor %}
        max(case when item = 'n_customer_weeks' then numeric_value end)
            as n_customer_weeks

    from chain

    where part = 'segment'

    group by from_segment_id

)

select
    -- ids
    pairs.from_segment_id || '|' || pairs.to_segment_id as segment_trajectory_id,
    pairs.from_segment_id,
    pairs.to_segment_id,

    -- strings
    'descriptive: what comes if nothing changes, not what moving somebody would earn'
        as caveat,

    -- numerics
    cast(round(pairs.n_transitions) as {{ dbt.type_bigint() }}) as n_transitions,
    cast(round(from_segments.n_customer_weeks) as {{ dbt.type_bigint() }})
        as n_customer_weeks,
    pairs.p_transition,
    pairs.expected_weeks,
    pairs.stationary_share,
    to_segments.mean_weekly_net_amount,
    pairs.expected_weeks * to_segments.mean_weekly_net_amount
        as expected_net_amount_there,
    from_segments.expected_net_amount,
    from_segments.expected_net_amount_lower,
    from_segments.expected_net_amount_upper

from pairs

inner join segments as from_segments
    on pairs.from_segment_id = from_segments.segment_id

inner join segments as to_segments
    on pairs.to_segment_id = to_segments.segment_id
