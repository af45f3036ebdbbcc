{#- What a person may do with the scores, as with the segments. Each is one command, writes
    rows to the registry and nothing else, and takes effect with the next build:

    dbt run-operation promote_score_model --args '{model_version: repurchase-v2}'
    dbt run-operation roll_back_score_model --args '{score_name: value}'
    dbt run-operation refit_score_model --args '{score_name: value}' -#}


{#- Put a version of a score in force from the last snapshot on, whatever the gate said.

    Arguments: `model_version`, see dim_score_model_versions; `reason`, for the record.
    Raises an error if there is no such version, or none that can score. -#}
{% macro promote_score_model(model_version, reason='promoted by hand') %}
    {%- if execute -%}
        {%- set versions = run_query(
            'select model_version, min(version_number), min(score_name), '
            ~ "min(config_hash), sum(case when section = 'calibration' then 1 else 0 end) "
            ~ 'from ' ~ ref('segmentation', 'int_score_models__registered')
            ~ ' group by model_version order by model_version'
        ).rows -%}
        {%- set found = versions | selectattr(0, 'equalto', model_version) | list -%}
        {%- if not found -%}
            {{- exceptions.raise_compiler_error(
                'segmentation: there is no version "' ~ model_version ~ '" of a score; '
                'choose one of ' ~ versions | map(attribute=0) | join(', ')
            ) -}}
        {%- endif -%}
        {%- set version = found[0] -%}
        {%- if not version[4] -%}
            {{- exceptions.raise_compiler_error(
                'segmentation: version "' ~ model_version ~ '" has no model to score '
                'with: column failure of dim_score_model_versions says why.'
            ) -}}
        {%- endif -%}
        {%- set in_force = segmentation.score_versions_in_force(version[2]) -%}
        {%- if in_force and in_force[0] == model_version -%}
            {{- print(model_version ~ ' is in force already; nothing to do.') -}}
        {%- else -%}
            {%- do segmentation.insert_registry_row(
                ref('segmentation', 'int_score_models__registered'), 'promotion', {
                    'model_version': version[0], 'version_number': version[1],
                    'score_name': version[2], 'config_hash': version[3],
                }, reason, scope='score_name'
            ) -%}
            {{- print(
                model_version ~ ' is in force from the last snapshot on in place of '
                ~ (in_force[0] if in_force else 'nothing')
                ~ '; run dbt build to score with it.'
            ) -}}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}


{#- Put the version of a score in force again that was so before the present one.

    Arguments: `score_name`, repurchase or value; `reason`, for the record. -#}
{% macro roll_back_score_model(score_name, reason='rolled back by hand') %}
    {%- if execute -%}
        {%- set in_force = segmentation.score_versions_in_force(score_name) -%}
        {%- if in_force | length < 2 -%}
            {{- exceptions.raise_compiler_error(
                'segmentation: there is no version of "' ~ score_name
                ~ '" to roll back to; ' ~ (in_force | join(', ') or 'none')
                ~ ' ever was in force.'
            ) -}}
        {%- endif -%}
        {{- segmentation.promote_score_model(in_force[1], reason) -}}
    {%- endif -%}
{% endmacro %}


{#- Ask for a refit of a score at the next build, before it is due by age.

    Arguments: `score_name`, repurchase or value; `reason`, for the record. -#}
{% macro refit_score_model(score_name, reason='asked for by hand') %}
    {%- if execute -%}
        {%- set newest = run_query(
            'select model_version, version_number, score_name, config_hash from '
            ~ ref('segmentation', 'int_score_models__registered')
            ~ ' where score_name = '
            ~ segmentation.text_literal(score_name)
            ~ ' order by version_number desc limit 1'
        ).rows -%}
        {%- if not newest -%}
            {{- exceptions.raise_compiler_error(
                'segmentation: no score "' ~ score_name ~ '" has been fitted yet; there '
                'are repurchase and value, and the next dbt build fits them.'
            ) -}}
        {%- endif -%}
        {%- set row = newest[0] -%}
        {%- do segmentation.insert_registry_row(
            ref('segmentation', 'int_score_models__registered'), 'request', {
                'model_version': row[0], 'version_number': row[1],
                'score_name': row[2], 'config_hash': row[3],
            }, reason, scope='score_name'
        ) -%}
        {{- print('The next dbt build fits ' ~ score_name ~ ' anew and judges it.') -}}
    {%- endif -%}
{% endmacro %}


{#- Versions of a score that were ever in force, the present one first; a list. -#}
{% macro score_versions_in_force(score_name) %}
    {{- return(run_query(
        'select model_version from '
        ~ ref('segmentation', 'int_score_models__registered')
        ~ " where section = 'promotion' and score_name = "
        ~ segmentation.text_literal(score_name)
        ~ ' group by model_version order by max(numeric_value) desc'
    ).rows | map(attribute=0) | list) -}}
{% endmacro %}


{#- After a build, say in the log why the newest fit of a score did not come into force.
    Runs in on-run-end. -#}
{% macro warn_about_refused_scores() %}
    {%- if execute and flags.WHICH in ['build', 'run'] -%}
        {%- set node = graph.nodes.get('model.segmentation.dim_score_model_versions') -%}
        {%- set versions = load_relation(api.Relation.create(
            database=node.database, schema=node.schema, identifier=node.alias
        )) if node else none -%}
        {%- if versions is not none -%}
            {%- for row in run_query(
                'select model_version, fitted_as_of_date, status, failure from ' ~ versions
                ~ ' as newest where version_number = (select max(version_number) from '
                ~ versions ~ ' as own where own.score_name = newest.score_name) '
                ~ "and status = 'rejected' and not is_in_force"
            ).rows -%}
                {%- do exceptions.warn(
                    'segmentation: ' ~ row[0] ~ ', fitted as of ' ~ row[1]
                    ~ ', was refused, and the version in force stays: ' ~ row[3]
                ) -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}
