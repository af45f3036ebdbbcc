-- One row per day on which an action's trial was read: whether choosing customer by
-- customer was proven to earn more than the best action for all.
{% set double = segmentation.type_double() %}
{% set values = {
    'single_value_amount': 'single_value',
    'personal_value_amount': 'personal_value',
    'difference_amount': 'difference',
    'ci_low': 'ci_low',
    'ci_high': 'ci_high',
} %}
with

learned as (

    select * from {{ ref('int_action_policies__learned') }}

),

last_snapshot as (

    select * from {{ ref('int_snapshots__last') }}

),

verdicts as (

    select
        learned.measured_on,
        max(case when learned.item = 'single_action' then learned.text_value end)
            as single_action_id,
        {% for column, item in values.items() %}
            max(case when learned.item = '{{ item }}' then learned.numeric_value end)
                as {{ column }},
        {% endfor %}
        max(case when learned.item = 'n_customers' then learned.numeric_value end)
            as n_customers,
        max(case when learned.item = 'is_personal' then learned.numeric_value end) = 1
            as is_personal

    from learned

    inner join last_snapshot
        on learned.measured_on <= last_snapshot.as_of_date

    where learned.section = 'verdict'

    group by learned.measured_on

)

select
    -- ids
    cast(measured_on as {{ dbt.type_string() }}) as action_policy_id,
    single_action_id,

    -- strings
    case
        when is_personal then 'a choice by customer pays'
        when single_action_id = 'do_nothing' then 'nothing tried pays'
        else 'one action for all'
    end as policy_finding,

    -- numerics
    {% for column in values %}
        cast({{ column }} as {{ double }}) as {{ column }},
    {% endfor %}
    cast(n_customers as {{ dbt.type_bigint() }}) as n_customers,

    -- booleans
    is_personal,

    -- timestamps
    measured_on

from verdicts
