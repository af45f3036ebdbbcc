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


{#- Days back from the first snapshot to the slices of a horizon: those to learn from on
    the day of the fit, a training interval apart; four to judge by, a season apart,
    with those that each may learn from; and those of the same weeks a year before them.
    All lie on one grid of training intervals, which scores of all horizons share: the
    first day whose churn window has closed, and whole intervals back from there. -#}
{% macro slice_days_back(horizon_days) %}
    {%- set interval = var('segmentation_training_interval_days') | int -%}
    {%- set n_slices = var('segmentation_training_slices') | int -%}
    {%- set churn_days = var('segmentation_churn_horizon_days') | int -%}
    {#- in steps of the grid, rounded up; a year to the closest -#}
    {%- set first = [0, (horizon_days - churn_days + interval - 1) // interval] | max -%}
    {%- set window = (horizon_days + interval - 1) // interval -%}
    {%- set season = (90 + interval - 1) // interval -%}
    {%- set year = (728 + interval) // (2 * interval) -%}
    {%- set steps = range(first, first + n_slices) | list -%}
    {%- for origin in range(4) -%}
        {%- set day = first + origin * season -%}
        {%- do steps.append(day) -%}
        {#- old days are judged by what few slices tell: each is a slice more to make -#}
        {%- for i in range(n_slices if origin == 0 else [n_slices, 3] | min) -%}
            {%- do steps.append(day + window + i) -%}
        {%- endfor -%}
        {%- if horizon_days <= 182 -%}
            {%- do steps.extend([day + year, day + year + window]) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if horizon_days <= 182 -%}
        {%- set last_year = year - churn_days // interval -%}
        {%- do steps.extend([last_year, last_year + window]) -%}
    {%- endif -%}
    {%- set days = [] -%}
    {%- for step in steps | unique | sort if step >= 0 -%}
        {%- do days.append(churn_days + step * interval) -%}
    {%- endfor -%}
    {{- return(days) -}}
{% endmacro %}


{#- Days back from the first snapshot to the newest slice that a model may learn from
    which is judged on another. -#}
{% macro days_back_to_learn(horizon_days) %}
    {%- set interval = var('segmentation_training_interval_days') | int -%}
    {%- set churn_days = var('segmentation_churn_horizon_days') | int -%}
    {%- set first = [0, (horizon_days - churn_days + interval - 1) // interval] | max -%}
    {%- set window = (horizon_days + interval - 1) // interval -%}
    {{- return(churn_days + (first + window) * interval) -}}
{% endmacro %}
