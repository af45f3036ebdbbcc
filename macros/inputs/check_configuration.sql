{#- Before a build, check the variables that no model would notice, and say what to
    change. Runs in on-run-start. -#}
{% macro check_configuration() %}
    {%- if execute and flags.WHICH in ['build', 'run', 'compile'] -%}
        {%- set problems = [] -%}
        {%- for name, minimum in {
            'segmentation_snapshot_interval_days': 1,
            'segmentation_history_snapshots': 1,
            'segmentation_confirmations': 1,
            'segmentation_refit_after_days': 1,
            'segmentation_min_customers_to_fit': 1,
            'segmentation_fit_sample_size': 10,
            'segmentation_random_seed': 0,
            'segmentation_stability_resamples': 0,
            'segmentation_projected_customers': 0,
            'segmentation_churn_horizon_days': 7,
            'segmentation_value_horizon_days': 7,
            'segmentation_training_slices': 1,
            'segmentation_training_interval_days': 1,
            'segmentation_score_resamples': 100,
            'segmentation_early_days': 0,
            'segmentation_min_pair_baskets': 1,
            'segmentation_suggestions': 1,
            'segmentation_suggestion_exclusion_days': 0,
            'segmentation_alert_days': 1,
            'segmentation_tombstone_days': 0,
            'segmentation_ranked_actions': 1,
            'segmentation_return_abuse_orders': 1,
            'segmentation_experiment_outcome_days': 1,
            'segmentation_min_blast_customers': 0,
        }.items() -%}
            {%- set value = var(name) -%}
            {%- if value is not integer or value < minimum or value > 4294967295 -%}
                {%- do problems.append(
                    'the variable ' ~ name ~ ' is "' ~ value
                    ~ '", but must be a whole number from ' ~ minimum
                    ~ ' to 4294967295'
                ) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- for name, maximum in {
            'segmentation_margin_rate': 1,
            'segmentation_slowing_gap_ratio': 100,
            'segmentation_frequency_drop': 1,
            'segmentation_alert_false_rate': 0.5,
            'segmentation_holdout_share': 0.5,
            'segmentation_return_abuse_rate': 1,
            'segmentation_max_moved_share': 1,
            'segmentation_max_share_shift': 1,
            'segmentation_max_null_rate_rise': 1,
            'segmentation_max_removed_share': 1,
        }.items() -%}
            {%- set value = var(name) -%}
            {%- if value is not number or value is boolean
                or value < 0 or value > maximum -%}
                {%- do problems.append(
                    'the variable ' ~ name ~ ' is "' ~ value
                    ~ '", but must be a number from 0 to ' ~ maximum
                ) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- for name, pattern, example in [
            ('segmentation_as_of_date', '', '2024-12-31'),
            ('segmentation_extracted_at', '([ T].*)?', '2024-12-31 23:59:59'),
        ] -%}
            {%- set value = var(name) -%}
            {%- if value is not none and not modules.re.fullmatch(
                '[0-9]{4}-[0-9]{2}-[0-9]{2}' ~ pattern, value | string
            ) -%}
                {%- do problems.append(
                    'the variable ' ~ name ~ ' is "' ~ value
                    ~ '", but must be null or be written as ' ~ example
                ) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if var('segmentation_allow_blast') is not boolean -%}
            {%- do problems.append(
                'the variable segmentation_allow_blast is "'
                ~ var('segmentation_allow_blast') ~ '", but must be true or false'
            ) -%}
        {%- endif -%}
        {%- set early_days = var('segmentation_early_days') -%}
        {%- if early_days is integer and early_days >= 90 -%}
            {%- do problems.append(
                'the variable segmentation_early_days is ' ~ early_days
                ~ ', but must be below 90, the first age that a segment is predicted for'
            ) -%}
        {%- endif -%}
        {#- DuckDB can make no view there, and says so in words of its own -#}
        {%- if target.type == 'duckdb' -%}
            {%- set built = graph.nodes.values()
                | selectattr('package_name', 'equalto', 'segmentation')
                | map(attribute='schema') | unique | list -%}
            {%- for schema in (built + [var('segmentation_schema')]) | unique
                if schema and schema | lower == target.database | lower -%}
                {%- do problems.append(
                    'the DuckDB file is called "' ~ target.database
                    ~ '" like the schema ' ~ schema ~ ', which DuckDB cannot tell'
                    ~ ' apart: give the file another name'
                ) -%}
            {%- endfor -%}
        {%- endif -%}
        {%- if segmentation.mapped_entities() -%}
            {%- do problems.extend(segmentation.mapping_problems()) -%}
        {%- endif -%}
        {{- segmentation.raise_problems(problems) -}}
    {%- endif -%}
{% endmacro %}


{#- Names in the variables that map the user's tables that the input contract does not
    know, and that would silently do nothing; a list of sentences. -#}
{% macro mapping_problems() %}
    {%- set contract = segmentation.input_contract() -%}
    {%- set problems = [] -%}
    {%- for name, known in {
        'segmentation_tables': contract | list,
        'segmentation_columns': segmentation.mapped_entities(),
    }.items() -%}
        {%- for entity in var(name) if entity not in known -%}
            {%- do problems.append(
                'the variable ' ~ name ~ ' names "' ~ entity ~ '", which is no input'
                ~ (
                    ' of connector ' ~ segmentation.connector()
                    if entity in contract else ''
                ) ~ '; the inputs are ' ~ known | join(', ')
            ) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- for entity, renames in var('segmentation_columns').items()
        if entity in contract -%}
        {%- for column in renames or {} if column not in contract[entity] -%}
            {%- do problems.append(
                'the variable segmentation_columns maps "' ~ column ~ '" of ' ~ entity
                ~ ', which is no column of that input; its columns are '
                ~ contract[entity] | join(', ')
            ) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{- return(problems) -}}
{% endmacro %}


{#- Stop, if there are problems, and say all of them at once. -#}
{% macro raise_problems(problems) %}
    {%- if problems | length == 1 -%}
        {{- exceptions.raise_compiler_error('segmentation: ' ~ problems[0] ~ '.') -}}
    {%- elif problems -%}
        {{- exceptions.raise_compiler_error(
            'segmentation: there are ' ~ problems | length ~ ' things to correct.\n- '
            ~ problems | join('.\n- ') ~ '.'
        ) -}}
    {%- endif -%}
{% endmacro %}
