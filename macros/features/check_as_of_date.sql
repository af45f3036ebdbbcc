{#- Before the schedule of snapshots is built, check the as-of date against the orders
    and the snapshots there are, and say what to change. A pre-hook. -#}
{% macro check_as_of_date() %}
    {%- if execute -%}
        {%- set orders = ref('segmentation', 'int_orders__priced') -%}
        {%- set received = ref('segmentation', 'int_orders__checked') -%}
        {%- set found = run_query(
            'select min(ordered_on), max(ordered_on), count(*) from ' ~ orders
            ~ " where treatment != 'refund'"
        ).rows[0] -%}
        {%- if found[2] == 0 -%}
            {{- segmentation.raise_no_orders(received) -}}
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
        {{- segmentation.check_day_is_known(as_of_date) -}}
        {%- set stored = load_relation(this) -%}
        {%- if as_of_date and stored is not none and not segmentation.resets_history() -%}
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


{#- Stop, for want of a usable order, and say why the orders received were rejected. -#}
{% macro raise_no_orders(received) %}
    {%- set counts = run_query(
        'select reject_reason, count(*) from ' ~ received
        ~ ' group by reject_reason order by count(*) desc, reject_reason'
    ).rows -%}
    {%- set n_received = counts | sum(attribute=1) -%}
    {%- set reasons = [] -%}
    {%- for reason, n_orders in counts -%}
        {%- do reasons.append(
            n_orders ~ ' ' ~ (reason or 'are refunds, or have no accepted line: see '
            'reject_reason of int_order_lines__checked')
        ) -%}
    {%- endfor -%}
    {{- exceptions.raise_compiler_error(
        'segmentation: none of the ' ~ n_received ~ ' orders received can be counted, so '
        'there is nothing to segment. Column reject_reason of ' ~ received ~ ' says why: '
        ~ reasons | join(', ') ~ '. Correct the input columns concerned, or map others '
        'with segmentation_columns.'
    ) -}}
{% endmacro %}


{#- Stop, if the as-of date lies after the inputs were extracted. -#}
{% macro check_day_is_known(as_of_date) %}
    {%- set extracted_on = (
        (var('segmentation_extracted_at') or run_started_at) | string
    )[:10] -%}
    {%- if as_of_date and as_of_date | string > extracted_on -%}
        {{- exceptions.raise_compiler_error(
            'segmentation: the as-of date ' ~ as_of_date ~ ' lies after the inputs '
            'were extracted, ' ~ extracted_on ~ ', so that what happened until then '
            'is not known; set segmentation_as_of_date to an earlier day, or to '
            'null for the last whole day in the orders.'
        ) -}}
    {%- endif -%}
{% endmacro %}


{#- Before a customer summary is archived, check that it has orders and that it is no
    older than the last one, and say what to change. A pre-hook. -#}
{% macro check_summary_date() %}
    {%- if execute -%}
        {%- set summaries = ref('segmentation', 'int_customer_summaries__priced') -%}
        {%- set last_ordered_on = run_query(
            'select max(last_ordered_on) from ' ~ summaries
        ).rows[0][0] -%}
        {%- if last_ordered_on is none -%}
            {{- segmentation.raise_no_totals(
                ref('segmentation', 'int_customers__checked')
            ) -}}
        {%- endif -%}
        {%- set as_of_date = var('segmentation_as_of_date') or last_ordered_on -%}
        {{- segmentation.check_day_is_known(as_of_date) -}}
        {%- set stored = load_relation(this) -%}
        {%- if stored is not none and not segmentation.resets_history() -%}
            {%- set last = run_query('select max(as_of_date) from ' ~ this).rows[0][0] -%}
            {%- if last and as_of_date | string < last | string -%}
                {{- exceptions.raise_compiler_error(
                    'segmentation: the customer summary is as of ' ~ as_of_date ~ ', '
                    'which lies before the last snapshot built, ' ~ last ~ ' (' ~ this
                    ~ '). Load a newer export; or, if this one is of that day or '
                    'later, say so with segmentation_as_of_date; or build it in a '
                    'schema or database of its own, so that the history kept here '
                    'stays in order.'
                ) -}}
            {%- endif -%}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}


{#- Stop, for want of a customer with an order, and say why rows were rejected. -#}
{% macro raise_no_totals(received) %}
    {%- set counts = run_query(
        'select reject_reason, count(*) from ' ~ received
        ~ ' group by reject_reason order by count(*) desc, reject_reason'
    ).rows -%}
    {%- set reasons = [] -%}
    {%- for reason, n_rows in counts -%}
        {%- do reasons.append(n_rows ~ ' ' ~ (reason or 'have no orders')) -%}
    {%- endfor -%}
    {{- exceptions.raise_compiler_error(
        'segmentation: none of the ' ~ counts | sum(attribute=1) ~ ' rows of the '
        'customer summary is a customer with orders that can be counted, so there is '
        'nothing to segment. Column reject_reason of ' ~ received ~ ' says why: '
        ~ reasons | join(', ') ~ '. Correct the input columns concerned, or map others '
        'with segmentation_columns.'
    ) -}}
{% endmacro %}
