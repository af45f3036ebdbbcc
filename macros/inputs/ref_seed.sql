{#- A seed of this project, or the model of the host project that stands in for it:
    segmentation_refs: {exchange_rates: my_exchange_rates} replaces
    segmentation_exchange_rates. The replacement has the seed's columns. -#}
{% macro ref_seed(name) %}
    {%- set host_model = segmentation.mapping_variable('segmentation_refs').get(name) -%}
    {%- if host_model -%}
        {{- return(segmentation.ref_given(host_model)) -}}
    {%- endif -%}
    {{- return(ref('segmentation', 'segmentation_' ~ name)) -}}
{% endmacro %}


{#- The moment the inputs were extracted, as a timestamp in UTC; rows dated later are
    wrong. -#}
{% macro extracted_at() %}
    {%- set moment = var('segmentation_extracted_at')
        or run_started_at.strftime('%Y-%m-%d %H:%M:%S') -%}
    {%- set literal = segmentation.text_literal(moment) -%}
    {%- if modules.re.search(':[0-9.]+ *([A-Za-z]|[+-][0-9])', moment | string) -%}
        {{- return(segmentation.zoned_text_in_utc(literal)) -}}
    {%- endif -%}
    {{- return('cast(' ~ literal ~ ' as timestamp)') -}}
{% endmacro %}
