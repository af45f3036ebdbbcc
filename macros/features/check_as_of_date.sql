{#- Before the schedule of snapshots is built, check the as-of date against the orders
    and the snapshots there are, and say what to change. A pre-hook. -#}
{% macro check_as_of_date() %}
    {%- if execute -%}
        {%- set orders = ref('segmentation', 'int_orders__priced') -%}
        {%- set found = run_query(
            'select min(ordered_on), max(ordered_on), count(*) from ' ~ orders
            ~ " where treatment != 'refund'"
        ).rows[0] -%}
        {%- set n_received = run_query(
            'select count(*) from ' ~ ref('segmentation', 'int_orders__checked')
        ).rows[0][0] -%}
        {%- if found[2] == 0 -%}
            {{- exceptions.raise_compiler_error(
                'segmentation: none of the ' ~ n_received ~ ' orders received was '
                'accepted, so there is nothing to segment. The reasons are in column '
                'reject_reason of ' ~ ref('segmentation', 'int_orders__checked')
                ~ ' and int_order_lines__checked.'
            ) -}}
        {%- endif -%}
        {%- set as_of_date = var('segmentation_as_of_date') -%}
        {%- if as_of_date and as_of_date | string < found[0] | string -%}
            {{- exceptions.raise_compiler_error(
                'segmentation: the as-of date ' ~ as_of_date ~ ' lies before the first of '
                ~ found[2] ~ ' accepted orders (column ordered_at, '
                ~ found[0] ~ ' to ' ~ found[1] ~ '); set segmentation_as_of_date to a '
                'day in that range, or to null for the last whole day.'
            ) -}}
        {%- endif -%}
        {%- set stored = load_relation(this) -%}
        {%- if as_of_date and stored is not none and not flags.FULL_REFRESH -%}
            {%- set last = run_query('select max(as_of_date) from ' ~ this).rows[0][0] -%}
            {%- if last and as_of_date | string < last | string -%}
                {{- exceptions.raise_compiler_error(
                    'segmentation: the as-of date ' ~ as_of_date ~ ' lies before the '
                    'last snapshot built, ' ~ last ~ ' (' ~ this ~ '). Build a past '
                    'week in a schema or database of its own, so that the history '
                    'kept here stays in order.'
                ) -}}
            {%- endif -%}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}
