-- One row per experiment and customer in it, with what was known of the customer before
-- the assignment: segment, RFM group and recent orders.
{% set recent_days = 90 %}
with

members as (

    select * from {{ ref('int_experiment_members__enrolled') }}

),

confirmed as (

    select * from {{ ref('int_customer_segments__confirmed') }}

),

days as (

    select * from {{ ref('int_customer_days__ordered') }}

),

cells as (

    select * from {{ segmentation.ref_seed('rfm_cells') }}

),

weeks as (

    -- RFM is measured at the end of the last Sunday before: one population a week, also
    -- where customers are assigned every day; 1900-01-01 was a Monday
    select
        experiment_member_id,
        customer_id,
        {{ segmentation.dateadd_days(
            '-1 - mod(' ~ segmentation.days_between(
                "cast('1900-01-01' as date)", 'outcome_starts_on'
            ) ~ ', 7)',
            'outcome_starts_on'
        ) }} as as_of_date

    from members

),

population_days as (

    select distinct as_of_date
    from weeks

),

population as (

    select
        population_days.as_of_date,
        days.customer_id,
        {{ segmentation.days_between(
            'max(case when days.n_orders > 0 then days.activity_on end)',
            'population_days.as_of_date'
        ) }} as recency_days,
        sum(days.n_orders) as n_orders,
        sum(days.gross_amount - days.discount_amount - days.returned_amount)
            as net_amount

    from population_days

    inner join days
        on
            population_days.as_of_date >= days.activity_on
            and population_days.as_of_date < days.voided_on

    group by population_days.as_of_date, days.customer_id

    having sum(days.n_orders) > 0

),

{% for measure in ['recency_days', 'n_orders', 'net_amount'] %}

    {{ measure }}_counts as (

        select
            as_of_date,
            {{ measure }},
            count(*) as n_customers

        from population

        group by as_of_date, {{ measure }}

    ),

    {{ measure }}_scores as (

        {{ segmentation.tied_quintiles(
            measure ~ '_counts', measure, 'desc' if measure == 'recency_days' else 'asc'
        ) }}

    ),

{% endfor %}

scored as (

    select
        population.as_of_date,
        population.customer_id,
        cells.segment_id as rfm_group

    from population

    inner join recency_days_scores
        on
            population.as_of_date = recency_days_scores.as_of_date
            and population.recency_days = recency_days_scores.recency_days

    inner join n_orders_scores
        on
            population.as_of_date = n_orders_scores.as_of_date
            and population.n_orders = n_orders_scores.n_orders

    inner join net_amount_scores
        on
            population.as_of_date = net_amount_scores.as_of_date
            and population.net_amount = net_amount_scores.net_amount

    inner join cells
        on
            recency_days_scores.score = cells.recency_score
            and {{ segmentation.frequency_monetary_score(
                'n_orders_scores.score', 'net_amount_scores.score'
            ) }} = cells.frequency_monetary_score

),

segmented as (

    select
        members.experiment_member_id,
        confirmed.segment_id,
        row_number() over (
            partition by members.experiment_member_id
            order by confirmed.as_of_date desc
        ) as snapshots_ago

    from members

    inner join confirmed
        on
            members.customer_id = confirmed.customer_id
            and members.outcome_starts_on > confirmed.as_of_date

),

recent as (

    select
        members.experiment_member_id,
        sum(days.n_orders) as n_orders_before,
        sum(days.gross_amount - days.discount_amount - days.returned_amount)
            as net_amount_before,
        max(
            case
                when
                    days.n_orders > 0
                    and members.outcome_days >= {{ segmentation.days_between(
                        'days.activity_on', 'members.outcome_starts_on'
                    ) }}
                    then 1
                else 0
            end
        ) as has_ordered_before

    from members

    inner join days
        on
            members.customer_id = days.customer_id
            and members.outcome_starts_on > days.activity_on
            -- voided on the day of the assignment or later: it stood the day before
            and members.outcome_starts_on <= days.voided_on
            and {{ recent_days }} >= {{ segmentation.days_between(
                'days.activity_on', 'members.outcome_starts_on'
            ) }}

    group by members.experiment_member_id

)

select
    -- ids
    members.experiment_member_id,
    members.experiment_id,
    members.customer_id,
    segmented.segment_id,

    -- strings
    members.arm,
    coalesce(scored.rfm_group, 'prospects') as rfm_group,

    -- numerics
    members.outcome_days,
    cast(coalesce(recent.n_orders_before, 0) as {{ dbt.type_bigint() }})
        as n_orders_before,
    cast(coalesce(recent.net_amount_before, 0) as {{ segmentation.type_money() }})
        as net_amount_before,

    -- booleans
    coalesce(recent.has_ordered_before, 0) = 1 as has_ordered_before,

    -- timestamps
    members.assigned_at,
    members.assigned_on,
    members.outcome_starts_on,
    members.readout_on

from members

inner join weeks
    on members.experiment_member_id = weeks.experiment_member_id

left join scored
    on
        weeks.customer_id = scored.customer_id
        and weeks.as_of_date = scored.as_of_date

left join segmented
    on
        members.experiment_member_id = segmented.experiment_member_id
        and segmented.snapshots_ago = 1

left join recent
    on members.experiment_member_id = recent.experiment_member_id
