-- One row per feature, as of the last snapshot.
{% set needs = segmentation.feature_inputs() %}
{% set entities = [
    'customers', 'orders', 'products', 'web_events', 'email_events', 'tickets', 'reviews'
] %}
with

features as (

    select * from {{ ref('fct_customer_features') }}

),

reconciliations as (

    select * from {{ ref('fct_input_reconciliations') }}

),

recorded as (

    select * from {{ ref('int_inputs__recorded') }}

),

last_snapshot as (

    select max(as_of_date) as as_of_date
    from features

),

inputs as (

    -- one row: what of each entity was received and accepted
    select
        {% for entity in entities %}
            max(case when entity = '{{ entity }}' then n_received end)
                as n_{{ entity }}_received,
            max(case when entity = '{{ entity }}' then n_accepted end)
                as n_{{ entity }}_accepted{% if not loop.last %},{% endif %}
        {% endfor %}

    from reconciliations

),

counted as (

    -- one row: for how many customers each feature is known
    select
        features.as_of_date,
        count(*) as n_customers,
        {% for feature in needs %}
            count(features.{{ feature }})
                as {{ feature }}{% if not loop.last %},{% endif %}
        {% endfor %}

    from features

    inner join last_snapshot
        on features.as_of_date = last_snapshot.as_of_date

    group by features.as_of_date

),

unpivoted as (

    {% for feature, need in needs.items() %}
        {% set scorable = feature in segmentation.scorable_features() %}
        select
            '{{ feature }}' as feature_name,
            counted.as_of_date,
            counted.n_customers,
            counted.{{ feature }} as n_customers_known,
            {% for entity in need.inputs %}
                inputs.n_{{ entity }}_received{{ " +" if not loop.last }}
            {% endfor %}
                as n_received,
            {% for entity in need.inputs %}
                inputs.n_{{ entity }}_accepted{{ " +" if not loop.last }}
            {% endfor %}
                as n_accepted,
            {{ 'recorded.' ~ need.recorded if need.recorded else 'true' }}
                as is_recorded,
            '{{ need.absent }}' as absent_reason,
            '{{ need.unrecorded }}' as unrecorded_reason,
            '{{ need.unseen }}' as unseen_reason,
            {{ 'true' if scorable else 'false' }} as is_scorable
        from counted
        cross join inputs
        cross join recorded
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

)

select
    -- ids
    feature_name,

    -- strings
    case
        when n_customers_known > 0 then null
        when n_received = 0 then absent_reason
        when n_accepted = 0
            then 'every row of its input was rejected: see fct_rejected_rows'
        when not is_recorded then unrecorded_reason
        else unseen_reason
    end as unavailable_reason,

    -- numerics
    cast(n_customers as {{ dbt.type_bigint() }}) as n_customers,
    cast(n_customers_known as {{ dbt.type_bigint() }}) as n_customers_known,

    -- booleans
    n_customers_known > 0 as is_available,
    is_scorable,

    -- timestamps
    as_of_date

from unpivoted
