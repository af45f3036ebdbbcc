{#- One end of the 95 % interval of a share (Wilson 1927, J. Am. Stat. Assoc. 22, 209-212):
    inside 0 to 1, and of use where few were counted or none.

    Arguments: `n_hits` of `n_trials`, SQL of counts; `side`, 'lower' or 'upper'. Null of no
    trials. -#}
{% macro wilson_bound(n_hits, n_trials, side) %}
    {%- set z = 1.959963984540054 -%}
    {%- set double = segmentation.type_double() -%}
    {%- set hits = 'cast(' ~ n_hits ~ ' as ' ~ double ~ ')' -%}
    {%- set trials = 'cast(' ~ n_trials ~ ' as ' ~ double ~ ')' -%}
    {%- set sign = '-' if side == 'lower' else '+' -%}
    {#- at the edges the formula gives 0 and 1 but for rounding -#}
    case
        when {{ n_trials }} = 0 then null
        {%- if side == 'lower' %}
        when {{ n_hits }} = 0 then 0.0e0
        {%- else %}
        when {{ n_hits }} = {{ n_trials }} then 1.0e0
        {%- endif %}
        else
            (
                {{ hits }} + {{ z * z / 2 }}e0
                {{ sign }} {{ z }}e0 * sqrt(
                    {{ hits }} * ({{ trials }} - {{ hits }}) / nullif({{ trials }}, 0)
                    + {{ z * z / 4 }}e0
                )
            ) / ({{ trials }} + {{ z * z }}e0)
    end
{%- endmacro %}
