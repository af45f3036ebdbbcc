-- One row per feature, as of the last snapshot.
{% set needs = segmentation.feature_inputs() %}
{% set entities = [
    'customers', 'orders', 'products', 'web_events', 'email_events', 'tickets',
    'reviews',
] %}
{# what scores read, and what of it depends on returns #}
{% set scored = segmentation.features_used_in('scores')
    + segmentation.features_used_in('baselines') %}
{% set returned = segmentation.features() | selectattr('counts_returns', 'defined')
    | map(attribute='name') | list %}
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

orders as (

    select * from {{ ref('int_orders__priced') }}

),

returns as (

    select * from {{ ref('int_returns__priced') }}

),

undated_orders as (

    -- one row
    select
        sum(case when voided_on < {{ segmentation.end_of_time() }} then 1 else 0 end)
            as n_cancelled,
        sum(case when voided_on != dated_voided_on then 1 else 0 end)
            as n_undated_cancelled

    from orders

),

undated_returns as (

    -- one row
    select
        count(*) as n_returned,
        sum(case when is_dated then 0 else 1 end) as n_undated_returned

    from returns

),

undated as (

    -- one row
    select
        undated_orders.n_cancelled,
        undated_orders.n_undated_cancelled,
        undated_returns.n_returned,
        undated_returns.n_undated_returned

    from undated_orders

    cross join undated_returns

),

notes as (

    -- one row: what scores must not know of, in words
    select
        case
            when n_undated_cancelled > 0
                then
                    cast(n_undated_cancelled as {{ dbt.type_string() }})
                    || ' of '
                    || cast(n_cancelled as {{ dbt.type_string() }})
                    || ' cancelled orders have no date of their cancellation: scores '
                    || 'count them as if they stood'
        end as cancellation_note,
        case
            when n_undated_returned > 0
                then
                    cast(n_undated_returned as {{ dbt.type_string() }})
                    || ' of '
                    || cast(n_returned as {{ dbt.type_string() }})
                    || ' returns have no date: scores do not count them'
        end as return_note

    from undated

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
            {% if feature in scored and feature in returned %}
                coalesce(
                    notes.cancellation_note || '; ' || notes.return_note,
                    notes.cancellation_note,
                    notes.return_note
                )
            {% elif feature in scored and 'orders' in need.inputs %}
                notes.cancellation_note
            {% else %}
                cast(null as {{ dbt.type_string() }})
            {% endif %}
                as training_note,
            {{ 'true' if scorable else 'false' }} as is_scorable
        from counted
        cross join inputs
        cross join recorded
        cross join notes
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
    training_note,

    -- numerics
    cast(n_customers as {{ dbt.type_bigint() }}) as n_customers,
    cast(n_customers_known as {{ dbt.type_bigint() }}) as n_customers_known,

    -- booleans
    n_customers_known > 0 as is_available,
    is_scorable,

    -- timestamps
    as_of_date

from unpivoted
