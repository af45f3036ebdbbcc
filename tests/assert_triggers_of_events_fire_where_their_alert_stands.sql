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

    {% for trigger_id, alert_type in {
        'twice_the_usual_gap': 'slowing',
        'whale_slowing': 'slowing',
        'ordering_less': 'frequency_drop',
        'cart_48_hours': 'cart_abandoned',
        'complaint': 'complaint'
    }.items() %}
        select
            '{{ trigger_id }}' as trigger_id,
            '{{ alert_type }}' as alert_type
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

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
