{#- Columns that a staging model lacks, or has beside the staging contract; mended_values,
    which counts what is read otherwise than it is written, may be there.

    Arguments: `model`, a model stg_<connector>__<entity>; `entity`. -#}
{% test keeps_the_staging_contract(model, entity) %}
    {%- set contract = segmentation.staging_contract()[entity] | list -%}
    {%- set found = [] -%}
    {%- if execute -%}
        {%- for column in adapter.get_columns_in_relation(model) -%}
            {%- do found.append(column.name | lower) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- set faults = [] -%}
    {%- for column in contract if found and column not in found -%}
        {%- do faults.append((column, 'is lacking')) -%}
    {%- endfor -%}
    {%- for column in found if column not in contract + ['mended_values'] -%}
        {%- do faults.append((column, 'is not in the contract')) -%}
    {%- endfor -%}
    {%- for column, fault in faults %}
        select
            '{{ column }}' as column_name,
            '{{ fault }}' as fault
        {{ 'union all' if not loop.last }}
    {%- else %}
        select
            cast(null as {{ dbt.type_string() }}) as column_name,
            cast(null as {{ dbt.type_string() }}) as fault
        limit 0
    {%- endfor %}
{% endtest %}
