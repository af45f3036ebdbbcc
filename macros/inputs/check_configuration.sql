{#- Before a build, check the variables that no model would notice, and say what to
    change. Runs in on-run-start. -#}
{% macro check_configuration() %}
    {%- if execute and flags.WHICH in ['build', 'run', 'compile'] -%}
        {%- do segmentation.connector() -%}
        {%- for name, minimum in {
            'segmentation_snapshot_interval_days': 1,
            'segmentation_history_snapshots': 1,
            'segmentation_confirmations': 1,
            'segmentation_refit_after_days': 1,
            'segmentation_min_customers_to_fit': 1,
            'segmentation_fit_sample_size': 10,
        }.items() -%}
            {%- set value = var(name) -%}
            {%- if value is not number or value < minimum -%}
                {{- exceptions.raise_compiler_error(
                    'segmentation: the variable ' ~ name ~ ' is "' ~ value
                    ~ '", but must be a whole number from ' ~ minimum ~ ' up.'
                ) -}}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}
