-- One row per score, published snapshot whose window has closed, and group of
-- customers.
{% set double = segmentation.type_double() %}
with

graded as (

    select * from {{ ref('int_customer_scores__graded') }}

),

grouped as (

    select
        score_name,
        as_of_date,
        model_version,
        horizon_days,
        closed_on,
        score,
        outcome,
        contact_group
    from graded

    union all

    select
        score_name,
        as_of_date,
        model_version,
        horizon_days,
        closed_on,
        score,
        outcome,
        'all' as contact_group
    from graded

),

ranked as (

    select
        *,
        -- ties share their middle rank, so that equal scores tell nothing
        rank() over (
            partition by score_name, as_of_date, contact_group order by score asc
        ) + (
            count(*) over (
                partition by score_name, as_of_date, contact_group, score
            ) - 1
        ) / 2.0e0 as middle_rank

    from grouped

),

summed as (

    select
        score_name,
        as_of_date,
        contact_group,
        min(horizon_days) as horizon_days,
        min(model_version) as model_version,
        min(closed_on) as closed_on,
        count(*) as n_customers,
        sum(case when outcome > 0 then 1 else 0 end) as n_positive,
        avg(score) as mean_score,
        avg(outcome) as mean_outcome,
        avg(abs(score - outcome)) as mae,
        avg(power(score - outcome, 2)) as mean_squared_error,
        sum(case when outcome > 0 then middle_rank else 0 end) as positive_ranks

    from ranked

    group by
        score_name,
        as_of_date,
        contact_group

)

select
    score_name || '|' || cast(as_of_date as {{ dbt.type_string() }}) || '|'
    || contact_group as score_backtest_id,
    score_name,
    as_of_date,
    contact_group,
    model_version,
    horizon_days,
    cast(n_customers as {{ dbt.type_bigint() }}) as n_customers,
    cast(mean_score as {{ double }}) as mean_score,
    cast(mean_outcome as {{ double }}) as mean_outcome,
    cast(mean_score - mean_outcome as {{ double }}) as mean_difference,
    cast(mae as {{ double }}) as mean_absolute_error,
    cast(
        case when score_name = 'repurchase' then mean_squared_error end as {{ double }}
    ) as brier_score,
    cast(
        case
            when score_name = 'repurchase'
                then
                    (positive_ranks - n_positive * (n_positive + 1) / 2.0e0)
                    / nullif(1.0e0 * n_positive * (n_customers - n_positive), 0)
        end as {{ double }}
    ) as auc,
    closed_on

from summed
