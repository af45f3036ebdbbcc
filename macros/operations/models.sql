{#- What a person may do with the models that are fitted. Each is one command, writes rows to
    a registry and nothing else, and takes effect with the next build:

    dbt run-operation promote_segment_model --args '{model_version: personas_6-v2}'
    dbt run-operation roll_back_segment_model --args '{reason: "odd names"}'
    dbt run-operation refit_segment_model
    dbt run-operation promote_score_model --args '{model_version: repurchase-v2}'
    dbt run-operation roll_back_score_model --args '{score_name: value}'
    dbt run-operation refit_score_model --args '{score_name: value}'
    dbt run-operation promote_early_segment_model --args '{model_version: early_segment_90-v2}'
    dbt run-operation roll_back_early_segment_model --args '{score_name: early_segment_90}'
    dbt run-operation refit_early_segment_model --args '{score_name: early_segment_90}' -#}


{#- Activate a version of the segments from the last snapshot on, whatever the gate said
    of it.

    Arguments: `model_version`, see dim_segment_model_versions; `reason`, for the record.
    Raises an error if there is no such version, or none that can be scored by. -#}
{% macro promote_segment_model(model_version, reason='promoted by hand') %}
    {{- segmentation.promote_model('segments', model_version, reason) -}}
{% endmacro %}

{#- Activate again the version of the segments that was active before the present one.

    Argument: `reason`, for the record. -#}
{% macro roll_back_segment_model(reason='rolled back by hand') %}
    {{- segmentation.roll_back_model('segments', none, reason) -}}
{% endmacro %}

{#- Ask for a refit of the segments at the next build, before it is due by age.

    Argument: `reason`, for the record. -#}
{% macro refit_segment_model(reason='asked for by hand') %}
    {{- segmentation.refit_model('segments', none, reason) -}}
{% endmacro %}


{#- The same of a score. Arguments: `model_version`, see dim_score_model_versions;
    `score_name`, repurchase or value; `reason`, for the record. -#}
{% macro promote_score_model(model_version, reason='promoted by hand') %}
    {{- segmentation.promote_model('scores', model_version, reason) -}}
{% endmacro %}

{% macro roll_back_score_model(score_name, reason='rolled back by hand') %}
    {{- segmentation.roll_back_model('scores', score_name, reason) -}}
{% endmacro %}

{% macro refit_score_model(score_name, reason='asked for by hand') %}
    {{- segmentation.refit_model('scores', score_name, reason) -}}
{% endmacro %}


{#- The same of the prediction which segment a new customer will be in. Arguments:
    `model_version`, see int_early_segment_models__registered; `score_name`,
    early_segment_90 or early_segment_180; `reason`, for the record. Versions predict
    segments of their own scheme, so that one of another scheme is refused. -#}
{% macro promote_early_segment_model(model_version, reason='promoted by hand') %}
    {{- segmentation.promote_model('early_segments', model_version, reason) -}}
{% endmacro %}

{% macro roll_back_early_segment_model(score_name, reason='rolled back by hand') %}
    {{- segmentation.roll_back_model('early_segments', score_name, reason) -}}
{% endmacro %}

{% macro refit_early_segment_model(score_name, reason='asked for by hand') %}
    {{- segmentation.refit_model('early_segments', score_name, reason) -}}
{% endmacro %}


{#- What the operations need to know of a registry, a mapping: `relation`; `scope`, the
    column whose values have versions of their own, null where all rows are of one; `keys`,
    the columns that a row by hand copies from its version; `learned`, SQL that is true of
    the rows without which a version cannot be used; `usable`, SQL that is true of the
    versions that may be active now; and words for messages.

    Argument: `name`, segments, scores or early_segments. -#}
{% macro model_registry(name) %}
    {%- if name == 'segments' -%}
        {{- return({
            'relation': ref('segmentation', 'int_segment_models__registered'),
            'scope': none,
            'keys': ['recipe', 'config_hash'],
            'learned': "section = 'center' or (item = 'method' and text_value = 'rules')",
            'usable': 'true',
            'noun': 'the segment model',
            'lacks': 'no centres to score by',
        }) -}}
    {%- elif name == 'scores' -%}
        {{- return({
            'relation': ref('segmentation', 'int_score_models__registered'),
            'scope': 'score_name',
            'keys': ['score_name', 'config_hash'],
            'learned': "section = 'calibration'",
            'usable': 'true',
            'noun': 'a score',
            'lacks': 'no model to score with',
        }) -}}
    {%- endif -%}
    {%- set relation = ref('segmentation', 'int_early_segment_models__registered') -%}
    {%- set schedule = ref('segmentation', 'int_early_segment_horizons__scheduled') -%}
    {{- return({
        'relation': relation,
        'scope': 'score_name',
        'keys': ['score_name', 'config_hash'],
        'learned': "section in ('share', 'edge', 'cell', 'intercept', 'booster')",
        'usable': 'model_version in (select own.model_version from ' ~ relation
            ~ " as own where own.item = 'scheme' and own.text_value in ("
            ~ 'select active_scheme from ' ~ schedule ~ ' where as_of_date = (select '
            ~ 'max(as_of_date) from ' ~ schedule ~ ')))',
        'noun': 'an early segment',
        'lacks': 'no model for what customers are segmented by now',
    }) -}}
{% endmacro %}


{#- Activate a version from the last snapshot on.

    Arguments: `registry`, see model_registry; `model_version`; `reason`. Raises an error if
    there is no such version, or none that can be used. -#}
{% macro promote_model(registry, model_version, reason) %}
    {%- if execute -%}
        {%- set own = segmentation.model_registry(registry) -%}
        {%- set versions = run_query(
            'select model_version, min(version_number) as version_number, '
            ~ segmentation.minima(own['keys']) ~ ', max(case when (' ~ own.learned
            ~ ') and ' ~ own.usable ~ ' then 1 else 0 end) as is_usable from '
            ~ own.relation ~ " where section not in ('promotion', 'request') "
            ~ 'group by model_version order by min(version_number), model_version'
        ).rows -%}
        {%- set found = versions | selectattr(0, 'equalto', model_version) | list -%}
        {%- if not found -%}
            {{- exceptions.raise_compiler_error(
                'segmentation: there is no version "' ~ model_version ~ '" of ' ~ own.noun
                ~ '; choose one of ' ~ versions | map(attribute=0) | join(', ')
            ) -}}
        {%- endif -%}
        {%- set version = segmentation.version_of_row(own, found[0]) -%}
        {%- if not found[0][2 + own['keys'] | length] -%}
            {{- exceptions.raise_compiler_error(
                'segmentation: version "' ~ model_version ~ '" has ' ~ own.lacks
                ~ '; item failure of section version in ' ~ own.relation.identifier
                ~ ' says why a fit failed.'
            ) -}}
        {%- endif -%}
        {%- set active = segmentation.active_versions(
            registry, version[own.scope] if own.scope else none
        ) -%}
        {%- if active and active[0] == model_version -%}
            {{- print(model_version ~ ' is active already; nothing to do.') -}}
        {%- else -%}
            {%- do segmentation.insert_registry_row(own, 'promotion', version, reason) -%}
            {{- print(
                model_version ~ ' is active from the last snapshot on in place of '
                ~ (active[0] if active else 'nothing')
                ~ '; run dbt build to use it.'
            ) -}}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}


{#- Activate again the version that was active before the present one.

    Arguments: `registry`, see model_registry; `scope`, the score's name, null for segments;
    `reason`. Raises an error if none other ever was active. -#}
{% macro roll_back_model(registry, scope, reason) %}
    {%- if execute -%}
        {%- set active = segmentation.active_versions(registry, scope) -%}
        {%- if active | length < 2 -%}
            {{- exceptions.raise_compiler_error(
                'segmentation: there is no version ' ~ ('of "' ~ scope ~ '" ' if scope else '')
                ~ 'to roll back to: ' ~ (active[0] ~ ' is the only one that ever was '
                if active else 'none ever was ') ~ 'active.'
            ) -}}
        {%- endif -%}
        {{- segmentation.promote_model(registry, active[1], reason) -}}
    {%- endif -%}
{% endmacro %}


{#- Ask for a refit at the next build, before it is due by age. Arguments as in
    roll_back_model. Raises an error if nothing has been fitted yet. -#}
{% macro refit_model(registry, scope, reason) %}
    {%- if execute -%}
        {%- set own = segmentation.model_registry(registry) -%}
        {%- set newest = run_query(
            'select model_version, version_number, ' ~ own['keys'] | join(', ') ~ ' from '
            ~ own.relation ~ " where section = 'version'"
            ~ segmentation.of_scope(own, scope) ~ ' order by version_number desc limit 1'
        ).rows -%}
        {%- if not newest -%}
            {%- set fitted = run_query(
                'select distinct ' ~ own.scope ~ ' from ' ~ own.relation ~ ' order by 1'
            ).rows | map(attribute=0) | join(', ') if own.scope else '' -%}
            {{- exceptions.raise_compiler_error(
                'segmentation: no ' ~ ('score "' ~ scope ~ '" ' if scope else 'model ')
                ~ 'has been fitted yet; ' ~ ('there are ' ~ fitted if fitted
                else 'the next dbt build fits what is due') ~ '.'
            ) -}}
        {%- endif -%}
        {%- do segmentation.insert_registry_row(
            own, 'request', segmentation.version_of_row(own, newest[0]), reason
        ) -%}
        {{- print(
            'The next dbt build fits ' ~ (scope or 'the segments') ~ ' anew and judges the '
            ~ 'result.'
        ) -}}
    {%- endif -%}
{% endmacro %}


{#- Versions that were ever active and may be now, the present one first; a list.

    Arguments: `registry` and `scope`, as in roll_back_model. -#}
{% macro active_versions(registry, scope) %}
    {%- set own = segmentation.model_registry(registry) -%}
    {{- return(run_query(
        'select model_version from ' ~ own.relation ~ " where section = 'promotion' and "
        ~ own.usable ~ segmentation.of_scope(own, scope)
        ~ ' group by model_version order by max(numeric_value) desc'
    ).rows | map(attribute=0) | list) -}}
{% endmacro %}


{#- Append a promotion or a request to a registry, numbered, as of the last snapshot.

    Arguments: `registry`, a mapping of model_registry; `section`; `version`, a mapping with
    model_version, version_number and the registry's keys; `reason`, free text. -#}
{% macro insert_registry_row(registry, section, version, reason) %}
    {%- set scope = version[registry.scope] if registry.scope else none -%}
    {%- set number = run_query(
        'select count(*) + 1 from ' ~ registry.relation ~ " where section = '" ~ section
        ~ "'" ~ segmentation.of_scope(registry, scope)
    ).rows[0][0] -%}
    {%- set as_of_date = run_query(
        'select max(as_of_date) from ' ~ ref('segmentation', 'int_snapshots__scheduled')
    ).rows[0][0] -%}
    {%- set id = section ~ '|' ~ number -%}
    {%- if scope is not none -%}
        {%- set id = 'by hand|' ~ scope ~ '|' ~ id -%}
    {%- endif -%}
    {%- set values = {
        'as_of_date': "cast('" ~ as_of_date ~ "' as date)",
        'numeric_value': number,
        'version_number': version.version_number,
    } -%}
    {%- set texts = {
        'model_version': version.model_version, 'registry_row_id': id,
        'section': section, 'item': number, 'text_value': reason,
    } -%}
    {%- for key in registry['keys'] -%}
        {%- do texts.update({key: version[key]}) -%}
    {%- endfor -%}
    {%- for column, text in texts.items() -%}
        {%- do values.update({column: segmentation.text_literal(text)}) -%}
    {%- endfor -%}
    {%- do run_query(
        'insert into ' ~ registry.relation ~ ' (' ~ values | join(', ') ~ ') values ('
        ~ values.values() | join(', ') ~ ')'
    ) -%}
{% endmacro %}


{#- A mapping of model_version, version_number and the registry's keys, from a row with them
    in this order: engines write the names of columns in cases of their own.

    Arguments: `registry`, a mapping of model_registry; `row`. -#}
{% macro version_of_row(registry, row) %}
    {%- set version = {'model_version': row[0], 'version_number': row[1]} -%}
    {%- for key in registry['keys'] -%}
        {%- do version.update({key: row[1 + loop.index]}) -%}
    {%- endfor -%}
    {{- return(version) -}}
{% endmacro %}


{#- A further condition of a where-clause: rows of one score; none for the segments.

    Arguments: `registry`, a mapping of model_registry; `scope`, the score's name. -#}
{% macro of_scope(registry, scope) %}
    {{- return(
        '' if registry.scope is none
        else ' and ' ~ registry.scope ~ ' = ' ~ segmentation.text_literal(scope)
    ) -}}
{% endmacro %}


{#- SQL of the least of each column, under its own name. Argument: `columns`. -#}
{% macro minima(columns) %}
    {%- set found = [] -%}
    {%- for column in columns -%}
        {%- do found.append('min(' ~ column ~ ') as ' ~ column) -%}
    {%- endfor -%}
    {{- return(found | join(', ')) -}}
{% endmacro %}
