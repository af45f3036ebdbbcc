{#- What a person may do with the segment models. Each is one command, writes rows to the
    registry and nothing else, and takes effect with the next build:

    dbt run-operation promote_segment_model --args '{model_version: personas_6-v2}'
    dbt run-operation roll_back_segment_model --args '{reason: "odd names"}'
    dbt run-operation refit_segment_model -#}


{#- Put a version in force from the last snapshot on, whatever the gate said of it.

    Arguments: `model_version`, see dim_segment_model_versions; `reason`, for the record.
    Raises an error if there is no such version, or none that can be scored by. -#}
{% macro promote_segment_model(model_version, reason='promoted by hand') %}
    {%- if execute -%}
        {%- set registry = ref('segmentation', 'int_segment_models__registered') -%}
        {%- set versions = run_query(
            'select model_version, min(version_number), min(recipe), min(config_hash), '
            ~ "max(case when item = 'method' then text_value end), "
            ~ "sum(case when section = 'center' then 1 else 0 end) from " ~ registry
            ~ " where section in ('version', 'center') "
            ~ 'group by model_version order by min(version_number)'
        ).rows -%}
        {%- set found = versions | selectattr(0, 'equalto', model_version) | list -%}
        {%- if not found -%}
            {{- exceptions.raise_compiler_error(
                'segmentation: there is no version "' ~ model_version ~ '" of the '
                'segment model; choose one of '
                ~ versions | map(attribute=0) | join(', ')
            ) -}}
        {%- endif -%}
        {%- set version = found[0] -%}
        {%- if version[4] != 'rules' and not version[5] -%}
            {{- exceptions.raise_compiler_error(
                'segmentation: version "' ~ model_version ~ '" has no centres to score '
                'by, for its fit failed: column failure of dim_segment_model_versions '
                'says why.'
            ) -}}
        {%- endif -%}
        {%- set in_force = segmentation.segment_version_in_force() -%}
        {%- if in_force == model_version -%}
            {{- print(model_version ~ ' is in force already; nothing to do.') -}}
        {%- else -%}
            {%- do segmentation.insert_registry_row(
                registry, 'promotion', {
                    'model_version': version[0], 'version_number': version[1],
                    'recipe': version[2], 'config_hash': version[3],
                }, reason
            ) -%}
            {{- print(
                model_version ~ ' is in force from the last snapshot on in place of '
                ~ in_force ~ '; run dbt build to segment by it.'
            ) -}}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}


{#- Put the version in force again that was so before the present one.

    Argument: `reason`, for the record. -#}
{% macro roll_back_segment_model(reason='rolled back by hand') %}
    {%- if execute -%}
        {%- set registry = ref('segmentation', 'int_segment_models__registered') -%}
        {%- set in_force = segmentation.segment_version_in_force() -%}
        {%- set earlier = run_query(
            'select model_version from ' ~ registry
            ~ " where section = 'promotion' and model_version != "
            ~ segmentation.text_literal(in_force)
            ~ ' order by numeric_value desc limit 1'
        ).rows -%}
        {%- if not earlier -%}
            {{- exceptions.raise_compiler_error(
                'segmentation: there is no version to roll back to: ' ~ in_force
                ~ ' is the only one that ever was in force.'
            ) -}}
        {%- endif -%}
        {{- segmentation.promote_segment_model(earlier[0][0], reason) -}}
    {%- endif -%}
{% endmacro %}


{#- Ask for a refit at the next build, before it is due by age.

    Argument: `reason`, for the record. -#}
{% macro refit_segment_model(reason='asked for by hand') %}
    {%- if execute -%}
        {%- set registry = ref('segmentation', 'int_segment_models__registered') -%}
        {%- set newest = run_query(
            'select model_version, version_number, recipe, config_hash from ' ~ registry
            ~ " where section = 'version' order by version_number desc limit 1"
        ).rows -%}
        {%- if not newest -%}
            {{- exceptions.raise_compiler_error(
                'segmentation: nothing has been fitted yet; the next dbt build will.'
            ) -}}
        {%- endif -%}
        {%- set row = newest[0] -%}
        {%- do segmentation.insert_registry_row(
            registry, 'request', {
                'model_version': row[0], 'version_number': row[1],
                'recipe': row[2], 'config_hash': row[3],
            }, reason
        ) -%}
        {{- print('The next dbt build fits the segments anew and judges the result.') -}}
    {%- endif -%}
{% endmacro %}


{#- Name of the version that was promoted last. -#}
{% macro segment_version_in_force() %}
    {%- set registry = ref('segmentation', 'int_segment_models__registered') -%}
    {{- return(run_query(
        'select model_version from ' ~ registry
        ~ " where section = 'promotion' order by numeric_value desc limit 1"
    ).rows[0][0]) -}}
{% endmacro %}


{#- Append a promotion or a request to a registry, numbered, as of the last snapshot.

    Arguments: `registry`, a relation; `section`; `version`, the columns that say which
    version is meant, of them `version_number` a number and the others texts; `reason`,
    free text; `scope`, a column of `version` that rows are numbered within, null for the
    whole registry. -#}
{% macro insert_registry_row(registry, section, version, reason, scope=none) %}
    {%- set own = " where section = '" ~ section ~ "'" -%}
    {%- if scope is not none -%}
        {%- set own = own ~ ' and ' ~ scope ~ ' = '
            ~ segmentation.text_literal(version[scope]) -%}
    {%- endif -%}
    {%- set number = run_query(
        'select count(*) + 1 from ' ~ registry ~ own
    ).rows[0][0] -%}
    {%- set as_of_date = run_query(
        'select max(as_of_date) from ' ~ ref('segmentation', 'int_snapshots__scheduled')
    ).rows[0][0] -%}
    {%- set id = section ~ '|' ~ number -%}
    {%- if scope is not none -%}
        {%- set id = 'by hand|' ~ version[scope] ~ '|' ~ id -%}
    {%- endif -%}
    {%- set values = {
        'as_of_date': "cast('" ~ as_of_date ~ "' as date)",
        'numeric_value': number,
    } -%}
    {%- for column, text in dict(
        version, registry_row_id=id, section=section, item=number, text_value=reason
    ).items() -%}
        {%- do values.update({
            column: text if column == 'version_number' else segmentation.text_literal(text)
        }) -%}
    {%- endfor -%}
    {%- do run_query(
        'insert into ' ~ registry ~ ' (' ~ values | join(', ') ~ ') values ('
        ~ values.values() | join(', ') ~ ')'
    ) -%}
{% endmacro %}


{#- After a build, say in the log why the newest fit did not come into force. Runs in
    on-run-end. -#}
{% macro warn_about_refused_fits() %}
    {%- if execute and flags.WHICH in ['build', 'run'] -%}
        {%- set node = graph.nodes.get(
            'model.segmentation.dim_segment_model_versions'
        ) -%}
        {%- set versions = load_relation(api.Relation.create(
            database=node.database, schema=node.schema, identifier=node.alias
        )) if node else none -%}
        {%- if versions is not none -%}
            {%- set newest = run_query(
                'select model_version, fitted_as_of_date, status, failure, is_in_force '
                ~ 'from ' ~ versions ~ ' order by version_number desc limit 1'
            ).rows -%}
            {#- one rejected and promoted by hand since is in force all the same -#}
            {%- if newest and (
                newest[0][2] == 'fallback'
                or newest[0][2] == 'rejected' and not newest[0][4]
            ) -%}
                {%- set stands_in = 'rules stand in for it' if newest[0][2] == 'fallback'
                    else 'the version in force stays' -%}
                {%- do exceptions.warn(
                    'segmentation: ' ~ newest[0][0] ~ ', fitted as of ' ~ newest[0][1]
                    ~ ', was refused, and ' ~ stands_in ~ ': ' ~ newest[0][3]
                ) -%}
            {%- endif -%}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}
