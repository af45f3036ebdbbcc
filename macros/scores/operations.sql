{#- After a build, say in the log why the newest fit of a score did not come into force.
    Runs in on-run-end. -#}
{% macro warn_about_refused_scores() %}
    {%- set versions = segmentation.relation_of(
        graph.nodes.get('model.segmentation.dim_score_model_versions')
    ) -%}
    {%- for row in run_query(
        'select model_version, fitted_as_of_date, status, failure from ' ~ versions
        ~ ' as newest where version_number = (select max(version_number) from '
        ~ versions ~ ' as own where own.score_name = newest.score_name) '
        ~ "and status = 'rejected' and not is_active"
    ).rows -%}
        {%- do exceptions.warn(
            'segmentation: ' ~ row[0] ~ ', fitted as of ' ~ row[1]
            ~ ', was refused, and the active version stays: ' ~ row[3]
        ) -%}
    {%- endfor -%}
{% endmacro %}
