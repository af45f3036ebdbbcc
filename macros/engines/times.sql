{#- A moment from an input, as a timestamp in UTC, whatever the session's time zone.

    A time with an offset, Z or the name of a zone is converted; one without is UTC; a
    day alone is its beginning in the shop's zone. Null of what cannot be read.

    Arguments: `expression`, SQL; `data_type`, the engine's name of its type where that
    is known, which saves a look at every value; null for any type. -#}
{% macro to_timestamp(expression, data_type=none) %}
    {%- set known = (data_type or '') | lower -%}
    {%- if known == 'date' -%}
        {{- return(segmentation.start_of_day(expression)) -}}
    {%- elif 'with time zone' in known or known in segmentation.zoned_types() -%}
        {{- return(segmentation.instant_in_utc(expression)) -}}
    {%- elif known.startswith('timestamp') or known == 'datetime' -%}
        {{- return('cast(' ~ expression ~ ' as timestamp)') -}}
    {%- endif -%}
    {{- return(segmentation.text_in_utc(segmentation.to_text(expression))) -}}
{% endmacro %}


{#- A calendar day from an input, as a date: as it is written, unless it is a moment
    with an offset or a zone, which lies on a day of the shop. Null of what cannot be
    read. Arguments: as of to_timestamp. -#}
{% macro to_date(expression, data_type=none) %}
    {%- set known = (data_type or '') | lower -%}
    {%- if 'with time zone' in known or known in segmentation.zoned_types() -%}
        {{- return(segmentation.day_of(segmentation.instant_in_utc(expression))) -}}
    {%- elif known == 'date' or known.startswith('timestamp') or known == 'datetime' -%}
        {{- return('cast(' ~ expression ~ ' as date)') -}}
    {%- endif -%}
    {%- set text = segmentation.to_text(expression) -%}
    {{- return(
        'case when ' ~ segmentation.has_zone(text) ~ ' then '
        ~ segmentation.day_of(segmentation.zoned_text_in_utc(text)) ~ ' else '
        ~ segmentation.try_cast(text, 'date') ~ ' end'
    ) -}}
{% endmacro %}


{#- The day of the shop that a timestamp in UTC lies on: where its days begin is the
    variable segmentation_time_zone. -#}
{% macro day_of(timestamp) %}
    {{- return('cast(' ~ segmentation.local_time(timestamp) ~ ' as date)') -}}
{% endmacro %}


{#- A timestamp in UTC as the shop's clocks tell it. -#}
{% macro local_time(timestamp) %}
    {%- if segmentation.days_are_of_utc() -%}
        {{- return(timestamp) -}}
    {%- endif -%}
    {{- return(segmentation.move_time(
        timestamp, 'UTC', var('segmentation_time_zone')
    )) -}}
{% endmacro %}


{#- The first instant of a day of the shop, as a timestamp in UTC. -#}
{% macro start_of_day(day) %}
    {%- set midnight = 'cast(' ~ day ~ ' as timestamp)' -%}
    {%- if segmentation.days_are_of_utc() -%}
        {{- return(midnight) -}}
    {%- endif -%}
    {{- return(segmentation.move_time(
        midnight, var('segmentation_time_zone'), 'UTC'
    )) -}}
{% endmacro %}


{#- The first instant after a day: events strictly before it are the day's or older. -#}
{% macro end_of_day(day) %}
    {{- return(segmentation.start_of_day(
        segmentation.add_to_moment('day', 1, 'cast(' ~ day ~ ' as date)')
    )) -}}
{% endmacro %}


{#- Whether the shop's days begin at midnight UTC, so that nothing is to be moved. -#}
{% macro days_are_of_utc() %}
    {{- return(var('segmentation_time_zone') | upper in ['UTC', 'ETC/UTC', 'GMT']) -}}
{% endmacro %}


{#- What engines call their type of a moment with a zone, beside the standard's name. -#}
{% macro zoned_types() %}
    {{- return(['timestamptz', 'timestamp_tz', 'timestamp_ltz']) -}}
{% endmacro %}


{#- A time without a zone, read in one zone and told in another. -#}
{% macro move_time(timestamp, from_zone, to_zone) %}
    {{- return(adapter.dispatch('move_time', 'segmentation')(
        timestamp, segmentation.text_literal(from_zone),
        segmentation.text_literal(to_zone)
    )) -}}
{% endmacro %}

{% macro default__move_time(timestamp, from_zone, to_zone) %}
    {{- return(
        'timezone(' ~ to_zone ~ ', timezone(' ~ from_zone ~ ', ' ~ timestamp ~ '))'
    ) -}}
{% endmacro %}

{% macro snowflake__move_time(timestamp, from_zone, to_zone) %}
    {{- return(
        'convert_timezone(' ~ from_zone ~ ', ' ~ to_zone ~ ', ' ~ timestamp ~ ')'
    ) -}}
{% endmacro %}

{% macro spark__move_time(timestamp, from_zone, to_zone) %}
    {{- return(
        'convert_timezone(' ~ from_zone ~ ', ' ~ to_zone ~ ', ' ~ timestamp ~ ')'
    ) -}}
{% endmacro %}


{#- A moment with a zone as a timestamp in UTC; a plain cast would tell it in the zone
    of the session. -#}
{% macro instant_in_utc(instant) %}
    {{- return(adapter.dispatch('instant_in_utc', 'segmentation')(instant)) -}}
{% endmacro %}

{% macro default__instant_in_utc(instant) %}
    {{- return("timezone('UTC', " ~ instant ~ ')') -}}
{% endmacro %}

{% macro snowflake__instant_in_utc(instant) %}
    {{- return(
        "cast(convert_timezone('UTC', " ~ instant ~ ') as timestamp)'
    ) -}}
{% endmacro %}


{#- Whether a text is a time that ends in an offset, Z or the name of a zone. -#}
{% macro has_zone(text) %}
    {{- return(adapter.dispatch('has_zone', 'segmentation')(text)) -}}
{% endmacro %}

{#- only after a time of day: 2024-01-05 alone does not end in the offset -05 -#}
{% macro default__has_zone(text) %}
    {{- return(
        'coalesce(regexp_matches(' ~ text ~ ", ':[0-9.]+ *([A-Za-z].*|[+-][0-9:]+)$')"
        ~ ', false)'
    ) -}}
{% endmacro %}

{% macro postgres__has_zone(text) %}
    {{- return(
        'coalesce(' ~ text ~ " ~ ':[0-9.]+ *([A-Za-z].*|[+-][0-9:]+)$', false)"
    ) -}}
{% endmacro %}


{#- A text that has a zone, as a timestamp in UTC; null if the engine does not know the
    zone. Blanks before an offset and a small z are written as ISO 8601 wants them. -#}
{% macro zoned_text_in_utc(text) %}
    {%- set iso = 'regexp_replace(regexp_replace(' ~ text ~ ", ' +([+-])', '\\1'), "
        ~ "'([0-9])z$', '\\1Z')" -%}
    {{- return(segmentation.instant_in_utc(
        segmentation.try_cast(iso, 'timestamp with time zone')
    )) -}}
{% endmacro %}


{#- A text as a timestamp in UTC; see to_timestamp. -#}
{% macro text_in_utc(text) %}
    {{- return(
        'case when ' ~ segmentation.has_zone(text) ~ ' then '
        ~ segmentation.zoned_text_in_utc(text)
        ~ (
            '' if segmentation.days_are_of_utc()
            else ' when length(' ~ text ~ ') <= 10 then ' ~ segmentation.start_of_day(
                segmentation.try_cast(text, 'date')
            )
        )
        ~ ' else ' ~ segmentation.try_cast(text, 'timestamp') ~ ' end'
    ) -}}
{% endmacro %}
