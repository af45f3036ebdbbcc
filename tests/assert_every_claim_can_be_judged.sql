-- A claim sets a limit, on a feature that segments are profiled by; and a strategy that
-- claims anything has another to fall back on.
{% call segmentation.if_all_are_built() %}
with

claims as (

    select * from {{ segmentation.ref_seed('claims') }}

),

personas as (

    select * from {{ segmentation.ref_seed('personas') }}

)

select
    claims.segment_id,
    claims.claim,
    claims.feature_name

from claims

inner join personas
    on claims.segment_id = personas.segment_id

where
    claims.feature_name not in (
        '{{ segmentation.profiled_features() | join("', '") }}'
    )
    or coalesce(claims.median_minimum, claims.median_maximum) is null
    or (claims.claim = 'strategy' and personas.fallback_strategy is null)
{% endcall %}
