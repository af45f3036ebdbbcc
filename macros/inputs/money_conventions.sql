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
    {%- if execute and flags.WHICH in ['build', 'run']
        and segmentation.connector() != 'demo' -%}
        {%- set node = graph.nodes.get('model.segmentation.fct_input_conventions') -%}
        {%- set built = results | selectattr(
            'node.unique_id', 'equalto', node.unique_id
        ) | selectattr('status', 'in', ['success', 'pass']) | list if node else [] -%}
        {%- if built -%}
            {%- for row in run_query(
                'select entity, column_name, convention, n_rows, n_contrary, '
                ~ 'input_convention_id from ' ~ api.Relation.create(
                    database=node.database, schema=node.schema, identifier=node.alias
                ) ~ ' where is_noteworthy order by input_convention_id'
            ).rows -%}
                {%- do exceptions.warn(
                    'segmentation: ' ~ segmentation.convention_in_words(*row)
                ) -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endif -%}
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
