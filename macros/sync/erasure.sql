{#- Drop the tombstones that readers have had segmentation_tombstone_days to act on. A
    post-hook; time is the newest change in the table itself. -#}
{% macro purge_tombstones(relation) %}
    delete from {{ relation }}
    where
        operation != 'upsert'
        and deleted_at < (
            select {{ segmentation.add_to_moment(
                'day', -1 * var('segmentation_tombstone_days') | int, 'max(changed_at)'
            ) }}
            from {{ relation }}
        )
{% endmacro %}


{#- Take customers who asked to be erased out of every table that keeps history
    (meta.keeps_history). A post-hook of int_customers__checked, so that nothing is made of
    them in this run; and in on-run-end, since what was told before is written meanwhile,
    and a history that this run did not touch is cleared too. -#}
{% macro forget_erased_customers() %}
    {%- set own = graph.nodes.values()
        | selectattr('package_name', 'equalto', 'segmentation')
        | selectattr('resource_type', 'equalto', 'model') | list if execute else [] -%}
    {%- set known = segmentation.relation_of(
        own | selectattr('name', 'equalto', 'int_customers__checked') | first
    ) if execute else none -%}
    {%- set erased = ' from ' ~ known ~ " where reject_reason = 'erased_customer'" -%}
    {%- set are_any = known is not none
        and run_query('select count(*)' ~ erased).rows[0][0] > 0 -%}
    {%- for node in own if are_any and node.config.meta.get('keeps_history') -%}
        {%- set relation = segmentation.relation_of(node) -%}
        {%- if relation is not none -%}
            {%- do run_query(
                'delete from ' ~ relation
                ~ ' where customer_id in (select customer_id' ~ erased ~ ')'
            ) -%}
        {%- endif -%}
    {%- endfor -%}
{% endmacro %}
