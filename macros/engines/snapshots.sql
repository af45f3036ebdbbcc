{#- How a run replaces whole snapshot dates of an incremental model. -#}
{% macro snapshot_strategy() %}
    {{- return(adapter.dispatch('snapshot_strategy', 'segmentation')()) -}}
{% endmacro %}

{% macro default__snapshot_strategy() %}{{ return('delete+insert') }}{% endmacro %}
{% macro spark__snapshot_strategy() %}{{ return('insert_overwrite') }}{% endmacro %}
{% macro bigquery__snapshot_strategy() %}{{ return('insert_overwrite') }}{% endmacro %}


{#- The key that the strategy deletes by; engines that overwrite partitions have none. -#}
{% macro snapshot_unique_key(column='as_of_date') %}
    {{- return(adapter.dispatch('snapshot_unique_key', 'segmentation')(column)) -}}
{% endmacro %}

{% macro default__snapshot_unique_key(column) %}{{ return(column) }}{% endmacro %}
{% macro spark__snapshot_unique_key(column) %}{{ return(none) }}{% endmacro %}
{% macro bigquery__snapshot_unique_key(column) %}{{ return(none) }}{% endmacro %}


{#- The partition that is overwritten, on engines that overwrite partitions. -#}
{% macro snapshot_partition(column='as_of_date') %}
    {{- return(adapter.dispatch('snapshot_partition', 'segmentation')(column)) -}}
{% endmacro %}

{% macro default__snapshot_partition(column) %}{{ return(none) }}{% endmacro %}
{% macro spark__snapshot_partition(column) %}{{ return([column]) }}{% endmacro %}
{% macro bigquery__snapshot_partition(column) %}
    {{- return({'field': column, 'data_type': 'date'}) -}}
{% endmacro %}


{#- Where-clause of an incremental snapshot model: the snapshots it lacks, and its last
    one again, so that a run can be repeated and one that was interrupted catches up.

    Argument: `this_relation`, the model's own relation. Renders nothing at first. -#}
{% macro where_snapshot_is_due(this_relation) %}
    {%- if is_incremental() -%}
        where as_of_date >= (
            select coalesce(max(as_of_date), cast('0001-01-01' as date))
            from {{ this_relation }}
        )
    {%- endif -%}
{% endmacro %}


{#- Where-clause on the schedule, of a model that reads customers as they are today: the
    snapshots that are due. Under connector customer_summary a snapshot that was built is
    made again only while it is the last: the next export is of another day.

    Argument: `this_relation`, the model's own relation. Renders nothing at first. -#}
{% macro where_snapshot_can_be_made(this_relation) %}
    {%- if segmentation.connector() == 'customer_summary' and is_incremental() -%}
        where
            as_of_date > (
                select coalesce(max(as_of_date), cast('0001-01-01' as date))
                from {{ this_relation }}
            )
            or as_of_date = (
                select max(as_of_date)
                from {{ ref('segmentation', 'int_snapshots__scheduled') }}
            )
    {%- else -%}
        {{ segmentation.where_snapshot_is_due(this_relation) }}
    {%- endif -%}
{% endmacro %}
