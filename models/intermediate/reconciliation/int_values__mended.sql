-- One row per entity, column and way in which values of it were mended as they were
-- read: none, of connectors that know their tables.
{% set entities = segmentation.mapped_entities() %}
{% set string = dbt.type_string() %}
with

{% for entity in entities %}
    {{ entity }} as (

        {% if entity == 'customer_summaries' %}
            select * from {{ ref('base_customer_summary__rows') }}
        {% else %}
            select * from {{ ref('stg_native__' ~ entity) }}
        {% endif %}

    ),

{% endfor %}
marked as (

    {% for entity in entities %}
        select
            '{{ entity }}' as entity,
            mended_values,
            count(*) as n_rows
        from {{ entity }}
        where mended_values is not null
        group by mended_values
        {% if not loop.last %}union all{% endif %}
    {% else %}
        select
            cast(null as {{ string }}) as entity,
            cast(null as {{ string }}) as mended_values,
            0 as n_rows
        where 1 = 0
    {% endfor %}

),

mends as (

    {% for entity in entities %}
        {% set entity_loop = loop %}
        {% for column in segmentation.input_contract()[entity] %}
            {% set column_loop = loop %}
            {% for mend in segmentation.mends() %}
                select
                    '{{ entity }}' as entity,
                    '{{ column }}' as column_name,
                    '{{ mend }}' as mend
                {% if not (entity_loop.last and column_loop.last and loop.last) %}
                    union all
                {% endif %}
            {% endfor %}
        {% endfor %}
    {% else %}
        select
            cast(null as {{ string }}) as entity,
            cast(null as {{ string }}) as column_name,
            cast(null as {{ string }}) as mend
        where 1 = 0
    {% endfor %}

)

select
    mends.entity || '.' || mends.column_name || '|' || mends.mend as value_mend_id,
    mends.entity,
    mends.column_name,
    mends.mend,
    cast(sum(marked.n_rows) as {{ dbt.type_bigint() }}) as n_mended

from marked

inner join mends
    on
        marked.entity = mends.entity
        and {{ dbt.position(
            "'|' || mends.column_name || ':' || mends.mend || '|'",
            'marked.mended_values'
        ) }} > 0

group by
    mends.entity,
    mends.column_name,
    mends.mend
