{#- A part of the models can be built by itself, in a database that holds nothing yet. What
    it reads must be there, and what is tested together must be there together. -#}


{#- Before a model is built, see that no full refresh was cut short, and that the parents
    which this run does not build have been built and still have what it reads; say what to
    do. A pre-hook of every model. -#}
{% macro check_parents_are_built() %}
    {%- if execute -%}
        {%- do segmentation.refuse_open_refresh() -%}
    {%- endif -%}
    {%- if execute and not flags.DEFER -%}
        {%- set others =
            model.depends_on.nodes | reject('in', selected_resources) | list -%}
        {%- set missing = segmentation.tables_not_built(others) -%}
        {%- if missing -%}
            {{- exceptions.raise_compiler_error(
                'segmentation: ' ~ model.name ~ ' reads what has not been built yet: '
                ~ missing | join(', ') ~ '. Build it together with them: dbt build -s +'
                ~ model.name ~ '.'
            ) -}}
        {%- endif -%}
        {%- set short = [] -%}
        {%- for unique_id in others
            if flags.FULL_REFRESH and model.config.materialized == 'incremental'
            and unique_id in graph.nodes
            and segmentation.hands_on_snapshots(graph.nodes[unique_id]) -%}
            {%- do short.append(graph.nodes[unique_id].name) -%}
        {%- endfor -%}
        {%- if short -%}
            {{- exceptions.raise_compiler_error(
                'segmentation: ' ~ model.name ~ ' cannot be refreshed in full by itself: '
                ~ short | join(', ') ~ ' keeps the last snapshot alone. Refresh it '
                ~ 'together with what it reads: dbt build --full-refresh -s +'
                ~ model.name ~ '.'
            ) -}}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}


{#- The body of a data test that compares several models: called, it is the query within,
    or finds nothing, and says so in the log, while one of the models has not been built.
    dbt asks for such a test as soon as one of them is selected.

    {% call segmentation.if_all_are_built() %} select ... {% endcall %} -#}
{% macro if_all_are_built() %}
    {%- set query = caller() -%}
    {%- set missing = segmentation.tables_not_built(model.depends_on.nodes)
        if execute and not flags.DEFER else [] -%}
    {%- if missing -%}
        {%- do log(
            'segmentation: ' ~ model.name ~ ' has nothing to compare before '
            ~ missing | join(', ') ~ ' is built', info=true
        ) -%}
        select 1 as not_compared where 1 = 0
    {%- else -%}
        {{- query -}}
    {%- endif -%}
{% endmacro %}


{#- The names of the models and seeds among some nodes that are not in the database.

    Argument: `unique_ids`, of nodes of the graph. -#}
{% macro tables_not_built(unique_ids) %}
    {%- set missing = [] -%}
    {%- for unique_id in unique_ids | unique -%}
        {%- set node = graph.nodes.get(unique_id) -%}
        {%- if node and node.config.materialized != 'ephemeral'
            and segmentation.relation_of(node) is none -%}
            {%- do missing.append(node.name) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(missing) -}}
{% endmacro %}
