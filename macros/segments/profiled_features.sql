{#- The columns of fct_customer_features that segments are profiled by, and that names and
    strategies may make claims on. -#}
{% macro profiled_features() %}
    {{- return([
        'recency_days', 'tenure_days', 'n_orders', 'net_amount',
        'average_order_amount', 'median_gap_days', 'discount_share', 'return_rate',
        'n_categories', 'n_sessions_90d', 'open_rate_90d', 'engagement_score',
    ]) -}}
{% endmacro %}
