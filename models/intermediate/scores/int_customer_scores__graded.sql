-- One row per score, published snapshot whose window has closed, and customer: what was
-- said and what came, and whether the customer was held out or contacted meanwhile.
{% set double = segmentation.type_double() %}
with

scores as (

    select * from {{ ref('int_customer_scores__united') }}

),

versions as (

    select * from {{ ref('int_score_versions__effective') }}

),

outcomes as (

    select * from {{ ref('int_customer_outcomes__observed') }}

),

members as (

    select * from {{ ref('int_campaign_members__checked') }}

),

windows as (

    select distinct
        score_name,
        as_of_date,
        horizon_days,
        closed_on

    from outcomes

),

graded as (

    -- a score is graded over the horizon that it was made for
    select windows.*

    from windows

    inner join versions
        on
            windows.score_name = versions.score_name
            and windows.as_of_date = versions.as_of_date
            and windows.horizon_days = versions.horizon_days

),

contacts as (

    -- being held out of one campaign and in another is being contacted
    select
        graded.score_name,
        graded.as_of_date,
        members.customer_id,
        min(case when members.arm = 'control' then 1 else 0 end) as is_held_out

    from graded

    inner join members
        on
            graded.as_of_date < {{ segmentation.day_of('members.assigned_at') }}
            and graded.closed_on >= {{ segmentation.day_of('members.assigned_at') }}

    where members.reject_reason is null

    group by
        graded.score_name,
        graded.as_of_date,
        members.customer_id

)

select
    scores.score_name,
    scores.as_of_date,
    scores.customer_id,
    scores.model_version,
    graded.horizon_days,
    graded.closed_on,
    scores.score,
    cast(
        case
            when scores.score_name = 'value' then coalesce(outcomes.net_amount, 0)
            when outcomes.n_orders > 0 then 1
            else 0
        end as {{ double }}
    ) as outcome,
    case contacts.is_held_out
        when 1 then 'held_out'
        when 0 then 'contacted'
        else 'no_campaign'
    end as contact_group

from scores

inner join graded
    on
        scores.score_name = graded.score_name
        and scores.as_of_date = graded.as_of_date

left join outcomes
    on
        scores.score_name = outcomes.score_name
        and scores.as_of_date = outcomes.as_of_date
        and graded.horizon_days = outcomes.horizon_days
        and scores.customer_id = outcomes.customer_id

left join contacts
    on
        scores.score_name = contacts.score_name
        and scores.as_of_date = contacts.as_of_date
        and scores.customer_id = contacts.customer_id
