{#- The connectors that there are: of which kind each is (a shop, of which one is in use;
    mail or site, of which there may be any number beside it), and the entities that it has
    a model stg_<connector>__<entity> for. What none of those in use has is empty. Connectors
    that land the same shop in other tables share these models, stg_<staged_as>__<entity>,
    which read the base models of each.

    Returns {name: {'kind': ..., 'staged_as': ..., 'entities': [...]}}. -#}
{% macro connectors() %}
    {%- set shopify = [
        'customers', 'orders', 'order_lines', 'refunds', 'products', 'web_events',
    ] -%}
    {{- return({
        'demo': {'kind': 'shop', 'entities': [
            'customers', 'orders', 'order_lines', 'products', 'web_events',
            'email_events', 'campaign_members', 'tickets', 'reviews',
        ]},
        'native': {'kind': 'shop', 'entities': [
            'customers', 'orders', 'order_lines', 'refunds', 'products', 'web_events',
            'consents', 'email_events', 'campaign_members', 'tickets', 'reviews',
        ]},
        'customer_summary': {'kind': 'shop', 'entities': ['customers']},
        'thelook': {'kind': 'shop', 'entities': [
            'customers', 'orders', 'order_lines', 'products', 'web_events',
        ]},
        'online_retail': {'kind': 'shop', 'entities': [
            'customers', 'orders', 'order_lines', 'products',
        ]},
        'woocommerce': {'kind': 'shop', 'entities': [
            'customers', 'orders', 'order_lines', 'refunds', 'products', 'reviews',
        ]},
        'klaviyo_fivetran': {'kind': 'mail', 'entities': ['consents', 'email_events']},
        'ga4': {'kind': 'site', 'entities': ['web_events']},
        'shopify_fivetran': {
            'kind': 'shop', 'staged_as': 'shopify', 'entities': shopify,
        },
        'shopify_airbyte': {
            'kind': 'shop', 'staged_as': 'shopify', 'entities': shopify,
        },
    }) -}}
{% endmacro %}


{#- What is wrong with a choice of connectors, the value of segmentation_connector; a list of
    sentences. Right is the name of a shop, or a list of names of which one is a shop. -#}
{% macro connector_problems(chosen) %}
    {%- set known = segmentation.connectors() -%}
    {%- set names = [chosen] if chosen is string else chosen -%}
    {%- if names is mapping or names is not iterable
        or names | select('string') | list | length != names | length -%}
        {{- return([
            'the variable segmentation_connector is ' ~ segmentation.shown_value(chosen)
            ~ ', but must be the name of a connector or a list of names, of '
            ~ known | join(', ')
        ]) -}}
    {%- endif -%}
    {%- set problems = [] -%}
    {%- set shops = [] -%}
    {%- for name in names | unique -%}
        {%- if name not in known -%}
            {%- do problems.append(
                'unknown connector "' ~ name ~ '" in the variable segmentation_connector; '
                ~ 'choose one of ' ~ known | join(', ')
            ) -%}
        {%- elif known[name].kind == 'shop' -%}
            {%- do shops.append(name) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if not problems and shops | length != 1 -%}
        {%- set of_shops = [] -%}
        {%- for name, properties in known.items() if properties.kind == 'shop' -%}
            {%- do of_shops.append(name) -%}
        {%- endfor -%}
        {%- do problems.append(
            'the variable segmentation_connector names ' ~ (
                shops | length ~ ' shops, ' ~ shops | join(' and ')
                ~ '; leave one of them, the others being builds of their own'
                if shops else 'no shop, without which there is nobody to segment; add '
                ~ 'one of ' ~ of_shops | join(', ')
            )
        ) -%}
    {%- endif -%}
    {{- return(problems) -}}
{% endmacro %}


{#- The names of the connectors in use. Where none is chosen, that is the demo shop in this
    project, and in a package the one for tables of one's own, so that the host's other
    models can be run; check_configuration refuses to build it. Raises if the choice is
    wrong: dbt asks while it parses, before any check could run. -#}
{% macro connectors_in_use() %}
    {%- set chosen = var('segmentation_connector') -%}
    {%- if chosen is none -%}
        {{- return(['demo' if project_name == 'segmentation' else 'native']) -}}
    {%- endif -%}
    {{- segmentation.raise_problems(segmentation.connector_problems(chosen)) -}}
    {{- return(([chosen] if chosen is string else chosen) | unique | list) -}}
{% endmacro %}


{#- Whether a connector is among those in use; what its models are enabled by. -#}
{% macro is_in_use(name) %}
    {{- return(name in segmentation.connectors_in_use()) -}}
{% endmacro %}


{#- Whether a connector in use has its staging models under this name. -#}
{% macro is_staged_as(name) %}
    {%- set found = [] -%}
    {%- for connector in segmentation.connectors_in_use()
        if segmentation.staged_name(connector) == name -%}
        {%- do found.append(connector) -%}
    {%- endfor -%}
    {{- return(found | length > 0) -}}
{% endmacro %}


{#- What the staging models of a connector are called by. -#}
{% macro staged_name(connector) %}
    {{- return(segmentation.connectors()[connector].staged_as or connector) -}}
{% endmacro %}


{#- A base model of the shop's connector, for staging models that several connectors share. -#}
{% macro ref_base(name) %}
    {{- return(ref('segmentation', 'base_' ~ segmentation.connector() ~ '__' ~ name)) -}}
{% endmacro %}


{#- The connector in use that is the shop. -#}
{% macro connector() %}
    {%- for name in segmentation.connectors_in_use()
        if segmentation.connectors()[name].kind == 'shop' -%}
        {{- return(name) -}}
    {%- endfor -%}
{% endmacro %}


{#- The entities that the user points the shop's connector at; none if it knows its
    tables itself. -#}
{% macro mapped_entities() %}
    {%- set shop = segmentation.connector() -%}
    {{- return({
        'native': segmentation.connectors()[shop].entities,
        'customer_summary': ['customer_summaries'],
    }.get(shop, [])) -}}
{% endmacro %}


{#- The entities that no shop can do without. -#}
{% macro required_entities() %}
    {{- return(['customers', 'orders', 'order_lines', 'customer_summaries']) -}}
{% endmacro %}


{#- The staging contract: the columns that the models stg_<connector>__<entity> of every
    connector have, with their types. Made of the input contract: a column is staged under
    its own name or as what staged_as says, and a presence as a column of its own; a connector
    may reject customers, orders and order lines by a reason of its own.

    Returns {entity: {column: type of the input contract}}. -#}
{% macro staging_contract() %}
    {%- set staged = {} -%}
    {%- for entity, contract in segmentation.input_contract().items()
        if entity != 'customer_summaries' -%}
        {%- set columns = {} -%}
        {%- for column, properties in contract.items() -%}
            {%- do columns.update({properties.staged_as or column: properties.type}) -%}
            {%- if properties.presence -%}
                {%- do columns.update({properties.presence: 'boolean'}) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if entity in ['customers', 'orders', 'order_lines'] -%}
            {%- do columns.update({'connector_reject_reason': 'string'}) -%}
        {%- endif -%}
        {%- do staged.update({entity: columns}) -%}
    {%- endfor -%}
    {{- return(staged) -}}
{% endmacro %}


{#- The rows of an entity of all connectors in use that have it, in the columns of the staging
    contract; an empty relation if none has. A query. -#}
{% macro select_united(entity) %}
    {%- set contract = segmentation.staging_contract()[entity] -%}
    {%- set having = [] -%}
    {%- for name in segmentation.connectors_in_use()
        if entity in segmentation.connectors()[name].entities -%}
        {%- do having.append(name) -%}
    {%- endfor -%}
    {%- for name in having %}
    select
        {{ contract | join(',\n        ') }}
    from {{ ref('segmentation', 'stg_' ~ segmentation.staged_name(name) ~ '__' ~ entity) }}
    {{ 'union all' if not loop.last }}
    {%- else %}
    select
        {%- for column, type in contract.items() %}
        cast(null as {{ segmentation.contract_type(type) }}) as {{ column }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    {#- rather than where, which BigQuery has only after from #}
    limit 0
    {%- endfor %}
{% endmacro %}
