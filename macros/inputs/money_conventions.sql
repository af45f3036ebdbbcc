{#- Whether a number of rows is more than slips of the pen: over 5 % of all. SQL. -#}
{% macro is_material(n_rows, n_all) %}
    {{- return('20 * (' ~ n_rows ~ ') > (' ~ n_all ~ ')') -}}
{% endmacro %}


{#- Stop, if a column that lowers what orders are worth is written in both signs: which of
    them lowers cannot be told. A post-hook of int_money_signs__found. -#}
{% macro check_money_signs() %}
    {%- if execute -%}
        {%- set mixed = run_query(
            'select entity, column_name, n_positive, n_negative from ' ~ this
            ~ ' where is_mixed order by entity, column_name'
        ).rows -%}
        {%- set problems = [] -%}
        {%- for entity, column, n_positive, n_negative in mixed -%}
            {%- do problems.append(
                'column ' ~ segmentation.mapped_name(entity, column) ~ ' of '
                ~ entity ~ ' is above 0 in ' ~ n_positive ~ ' rows and below 0 in '
                ~ n_negative ~ ', so that it cannot be told which sign lowers an order. '
                'Write all rows in one sign, or map another column with '
                'segmentation_columns: {' ~ entity ~ ': {' ~ column ~ ': its_name}}'
            ) -%}
        {%- endfor -%}
        {{- segmentation.raise_problems(problems) -}}
    {%- endif -%}
{% endmacro %}


{#- Stop, if discounts on orders and on their lines contradict one another in more than a
    few orders. A post-hook of int_order_discounts__compared. -#}
{% macro check_order_discounts() %}
    {%- if execute -%}
        {%- set found = run_query(
            'select count(*), coalesce(sum(case when is_contradictory then 1 else 0 end)'
            ~ ', 0), min(case when is_contradictory then order_id end) from ' ~ this
            ~ ' having ' ~ segmentation.is_material(
                'coalesce(sum(case when is_contradictory then 1 else 0 end), 0)',
                'count(*)'
            )
        ).rows -%}
        {%- if found -%}
            {{- segmentation.raise_problems([
                found[0][1] ~ ' of the ' ~ found[0][0] ~ ' orders with a discount both on '
                'the order (column '
                ~ segmentation.mapped_name('orders', 'discount_amount')
                ~ ' of orders) and on its lines (column '
                ~ segmentation.mapped_name('order_lines', 'discount_amount')
                ~ ' of order_lines) have another sum there than on the lines, such as '
                'order ' ~ found[0][2] ~ ', so that it cannot be told whether the one '
                'contains the other. Set the variable segmentation_order_discounts to '
                'additional, if orders are discounted on top of their lines, or to '
                'included, if the discount of an order is the sum of all its discounts; '
                'or leave one out with segmentation_columns: {orders: {discount_amount: '
                'null}}'
            ]) -}}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}


{#- Stop, if the accepted rows of this model add up to more than a column of money holds:
    each amount is plausible, and all of them are not. A post-hook.

    Arguments: `columns`, those of money that sums are made of; `is_accepted`, SQL. -#}
{% macro check_sums_of_money(columns, is_accepted='reject_reason is null') %}
    {%- if execute -%}
        {%- set sums = [] -%}
        {%- for column in columns -%}
            {%- do sums.append(
                'coalesce(sum(abs(cast(' ~ column ~ ' as ' ~ segmentation.type_double()
                ~ '))), 0)'
            ) -%}
        {%- endfor -%}
        {%- set row = run_query(
            'select count(*), ' ~ sums | join(', ') ~ ' from ' ~ this
            ~ ' where ' ~ is_accepted
        ).rows[0] -%}
        {%- set problems = [] -%}
        {%- for column in columns -%}
            {%- set total = row[loop.index] -%}
            {%- if total > segmentation.largest_sum() -%}
                {%- do problems.append(
                    'column ' ~ column ~ ' of ' ~ this ~ ' adds up to '
                    ~ '{:,.0f}'.format(total) ~ ' ' ~ var('segmentation_currency')
                    ~ ' over ' ~ row[0] ~ ' rows, and sums of money may be '
                    ~ '{:,.0f}'.format(segmentation.largest_sum()) ~ ' at most. Are '
                    ~ 'amounts in cents, or in a currency of small units? Correct them, '
                    ~ 'or report in a larger unit by rates of your own, with '
                    ~ 'segmentation_refs: {exchange_rates: your_model}'
                ) -%}
            {%- endif -%}
        {%- endfor -%}
        {{- segmentation.raise_problems(problems) -}}
    {%- endif -%}
{% endmacro %}


{#- The name that the user's table has for a column of the input contract. -#}
{% macro mapped_name(entity, column) %}
    {{- return((var('segmentation_columns').get(entity) or {}).get(column) or column) -}}
{% endmacro %}


{#- Whether the rates in use are those that this package is shipped with, which are the
    demo shop's: yearly averages of some years past. -#}
{% macro has_example_rates() %}
    {%- set shipped = 'fa786f7200f1ec52c6cd342c8aa65f9d8875eb873ca11c69ed55e52001d86cfb' -%}
    {%- set seed = graph.nodes.get('seed.segmentation.segmentation_exchange_rates')
        if execute else none -%}
    {{- return(
        not var('segmentation_refs').get('exchange_rates')
        and (not seed or seed.checksum.checksum == shipped)
    ) -}}
{% endmacro %}


{#- At the end of a build, say which conventions the inputs of money were found to have,
    where that is worth a look. Runs in on-run-end; the demo's are known. -#}
{% macro tell_input_conventions() %}
    {%- set found = segmentation.relation_of(
        graph.nodes['model.segmentation.fct_input_conventions']
    ) -%}
    {%- set mended = {} -%}
    {%- for row in run_query(
        'select entity, column_name, convention, n_rows, n_contrary, '
        ~ 'input_convention_id from ' ~ found
        ~ ' where is_noteworthy order by input_convention_id'
    ).rows if segmentation.connector() != 'demo' -%}
        {%- if row[2] in segmentation.mends().values() -%}
            {%- do mended.setdefault(row[2], []).append(
                row[3] ~ ' in ' ~ segmentation.mapped_name(row[0], row[1]) ~ ' of '
                ~ row[0]
            ) -%}
        {%- else -%}
            {%- do exceptions.warn(
                'segmentation: ' ~ segmentation.convention_in_words(*row)
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for convention, columns in mended.items() -%}
        {%- do exceptions.warn(
            'segmentation: ' ~ {
                'empty_is_null': 'empty texts are read as null: ',
                'blanks_are_cut': 'values differ by blanks at their ends only, and are '
                    ~ 'read without: ',
                'point_zero_is_cut': 'ids differ by .0 only, and are read without: ',
            }[convention] ~ columns[:5] | join(', ')
            ~ (' and ' ~ (columns | length - 5) ~ ' columns more' if columns[5:] else '')
            ~ '.'
        ) -%}
    {%- endfor -%}
{% endmacro %}


{#- One row of fct_input_conventions as a sentence. -#}
{% macro convention_in_words(entity, column, convention, n_rows, n_contrary, id) %}
    {%- set name = 'column ' ~ segmentation.mapped_name(entity, column) ~ ' of '
        ~ entity -%}
    {%- set currency = id.split('|')[-1] -%}
    {{- return({
        'above_zero_lowers': name ~ ' lowers orders by what is above 0, in '
            ~ (n_rows - n_contrary) ~ ' of ' ~ n_rows ~ ' rows; ' ~ n_contrary
            ~ ' below 0 are ignored.',
        'below_zero_lowers': name ~ ' lowers orders by what is below 0, in '
            ~ (n_rows - n_contrary) ~ ' of ' ~ n_rows ~ ' rows; ' ~ n_contrary
            ~ ' above 0 are ignored.',
        'told_twice': name ~ ' is the sum of the discounts of the lines in '
            ~ (n_rows - n_contrary) ~ ' of ' ~ n_rows ~ ' orders that have both, and is '
            'counted once; ' ~ n_contrary ~ ' orders are rejected as '
            'contradictory_discount.',
        'additional_to_lines': name ~ ' is added to the discounts of the lines in '
            ~ n_rows ~ ' orders that have both, of which ' ~ (n_rows - n_contrary)
            ~ ' have the same sum on either side.',
        'includes_lines': name ~ ' is taken to include the discounts of the lines in '
            ~ n_rows ~ ' orders that have both.',
        'tax_is_taken_out': 'the prices of ' ~ n_rows ~ ' orders include tax, which is '
            'taken out; ' ~ n_contrary ~ ' of them have no tax on the order, and keep '
            'it unless their lines have.',
        'no_rate': n_rows ~ ' orders in ' ~ currency ~ ' have no rate and are rejected '
            'as unknown_currency: add it to the seed segmentation_exchange_rates, or '
            'replace that by segmentation_refs: {exchange_rates: your_model}.',
        'own_rates': n_contrary ~ ' of ' ~ n_rows ~ ' orders in ' ~ currency ~ ' are '
            'dated before its first rate, and are rejected as unknown_currency.',
        'example_rates': n_rows ~ ' orders in ' ~ currency ~ ' are converted at the '
            'example rates of the seed segmentation_exchange_rates, yearly averages '
            'for the demo shop: replace them by rates of your own, with '
            'segmentation_refs: {exchange_rates: your_model}.',
    }[convention]) -}}
{% endmacro %}
