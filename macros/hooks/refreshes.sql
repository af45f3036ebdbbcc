{#- A full refresh makes old snapshots again of today's rows, one table after the other. Cut
    short, it leaves tables of two kinds; it is not built on until it has been done. -#}


{#- The table of one row that is there while a full refresh is not done. -#}
{% macro open_refresh() %}
    {%- set schedule = graph.nodes.values()
        | selectattr('package_name', 'equalto', 'segmentation')
        | selectattr('name', 'equalto', 'int_snapshots__scheduled') | first -%}
    {{- return(api.Relation.create(
        database=schedule.database,
        schema=schedule.schema,
        identifier='segmentation_open_refresh',
        type='table'
    )) -}}
{% endmacro %}


{#- The ids of the models that a full refresh makes anew though they are incremental. -#}
{% macro refreshed_models() %}
    {%- set models = [] -%}
    {%- for node in graph.nodes.values()
        if node.package_name == 'segmentation'
        and node.resource_type == 'model'
        and node.config.materialized == 'incremental'
        and node.config.full_refresh is not sameas false -%}
        {%- do models.append(node.unique_id) -%}
    {%- endfor -%}
    {{- return(models) -}}
{% endmacro %}


{#- Before a full refresh of tables that are there, note that it has begun. Runs in
    on-run-start. -#}
{% macro note_refresh() %}
    {%- set refreshed = [] -%}
    {%- for unique_id in segmentation.refreshed_models() if flags.FULL_REFRESH
        and unique_id in selected_resources
        and segmentation.relation_of(graph.nodes[unique_id]) is not none -%}
        {%- do refreshed.append(unique_id) -%}
    {%- endfor -%}
    {%- set note = segmentation.open_refresh() -%}
    {%- if refreshed and load_relation(note) is none -%}
        {%- do run_query(
            'create table ' ~ note ~ " as select '" ~ invocation_id
            ~ "' as invocation_id"
        ) -%}
        {%- do adapter.cache_added(note) -%}
    {%- endif -%}
{% endmacro %}


{#- After a full refresh, take the note back, if every table was made that this run was to
    make, and it was this run that began, or all of them are made. Runs in on-run-end.

    Argument: `results`, of the run. -#}
{% macro close_refresh(results) %}
    {%- set note = load_relation(segmentation.open_refresh()) -%}
    {%- if flags.FULL_REFRESH and note is not none -%}
        {%- set all_models = segmentation.refreshed_models() -%}
        {%- set made = [] -%}
        {%- for result in results if result.status == 'success' -%}
            {%- do made.append(result.node.unique_id) -%}
        {%- endfor -%}
        {%- set lacking = all_models | reject('in', made) | list -%}
        {%- set failed = lacking | select('in', selected_resources) | list -%}
        {%- set began_here = run_query(
            'select invocation_id from ' ~ note
        ).rows[0][0] == invocation_id -%}
        {%- if not failed and (began_here or not lacking) -%}
            {%- do adapter.drop_relation(note) -%}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}


{#- Stop before an incremental model is built on what an unfinished refresh left, and say
    what to do. Part of the pre-hook of every model. -#}
{% macro refuse_open_refresh() %}
    {%- if model.config.materialized == 'incremental' and not flags.FULL_REFRESH
        and load_relation(segmentation.open_refresh()) is not none -%}
        {{- exceptions.raise_compiler_error(
            'segmentation: a full refresh was cut short or failed, so that some tables '
            ~ 'are of before and some of after it. Run it again to the end: dbt build '
            ~ '--full-refresh; or put a copy of the file in its place.'
        ) -}}
    {%- endif -%}
{% endmacro %}
