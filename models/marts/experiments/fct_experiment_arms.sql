-- One row per experiment and arm that customers were assigned to.
with

members as (

    select * from {{ ref('int_experiment_members__united') }}

),

dated as (

    select * from {{ ref('int_experiments__dated') }}

),

experiments as (

    select * from {{ ref('dim_experiments') }}

),

arms as (

    select
        experiment_id,
        arm,
        count(*) as n_customers,
        {% for rate in ['has_ordered', 'has_visited', 'has_clicked'] %}
            avg(
                case
                    when {{ rate }}_within
                        then cast(1 as {{ segmentation.type_double() }})
                    else 0
                end
            ) as {{ rate }},
        {% endfor %}
        {% for mean in ['n_orders', 'net_amount', 'margin_amount'] %}
            avg(cast({{ mean }}_within as {{ segmentation.type_double() }}))
                as {{ mean }}
            {%- if not loop.last %},{% endif %}
        {% endfor %}

    from members

    group by experiment_id, arm

),

shared as (

    select
        arms.*,
        case
            when arms.arm = 'control' then 1 - dated.treatment_share
            when dated.n_arms > 1 then dated.treatment_share / (dated.n_arms - 1)
        end as planned_share,
        dated.n_members,
        -- outcomes are shown when they are complete, and not peeked at before
        experiments.experiment_status = 'read' as is_readable,
        experiments.srm_p_value

    from arms

    inner join dated
        on arms.experiment_id = dated.experiment_id

    inner join experiments
        on arms.experiment_id = experiments.experiment_id

)

select
    -- ids
    experiment_id || '|' || arm as experiment_arm_id,
    experiment_id,

    -- strings
    arm,

    -- numerics
    cast(n_customers as {{ dbt.type_bigint() }}) as n_customers,
    round(planned_share * n_members, 6) as expected_customers,
    srm_p_value,
    case when is_readable then has_ordered end as order_rate,
    case when is_readable then has_visited end as visit_rate,
    case when is_readable then has_clicked end as click_rate,
    case when is_readable then n_orders end as mean_orders,
    case when is_readable then net_amount end as mean_net_amount,
    case when is_readable then margin_amount end as mean_margin_amount

from shared
