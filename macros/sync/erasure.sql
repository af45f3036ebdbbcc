{#- Drop the tombstones that readers have had segmentation_tombstone_days to act on. A
    post-hook; time is the newest change in the table itself. -#}
{% macro purge_tombstones(relation) %}
    delete from {{ relation }}
    where
        operation != 'upsert'
        and deleted_at < (
            select {{ dbt.dateadd(
                'day', -1 * var('segmentation_tombstone_days') | int, 'max(changed_at)'
            ) }}
            from {{ relation }}
        )
{% endmacro %}


{#- After a build, take customers who asked to be erased out of every table that keeps
    history (meta.keeps_history). Runs in on-run-end, so that a history that this run
    did not touch is cleared too. -#}
{% macro forget_erased_customers() %}
    {%- set own = graph.nodes.values()
        | selectattr('package_name', 'equalto', 'segmentation')
        | selectattr('resource_type', 'equalto', 'model') | list -%}
    {%- set customers = own
        | selectattr('name', 'equalto', 'int_customers__checked') | first -%}
    {%- set known = segmentation.relation_of(customers) -%}
    {%- for node in own if known is not none
        and node.config.meta.get('keeps_history') -%}
        {%- set relation = segmentation.relation_of(node) -%}
        {%- if relation is not none -%}
            {%- do run_query(
                'delete from ' ~ relation ~ ' where customer_id in (select '
                ~ 'customer_id from ' ~ known
                ~ " where reject_reason = 'erased_customer')"
            ) -%}
        {%- endif -%}
    {%- endfor -%}
{% endmacro %}
