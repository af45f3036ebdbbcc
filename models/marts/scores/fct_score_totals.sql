-- One row per score and segment, or all customers, as of the last snapshot: the sum of
-- what is expected, and where it lies in 95 % of cases by how far past days were off.
--
-- On each day the score was off by so much in each tenth of its customers. Errors of a
-- day, weighted by where the segment's customers rank today, are the segment's error if
-- today were such a day; their spread over the days gives the interval of the next one
-- (Student's t). What single customers differ by beyond it adds to that.
{% set double = segmentation.type_double() %}
with

scores as (

    select * from {{ ref('fct_customer_scores') }}

),

segments as (

    select * from {{ ref('dim_customer_segments') }}

),

registry as (

    select * from {{ ref('int_score_models__registered') }}

),

published as (

    select
        as_of_date,
        customer_id,
        'repurchase' as score_name,
        churn_model_version as model_version,
        churn_horizon_days as horizon_days,
        1 - p_churn as expected
    from scores
    where p_churn is not null

    union all

    select
        as_of_date,
        customer_id,
        'value' as score_name,
        value_model_version as model_version,
        value_horizon_days as horizon_days,
        expected_revenue as expected
    from scores
    where expected_revenue is not null

),

ranked as (

    select
        published.*,
        segments.segment_id,
        ntile(10) over (
            partition by published.score_name
            order by published.expected asc, published.customer_id asc
        ) as tenth,
        -- errors of amounts are in units of the mean amount
        case published.score_name
            when 'value'
                then avg(published.expected) over (partition by published.score_name)
            else 1
        end as unit

    from published

    inner join segments
        on
            published.as_of_date = segments.as_of_date
            and published.customer_id = segments.customer_id

),

grouped as (

    select * from ranked

    union all

    select
        as_of_date,
        customer_id,
        score_name,
        model_version,
        horizon_days,
        expected,
        'all' as segment_id,
        tenth,
        unit
    from ranked

),

counted as (

    select
        score_name,
        model_version,
        segment_id,
        tenth,
        as_of_date,
        horizon_days,
        count(*) as n_customers,
        sum(expected) as expected_total,
        max(unit) as unit

    from grouped

    group by
        score_name,
        model_version,
        segment_id,
        tenth,
        as_of_date,
        horizon_days

),

totals as (

    select
        score_name,
        model_version,
        segment_id,
        as_of_date,
        horizon_days,
        sum(n_customers) as n_customers,
        sum(expected_total) as expected_total

    from counted

    group by
        score_name,
        model_version,
        segment_id,
        as_of_date,
        horizon_days

),

errors as (

    select
        model_version,
        substr(item, 1, 10) as origin_day,
        cast(substr(item, 12) as {{ dbt.type_int() }}) as tenth,
        numeric_value as mean_error,
        predicted_value as variance_beyond

    from registry

    where section = 'tenth'

),

reaches as (

    select
        model_version,
        numeric_value as reach

    from registry

    where
        section = 'level'
        and item = 'reach'

),

daily as (

    select
        counted.score_name,
        counted.segment_id,
        errors.origin_day,
        sum(counted.n_customers * counted.unit * errors.mean_error) as error_total,
        sum(
            counted.n_customers * counted.unit * counted.unit * errors.variance_beyond
        ) as variance_total

    from counted

    inner join errors
        on
            counted.model_version = errors.model_version
            and counted.tenth = errors.tenth

    group by
        counted.score_name,
        counted.segment_id,
        errors.origin_day

),

spread as (

    select
        score_name,
        segment_id,
        count(*) as n_origins,
        avg(error_total) as mean_error,
        stddev_samp(error_total) as error_stddev,
        avg(variance_total) as variance_total

    from daily

    group by
        score_name,
        segment_id

),

bounded as (

    select
        totals.*,
        spread.n_origins,
        spread.mean_error,
        sqrt(
            power(reaches.reach * spread.error_stddev, 2)
            + power(1.959964, 2) * spread.variance_total
        ) as half_width

    from totals

    left join spread
        on
            totals.score_name = spread.score_name
            and totals.segment_id = spread.segment_id

    left join reaches
        on totals.model_version = reaches.model_version

)

select
    -- ids
    score_name || '|' || segment_id as score_total_id,
    score_name,
    segment_id,
    model_version,

    -- numerics
    horizon_days,
    cast(n_customers as {{ dbt.type_bigint() }}) as n_customers,
    cast(coalesce(n_origins, 0) as {{ dbt.type_bigint() }}) as n_origins,
    cast(expected_total as {{ double }}) as expected_total,
    cast(
        case
            when half_width is not null
                then greatest(expected_total + mean_error - half_width, 0)
        end as {{ double }}
    ) as low_total,
    cast(
        case
            when half_width is not null then expected_total + mean_error + half_width
        end as {{ double }}
    ) as high_total,

    -- timestamps
    as_of_date

from bounded
