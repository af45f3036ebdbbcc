{#- The config `full_refresh` of a model that keeps what nothing could make again: false,
    so that --full-refresh leaves it alone, unless segmentation_reset_history is true.
    Only true itself counts; check_configuration refuses anything but true and false.
    Such models carry the tag segmentation_history; the Python models among them say the
    same in YAML, where no macro can be called. -#}
{% macro full_refresh_of_history() %}
    {{- return(none if var('segmentation_reset_history') is sameas true else false) -}}
{% endmacro %}


{#- Whether this run erases what a full refresh otherwise keeps. -#}
{% macro resets_history() %}
    {{- return(
        flags.FULL_REFRESH and segmentation.full_refresh_of_history() is none
    ) -}}
{% endmacro %}


{#- Before a build that erases history, say in the log which tables and how many rows.
    -#}
{% macro tell_what_is_erased() %}
    {%- if segmentation.resets_history() -%}
        {%- for node in graph.nodes.values()
            if node.package_name == 'segmentation'
            and node.unique_id in selected_resources
            and 'segmentation_history' in node.config.tags -%}
            {%- set relation = segmentation.relation_of(node) -%}
            {%- if relation is not none -%}
                {%- do exceptions.warn(
                    'segmentation: history is erased: '
                    ~ run_query('select count(*) from ' ~ relation).rows[0][0]
                    ~ ' rows of ' ~ relation ~ ', because of --full-refresh with '
                    ~ 'segmentation_reset_history: true'
                ) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}


{#- Whether a model hands its snapshots on to others, which keep what is needed of them
    later (meta.keeps_snapshots: last).

    Argument: `node`, of the graph. -#}
{% macro hands_on_snapshots(node) %}
    {{- return(
        node.resource_type == 'model'
        and node.config.get('meta', {}).get('keeps_snapshots') == 'last'
    ) -}}
{% endmacro %}


{#- The incremental models that read a model, by themselves or through views. May name one
    twice.

    Argument: `unique_id`, of the graph. -#}
{% macro incremental_readers(unique_id) %}
    {%- set found = [] -%}
    {%- for reader in graph.nodes.values()
        if unique_id in reader.depends_on.nodes and reader.resource_type == 'model' -%}
        {%- if reader.config.materialized == 'incremental' -%}
            {%- do found.append(reader) -%}
        {%- elif reader.config.materialized == 'view' -%}
            {%- do found.extend(segmentation.incremental_readers(reader.unique_id)) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(found) -}}
{% endmacro %}


{#- After a build, drop the snapshots of such models that all their readers have: what a
    reader lacks yet, as a run was cut short or a part was built, waits for it. Runs in
    on-run-end, so that an error in between loses nothing. -#}
{% macro drop_handed_on_snapshots() %}
    {%- for node in graph.nodes.values()
        if node.package_name == 'segmentation'
        and segmentation.hands_on_snapshots(node) -%}
        {%- set relation = segmentation.relation_of(node) -%}
        {%- set readers = [relation] -%}
        {%- for reader in segmentation.incremental_readers(node.unique_id) -%}
            {%- do readers.append(segmentation.relation_of(reader)) -%}
        {%- endfor -%}
        {%- if none not in readers -%}
            {%- set last_snapshots = [] -%}
            {%- for reader in readers -%}
                {%- do last_snapshots.append(
                    "select coalesce(max(as_of_date), cast('0001-01-01' as date)) "
                    ~ 'as as_of_date from ' ~ reader
                ) -%}
            {%- endfor -%}
            {%- do run_query(
                'delete from ' ~ relation ~ ' where as_of_date < (select '
                ~ 'min(as_of_date) from (' ~ last_snapshots | join(' union all ')
                ~ ') as readers)'
            ) -%}
        {%- endif -%}
    {%- endfor -%}
{% endmacro %}
