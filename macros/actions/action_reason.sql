{#- Why an action is proposed, in words: what its trigger means, else the segment.

    Arguments: `trigger_description`, `segment_name`, SQL of texts. -#}
{% macro action_reason(trigger_description, segment_name) %}
    {{- return(
        'coalesce(' ~ trigger_description ~ ", 'Segment ' || " ~ segment_name ~ ')'
    ) -}}
{% endmacro %}
