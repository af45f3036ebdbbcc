{#- What scores may read, in their order: name of the column, and how a linear model
    transforms it. Clock features grow by themselves, whatever customers do; drift of
    them is reported apart. Trees cannot extrapolate, and on a later day every customer
    is older than those they learned from: they do not read the tenure. -#}
{% macro score_features() %}
    {{- return([
        {'name': 'average_order_amount', 'transform': 'log', 'is_clock': false},
        {'name': 'days_since_last_visit', 'transform': 'log', 'is_clock': false},
        {'name': 'discount_share', 'transform': 'none', 'is_clock': false},
        {'name': 'n_carts_90d', 'transform': 'log', 'is_clock': false},
        {'name': 'n_complaints_365d', 'transform': 'log', 'is_clock': false},
        {'name': 'n_emails_clicked_90d', 'transform': 'log', 'is_clock': false},
        {'name': 'n_emails_opened_90d', 'transform': 'log', 'is_clock': false},
        {'name': 'n_lines', 'transform': 'log', 'is_clock': true},
        {'name': 'n_order_weeks', 'transform': 'log', 'is_clock': true},
        {'name': 'n_orders', 'transform': 'log', 'is_clock': true},
        {'name': 'n_orders_90d', 'transform': 'log', 'is_clock': false},
        {'name': 'n_sessions_90d', 'transform': 'log', 'is_clock': false},
        {'name': 'net_amount', 'transform': 'log', 'is_clock': true},
        {'name': 'net_amount_90d', 'transform': 'log', 'is_clock': false},
        {'name': 'recency_days', 'transform': 'log', 'is_clock': false},
        {'name': 'return_rate', 'transform': 'none', 'is_clock': false},
        {'name': 'tenure_days', 'transform': 'log', 'is_clock': true},
    ]) -}}
{% endmacro %}


{#- Horizons in days that a value can be scored over, the longest first: the one that is
    wanted, and shorter ones for shops whose history does not bear it. -#}
{% macro value_horizons() %}
    {%- set wanted = var('segmentation_value_horizon_days') | int -%}
    {%- set horizons = [wanted] -%}
    {%- for shorter in [365, 180, 90] if shorter < wanted -%}
        {%- do horizons.append(shorter) -%}
    {%- endfor -%}
    {{- return(horizons) -}}
{% endmacro %}


{#- Days of history that a slice must have behind it, so that its windows are whole. -#}
{% macro days_before_first_slice() %}
    {{- return(90) -}}
{% endmacro %}


{#- The candidates of a score that are a formula, and so are scored in SQL. -#}
{% macro formula_kinds() %}
    {{- return([
        'constant', 'recency', 'order_count', 'carry_forward', 'logistic', 'linear'
    ]) -}}
{% endmacro %}


{#- A probability moved along its log odds by slope, intercept and offset; with 1, 0 and
    0 any number stays as it is. Arguments: SQL of each. -#}
{% macro recalibrated(probability, slope, intercept, offset) %}
    {%- set double = segmentation.type_double() -%}
    case
        when {{ slope }} = 1 and {{ intercept }} = 0 and {{ offset }} = 0
            then {{ probability }}
        else
            1 / (
                1 + exp(
                    -(
                        {{ intercept }} + {{ offset }}
                        + {{ slope }} * ln(
                            greatest(
                                least({{ probability }}, 1 - cast(1e-12 as {{ double }})),
                                cast(1e-12 as {{ double }})
                            )
                            / (
                                1 - greatest(
                                    least(
                                        {{ probability }},
                                        1 - cast(1e-12 as {{ double }})
                                    ),
                                    cast(1e-12 as {{ double }})
                                )
                            )
                        )
                    )
                )
            )
    end
{% endmacro %}
