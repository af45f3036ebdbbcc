{#- What budgets are tried against: {scenario: {'response', 'margin', 'cost': factors that
    expected uplift, margin and cost are multiplied by; 'uplift': the column that the
    uplift is read from; 'is_measured_only': whether assumptions are left out}}. -#}
{% macro budget_scenarios() %}
    {%- set scenarios = {} -%}
    {%- for name, changes in {
        'expected': {},
        'response_halved': {'response': 0.5},
        'response_half_more': {'response': 1.5},
        'margin_fifth_less': {'margin': 0.8},
        'margin_fifth_more': {'margin': 1.2},
        'cost_fifth_less': {'cost': 0.8},
        'cost_fifth_more': {'cost': 1.2},
        'lower_bound': {'uplift': 'expected_uplift_low'},
        'measured_only': {'is_measured_only': true},
    }.items() -%}
        {%- set scenario = {
            'response': 1, 'margin': 1, 'cost': 1,
            'uplift': 'expected_uplift', 'is_measured_only': false,
        } -%}
        {%- do scenario.update(changes) -%}
        {%- do scenarios.update({name: scenario}) -%}
    {%- endfor -%}
    {{- return(scenarios) -}}
{% endmacro %}
