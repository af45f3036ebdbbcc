{#- After a build, say in the log why the newest fit did not come into force. Runs in
    on-run-end. -#}
{% macro warn_about_refused_fits() %}
    {%- set versions = segmentation.relation_of(
        graph.nodes.get('model.segmentation.dim_segment_model_versions')
    ) -%}
    {%- set newest = run_query(
        'select model_version, fitted_as_of_date, status, failure, is_active, '
        ~ 'recipe_reason '
        ~ 'from ' ~ versions ~ ' order by version_number desc limit 1'
    ).rows -%}
    {%- if newest and newest[0][5] is not none -%}
        {%- do log('segmentation: ' ~ newest[0][0] ~ ', recipe ' ~ newest[0][5], true) -%}
    {%- endif -%}
    {#- one rejected and promoted by hand since is active all the same -#}
    {%- if newest and (
        newest[0][2] == 'fallback'
        or newest[0][2] == 'rejected' and not newest[0][4]
    ) -%}
        {%- set stands_in = 'rules stand in for it' if newest[0][2] == 'fallback'
            else 'the active version stays' -%}
        {%- do exceptions.warn(
            'segmentation: ' ~ newest[0][0] ~ ', fitted as of ' ~ newest[0][1]
            ~ ', was refused, and ' ~ stands_in ~ ': ' ~ newest[0][3]
        ) -%}
    {%- endif -%}
{% endmacro %}
