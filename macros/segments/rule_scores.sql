{#- The recency score that the RFM rules read: a quintile, but for what no quintile can
    make true. Who ordered this week is promising at the least, within a month nobody is
    called lost, after half a year nobody recent, after a year nobody more than gone: in a
    shop where all ordered on one day, or years ago, quintiles know only who is next to
    whom.

    Arguments: SQL of `recency_score`, 1 to 5, and of `recency_days`. -#}
{% macro rule_recency_score(recency_score, recency_days) %}
    case
        when {{ recency_days }} <= 7 then greatest({{ recency_score }}, 4)
        when {{ recency_days }} <= 30 then greatest({{ recency_score }}, 3)
        when {{ recency_days }} > 365 then least({{ recency_score }}, 2)
        when {{ recency_days }} > 180 then least({{ recency_score }}, 3)
        else {{ recency_score }}
    end
{%- endmacro %}


{#- The frequency score of a customer: a quintile, but 1 for a single order, which is no
    frequency, however many customers have as few.

    Arguments: SQL of `quintile`, 1 to 5, and of `n_orders`. -#}
{% macro frequency_score(quintile, n_orders) %}
    case when {{ n_orders }} = 1 then 1 else {{ quintile }} end
{%- endmacro %}
