-- Every ranked action that reaches the customer has the consent that its channel needs,
-- and reaches nobody of the holdout.
{% call segmentation.if_all_are_built() %}
with

ranked as (

    select * from {{ ref('int_customer_actions__ranked') }}

),

actions as (

    select * from {{ ref('dim_actions') }}

),

consents as (

    select * from {{ ref('int_customer_snapshots__consented') }}

),

holdouts as (

    select * from {{ ref('int_customer_holdouts__assigned') }}

)

select
    ranked.as_of_date,
    ranked.customer_id,
    ranked.action_id,
    actions.consent,
    holdouts.holdout_group

from ranked

inner join actions
    on ranked.action_id = actions.action_id

inner join consents
    on
        ranked.as_of_date = consents.as_of_date
        and ranked.customer_id = consents.customer_id

left join holdouts
    on ranked.customer_id = holdouts.customer_id

where
    actions.channel not in ('task', 'none')
    and (
        holdouts.holdout_group = 'holdout'
        or not (
            (actions.consent = 'email' and consents.has_email_consent)
            or (actions.consent = 'sms' and consents.has_sms_consent)
            or (actions.consent = 'push' and consents.has_push_consent)
        )
    )

{% endcall %}
