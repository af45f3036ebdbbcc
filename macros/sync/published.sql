{#- What tools are told of a customer's scores and next action, and of what it shows, beside
    the segment: names
    and types of columns, all null for a tombstone. -#}
{% macro synced_columns() %}
    {%- set columns = {} -%}
    {%- for name in [
        'churn_band', 'churn_score_status', 'churn_unscored_reason', 'value_band',
        'value_score_status', 'value_unscored_reason', 'action_status', 'action_id',
        'action_name', 'action_reason', 'channel', 'offer_type', 'browsed_category',
        'holdout_group',
    ] -%}
        {%- do columns.update({name: dbt.type_string()}) -%}
    {%- endfor -%}
    {%- for rank in range(1, segmentation.synced_suggestions() + 1) -%}
        {%- for part in ['id', 'name'] -%}
            {%- do columns.update({
                'suggested_product_' ~ part ~ '_' ~ rank: dbt.type_string()
            }) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- do columns.update({
        'offer_rate': segmentation.type_double(),
        'priority': dbt.type_int(),
        'action_expires_on': 'date',
    }) -%}
    {{- return(columns) -}}
{% endmacro %}


{#- Products that a profile suggests; of segmentation_suggestions, the first ones. -#}
{% macro synced_suggestions() %}{{ return(3) }}{% endmacro %}


{#- The profiles as they were published last, whatever this run is about to publish; none
    before the first publication. A ref would make a circle. -#}
{% macro published_profiles() %}
    {%- if execute -%}
        {{- return(segmentation.relation_of(
            graph.nodes['model.segmentation.rpt_esp_profiles']
        )) -}}
    {%- endif -%}
{% endmacro %}


{#- Stop before a publication that moves more than the limits allow, and say what moves.
    A pre-hook; segmentation_allow_blast lets it pass. -#}
{% macro refuse_blast() %}
    {%- if execute and var('segmentation_allow_blast') is not sameas true -%}
        {%- for name in [
            'int_profiles__published', 'int_profiles__told', 'int_profile_tags__told',
            'fct_sync_checks',
        ] -%}
            {%- if 'model.segmentation.' ~ name not in selected_resources -%}
                {{- exceptions.raise_compiler_error(
                    'segmentation: rpt_esp_profiles is published only after ' ~ name
                    ~ ' has been built in the same run; select it too: '
                    '-s int_profiles__published+'
                ) -}}
            {%- endif -%}
        {%- endfor -%}
        {%- set limits = segmentation.blast_limits() -%}
        {%- set findings = [] -%}
        {%- for row in run_query(
            'select sync_check, worst_item, measured_rate, n_customers_affected, '
            ~ 'n_customers from ' ~ ref('segmentation', 'fct_sync_checks')
            ~ ' where not has_passed and not is_blast_allowed order by sync_check'
        ).rows -%}
            {%- set limit = limits[row[0]] -%}
            {%- do findings.append(
                '- ' ~ limit.sentence ~ (' (' ~ row[1] ~ ')' if row[1] else '') ~ ': '
                ~ '%.1f' % (100 * row[2] | float) ~ ' %, ' ~ row[3] ~ ' of ' ~ row[4]
                ~ ' customers; at most ' ~ '%.1f' % (100 * var(limit.variable))
                ~ ' % may (' ~ limit.variable ~ ')'
            ) -%}
        {%- endfor -%}
        {%- if findings -%}
            {{- exceptions.raise_compiler_error(
                'segmentation: nothing is published, and rpt_esp_profiles stays as it '
                'was, because too much would change at once.\n' ~ findings | join('\n')
                ~ '\nSee what happened; if it is meant, publish it once with '
                "--vars '{segmentation_allow_blast: true}'."
            ) -}}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}


{#- The checks before a publication: {name: {variable, sentence}}. -#}
{% macro blast_limits() %}
    {{- return({
        'moved': {
            'variable': 'segmentation_max_moved_share',
            'sentence': 'customers change segment',
        },
        'share_shift': {
            'variable': 'segmentation_max_share_shift',
            'sentence': 'the share of a segment among all customers moves',
        },
        'null_rate_rise': {
            'variable': 'segmentation_max_null_rate_rise',
            'sentence': 'something that was known is not any more',
        },
        'removed': {
            'variable': 'segmentation_max_removed_share',
            'sentence': 'customers disappear',
        },
    }) -}}
{% endmacro %}
