-- The newest fit gave no cluster a name that a guard forbids: no segment is called lost
-- whose customers came more lately than the average.
{% set tolerance = 1.0e-9 %}
{% call segmentation.if_all_are_built() %}
with

registry as (

    select * from {{ ref('int_segment_models__registered') }}

),

targets as (

    select * from {{ ref('int_segment_targets__chosen') }}

),

newest as (

    select max(version_number) as version_number
    from registry

),

fitted as (

    select registry.*

    from registry

    inner join newest
        on registry.version_number = newest.version_number

),

scalings as (

    select
        feature_name,
        max(case when item = 'location' then numeric_value end) as feature_location,
        max(case when item = 'scale' then numeric_value end) as feature_scale,
        max(case when item = 'mean' then numeric_value end) as feature_mean,
        max(case when item = 'stddev' then numeric_value end) as feature_stddev

    from fitted

    where section = 'feature'

    group by feature_name

),

centers as (

    -- in standard deviations from the mean, as guards are
    select
        fitted.item as segment_id,
        fitted.feature_name,
        (
            fitted.numeric_value * scalings.feature_scale
            + scalings.feature_location
            - scalings.feature_mean
        ) / scalings.feature_stddev as center

    from fitted

    inner join scalings
        on fitted.feature_name = scalings.feature_name

    where fitted.section = 'center'

)

select
    centers.segment_id,
    centers.feature_name,
    centers.center,
    targets.minimum,
    targets.maximum

from centers

inner join targets
    on
        centers.segment_id = targets.segment_id
        and centers.feature_name = targets.feature_name

where
    centers.center < targets.minimum - {{ tolerance }}
    or centers.center > targets.maximum + {{ tolerance }}

{% endcall %}
