-- One row per snapshot and action that was tried by then: how actions are chosen on
-- that day, by the last trial read on that day or before.
with

schedule as (

    select * from {{ ref('int_snapshots__scheduled') }}

),

learned as (

    select * from {{ ref('int_action_policies__learned') }}

),

verdicts as (

    select
        measured_on,
        max(case when item = 'is_personal' then numeric_value end) = 1 as is_personal,
        max(case when item = 'single_action' then text_value end) as single_action_id

    from learned

    where section = 'verdict'

    group by measured_on

),

effects as (

    select
        measured_on,
        action_id,
        {% for item in ['mean', 'mean_error', 'intercept', 'difference_error'] %}
            max(case when item = '{{ item }}' then numeric_value end) as {{ item }}
            {%- if not loop.last %},{% endif %}
        {% endfor %}

    from learned

    where section = 'effect'

    group by
        measured_on,
        action_id

),

newest as (

    select
        schedule.as_of_date,
        max(verdicts.measured_on) as measured_on

    from schedule

    inner join verdicts
        on schedule.as_of_date >= verdicts.measured_on

    group by schedule.as_of_date

)

select
    newest.as_of_date,
    effects.action_id,
    verdicts.single_action_id,
    verdicts.is_personal,
    effects.mean as effect,
    effects.mean_error as standard_error,
    effects.intercept,
    effects.difference_error,
    newest.measured_on

from newest

inner join verdicts
    on newest.measured_on = verdicts.measured_on

inner join effects
    on newest.measured_on = effects.measured_on
