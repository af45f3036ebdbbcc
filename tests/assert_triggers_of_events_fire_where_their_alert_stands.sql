-- A trigger of an event fires for nobody of whom no alert of it stands: who is told to
-- a person as slowing, and who is written to for it, are the same.
{% call segmentation.if_all_are_built() %}
with

raised as (

    select * from {{ ref('int_customer_alerts__raised') }}

),

fired as (

    select * from {{ ref('int_customer_triggers__fired') }}

),

pairs as (

    select
        'twice_the_usual_gap' as trigger_id,
        'slowing' as alert_type
    union all
    select
        'whale_slowing' as trigger_id,
        'slowing' as alert_type
    union all
    select
        'ordering_less' as trigger_id,
        'frequency_drop' as alert_type
    union all
    select
        'cart_48_hours' as trigger_id,
        'cart_abandoned' as alert_type
    union all
    select
        'complaint' as trigger_id,
        'complaint' as alert_type

)

select
    fired.as_of_date,
    fired.customer_id,
    fired.trigger_id

from fired

inner join pairs
    on fired.trigger_id = pairs.trigger_id

left join raised
    on
        fired.as_of_date = raised.as_of_date
        and fired.customer_id = raised.customer_id
        and pairs.alert_type = raised.alert_type

where raised.customer_id is null

{% endcall %}
