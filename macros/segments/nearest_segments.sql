{#- A select: the segments with the nearest and the second nearest centre per row, and how
    sure that is. The rule that all customers, and single ones looked up, are scored by.

    Arguments: `features`, a relation with as_of_date, customer_id, has_ordered and the
    columns of scorable_features; `parameters`, one with the columns of
    int_segment_parameters__pivoted. Gives as_of_date, customer_id, segment_id,
    second_segment_id, and confidence: 1 minus the ratio of the two distances. -#}
{% macro nearest_segments(features, parameters) %}
    {%- set names = segmentation.scorable_features() -%}
    {%- set slots = range(1, segmentation.max_fitted_segments() + 1) -%}
    {%- set double = segmentation.type_double() -%}
    {%- set far = '1.0e300' -%}
    with

    standardised as (

        -- a feature that was not fitted counts nothing: its weight is 0
        select
            {% for feature in names %}
                {% set value -%}
                    coalesce(
                        cast({{ features }}.{{ feature }} as {{ double }}),
                        parameters.{{ feature }}_null_reference
                    )
                {%- endset %}
                (
                    case
                        when parameters.{{ feature }}_transform = 'log'
                            then ln(1 + greatest({{ value }}, 0))
                        else {{ value }}
                    end - parameters.{{ feature }}_location
                ) / parameters.{{ feature }}_scale as {{ feature }},
            {% endfor %}
            {{ features }}.as_of_date,
            {{ features }}.customer_id

        from {{ features }}

        inner join {{ parameters }} as parameters
            on {{ features }}.as_of_date = parameters.as_of_date

        where {{ features }}.has_ordered

    ),

    distances as (

        -- squared, weighted; a slot without a segment is out of reach
        select
            {% for slot in slots %}
                parameters.segment_id_{{ slot }},
                case
                    when parameters.n_segments >= {{ slot }}
                        then (
                            {% for feature in names %}
                                power(
                                    parameters.{{ feature }}_weight * (
                                        standardised.{{ feature }}
                                        - parameters.{{ feature }}_center_{{ slot }}
                                    ),
                                    2
                                ){{ " +" if not loop.last }}
                            {% endfor %}
                        )
                    else {{ far }}
                end as distance_{{ slot }},
            {% endfor %}
            standardised.as_of_date,
            standardised.customer_id

        from standardised

        inner join {{ parameters }} as parameters
            on standardised.as_of_date = parameters.as_of_date

    ),

    nearest as (

        select
            *,
            least(
                {% for slot in slots %}
                    distance_{{ slot }}{{ "," if not loop.last }}
                {% endfor %}
            ) as nearest_distance

        from distances

    ),

    placed as (

        -- of two centres equally near, the first by id
        select
            *,
            case
                {% for slot in slots %}
                    when distance_{{ slot }} = nearest_distance then {{ slot }}
                {% endfor %}
            end as nearest_slot

        from nearest

    ),

    runners_up as (

        select
            *,
            least(
                {% for slot in slots %}
                    case
                        when nearest_slot = {{ slot }} then {{ far }}
                        else distance_{{ slot }}
                    end
                    {{- "," if not loop.last }}
                {% endfor %}
            ) as second_distance

        from placed

    )

    select
        as_of_date,
        customer_id,
        case nearest_slot
            {% for slot in slots %}
                when {{ slot }} then segment_id_{{ slot }}
            {% endfor %}
        end as segment_id,
        case
            {% for slot in slots %}
                when
                    nearest_slot != {{ slot }}
                    and distance_{{ slot }} = second_distance
                    then segment_id_{{ slot }}
            {% endfor %}
        end as second_segment_id,
        1 - sqrt(nearest_distance) / nullif(sqrt(second_distance), 0)
            as confidence

    from runners_up
{% endmacro %}
