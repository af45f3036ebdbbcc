{#- The segment of one customer who need not be in the warehouse, by the active version:
    what an application, a BI sheet or a person asks for. -#}


{#- A select of one row: segment_id, segment_name, strategy, confidence,
    second_segment_id, second_segment_name, is_whale and model_version.

    Arguments: `values`, a mapping of features to SQL; those of scorable_features that are
    absent count as null, which the fit puts at its median; average_order_amount defaults
    to net_amount / n_orders. `schedule`, `parameters`, `versions`, `segments`, `rfm`,
    `cells`: the relations to read. Nobody without an order is in a fitted segment: null
    or zero n_orders are a prospect. Rules place the values among the quintiles of the
    customers of the last snapshot. -#}
{% macro segment_lookup_query(
    values, parameters, versions, segments, rfm, cells
) %}
    {%- set double = segmentation.type_double() -%}
    with

    last_version as (

        select versions.*

        from {{ versions }} as versions

        inner join (select max(as_of_date) as as_of_date from {{ versions }}) as latest
            on versions.as_of_date = latest.as_of_date

    ),

    given as (

        select
            {% for feature in segmentation.scorable_features() %}
                cast({{ values.get(feature, 'null') }} as {{ double }})
                    as given_{{ feature }},
            {% endfor %}
            as_of_date

        from last_version

    ),

    asked as (

        select
            {% for feature in segmentation.scorable_features()
                if feature != 'average_order_amount' %}
                given_{{ feature }} as {{ feature }},
            {% endfor %}
            coalesce(
                given_average_order_amount,
                given_net_amount / nullif(given_n_orders, 0)
            ) as average_order_amount,
            coalesce(given_n_orders, 0) > 0 as has_ordered,
            'asked' as customer_id,
            as_of_date

        from given

    ),

    fitted as (

        {{ segmentation.nearest_segments('asked', parameters) | indent(8) }}

    ),

    ranked as (

        -- share of the customers that are worse, equal ones by half: see tied_quintiles
        select
            {% for score, feature, measure, worse in [
                ('recency', 'recency_days', 'recency_days', '>'),
                ('frequency', 'n_orders', 'frequency', '<'),
                ('monetary', 'net_amount', 'monetary_amount', '<')
            ] %}
                1 + least(floor(5 * (
                    sum(case
                        when cast(rfm.{{ measure }} as {{ double }})
                            {{ worse }} asked.{{ feature }} then 1.0
                        when cast(rfm.{{ measure }} as {{ double }})
                            = asked.{{ feature }} then 0.5
                        else 0
                    end) / count(*)
                )), 4) as {{ score }}_score,
            {% endfor %}
            max(asked.as_of_date) as as_of_date

        from {{ rfm }} as rfm

        inner join asked
            on rfm.as_of_date = asked.as_of_date

        where rfm.has_ordered

    ),

    rule_scores as (

        select
            {{ segmentation.rule_recency_score(
                'ranked.recency_score', 'asked.recency_days'
            ) }} as recency_score,
            {{ segmentation.frequency_monetary_score(
                segmentation.frequency_score(
                    'ranked.frequency_score', 'asked.n_orders'
                ),
                'ranked.monetary_score'
            ) }} as frequency_monetary_score

        from ranked

        inner join asked
            on ranked.as_of_date = asked.as_of_date

    ),

    ruled as (

        select cells.segment_id

        from rule_scores

        inner join {{ cells }} as cells
            on
                rule_scores.recency_score = cells.recency_score
                and rule_scores.frequency_monetary_score
                = cells.frequency_monetary_score

    ),

    judged as (

        select
            asked.has_ordered,
            last_version.method,
            last_version.model_version,
            last_version.whale_segment_id,
            asked.has_ordered
            and coalesce(asked.net_amount >= last_version.whale_net_amount, false)
                as is_whale,
            fitted.segment_id as nearest_segment_id,
            fitted.second_segment_id,
            fitted.confidence,
            ruled.segment_id as ruled_segment_id

        from asked

        inner join last_version
            on asked.as_of_date = last_version.as_of_date

        left join fitted
            on asked.customer_id = fitted.customer_id

        left join ruled
            on asked.has_ordered

    ),

    placed as (

        select
            case
                when not has_ordered then 'prospects'
                when method = 'rules' then ruled_segment_id
                when is_whale and whale_segment_id is not null then whale_segment_id
                else nearest_segment_id
            end as segment_id,
            case
                when is_whale and whale_segment_id is not null then nearest_segment_id
                else second_segment_id
            end as second_segment_id,
            case
                when not (is_whale and whale_segment_id is not null) then confidence
            end as confidence,
            is_whale,
            model_version

        from judged

    )

    select
        placed.segment_id,
        segments.segment_name,
        segments.strategy,
        placed.confidence,
        placed.second_segment_id,
        second_segments.segment_name as second_segment_name,
        placed.is_whale,
        placed.model_version

    from placed

    left join {{ segments }} as segments
        on placed.segment_id = segments.segment_id

    left join {{ segments }} as second_segments
        on placed.second_segment_id = second_segments.segment_id
{% endmacro %}


{#- Put a table macro `segment_for` beside dim_customer_segments, to be asked in SQL:

    select segment_name, confidence, strategy
    from shop.segment_for(recency_days := 12, n_orders := 5, net_amount := 300)

    Made anew after every build that has the tables; engines without table macros have
    look_up_segment alone. Runs in on-run-end.

    Argument: `cells`, the relation of the RFM cells. -#}
{% macro create_segment_lookup(cells) %}
    {{- return(adapter.dispatch('create_segment_lookup', 'segmentation')(cells)) -}}
{% endmacro %}

{% macro default__create_segment_lookup(cells) %}{% endmacro %}

{% macro duckdb__create_segment_lookup(cells) %}
    {%- set relations = segmentation.segment_lookup_relations(cells) -%}
    {%- if relations.values() | map('string') | select('equalto', 'None')
        | list | length == 0 -%}
        {%- set parameters, values = [], {} -%}
        {%- for feature in segmentation.scorable_features() -%}
            {%- do parameters.append(feature ~ ' := null') -%}
            {%- do values.update({feature: feature}) -%}
        {%- endfor -%}
        {#- named without the database: a copy of the file has another name -#}
        {%- set names = {} -%}
        {%- for name, relation in relations.items() -%}
            {%- do names.update({
                name: relation.include(database=false) | string
            }) -%}
        {%- endfor -%}
        {%- set home = relations['segments'].include(database=false, identifier=false) -%}
        {%- do run_query(
            'create or replace macro ' ~ home ~ '.segment_for('
            ~ parameters | join(', ') ~ ') as table '
            ~ segmentation.segment_lookup_query(values, **names)
        ) -%}
    {%- endif -%}
{% endmacro %}


{#- The relations that a lookup reads, by argument of segment_lookup_query; None for one
    that has not been built.

    Argument: `cells`, the relation of the RFM cells. -#}
{% macro segment_lookup_relations(cells) %}
    {%- set found = {} -%}
    {%- for argument, name in {
        'parameters': 'int_segment_parameters__pivoted',
        'versions': 'int_segment_versions__effective',
        'segments': 'dim_segments',
        'rfm': 'fct_customer_rfm',
    }.items() -%}
        {%- do found.update({argument: segmentation.relation_of(
            graph.nodes.get('model.segmentation.' ~ name)
        )}) -%}
    {%- endfor -%}
    {%- do found.update({'cells': load_relation(cells)}) -%}
    {{- return(found) -}}
{% endmacro %}


{#- Print the segment of one customer:

    dbt run-operation look_up_segment --args '{recency_days: 12, n_orders: 5, net_amount: 300}'

    Arguments: numbers by feature, any of scorable_features. Raises an error for a name
    that is none of them, a value that is no number, and before the first build. -#}
{% macro look_up_segment() %}
    {%- set cells = segmentation.ref_seed('rfm_cells') -%}
    {%- if execute -%}
        {%- set relations = segmentation.segment_lookup_relations(cells) -%}
        {%- for argument, relation in relations.items() if relation is none -%}
            {{- exceptions.raise_compiler_error(
                'segmentation: the tables to look a segment up in are not there yet; '
                'run dbt build first.'
            ) -}}
        {%- endfor -%}
        {%- set values = {} -%}
        {%- for feature, value in kwargs.items() -%}
            {%- if feature not in segmentation.scorable_features() -%}
                {{- exceptions.raise_compiler_error(
                    'segmentation: "' ~ feature ~ '" is no feature that segments are '
                    'fitted on; choose from '
                    ~ segmentation.scorable_features() | join(', ')
                ) -}}
            {%- endif -%}
            {%- if value is not none and value is not number -%}
                {{- exceptions.raise_compiler_error(
                    'segmentation: ' ~ feature ~ ' is "' ~ value ~ '"; give a number, or '
                    'leave it out'
                ) -}}
            {%- endif -%}
            {%- do values.update({feature: 'null' if value is none else value}) -%}
        {%- endfor -%}
        {%- set answer = run_query(
            segmentation.segment_lookup_query(values, **relations)
        ) -%}
        {%- for name in answer.column_names -%}
            {{- print(name ~ ': ' ~ answer.columns[name].values()[0]) -}}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}
