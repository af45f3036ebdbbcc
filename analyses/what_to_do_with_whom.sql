-- What is recommended, to how many, by whom, and how much of it rests on evidence?
with

actions as (

    select * from {{ ref('fct_customer_actions') }}

)

select
    action_name,
    channel,
    owner,
    evidence,
    count(*) as n_customers,
    round(sum(expected_margin_amount), 2) as expected_margin_amount,
    round(sum(expected_margin_low_amount), 2) as expected_margin_low_amount

from actions

where is_recommended

group by
    action_name,
    channel,
    owner,
    evidence

order by expected_margin_amount desc nulls last
