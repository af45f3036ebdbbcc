{#- Before the recipe is chosen, see that it exists and that it can be scored; say what
    to change. A pre-hook. -#}
{% macro check_recipe() %}
    {%- if execute -%}
        {%- set chosen = var('segmentation_recipe') -%}
        {%- set recipes = run_query(
            'select recipe, method, n_clusters from '
            ~ segmentation.ref_seed('recipes') ~ ' order by recipe'
        ) -%}
        {%- set features = run_query(
            'select recipe, feature_name from '
            ~ segmentation.ref_seed('recipe_features')
            ~ ' order by recipe, feature_name'
        ) -%}
        {%- set known = recipes.columns[0].values() | list -%}
        {%- if chosen not in known -%}
            {{- exceptions.raise_compiler_error(
                'segmentation: unknown recipe "' ~ chosen ~ '" in the variable '
                'segmentation_recipe; choose one of ' ~ known | join(', ')
                ~ ', or add it to the seed segmentation_recipes.'
            ) -}}
        {%- endif -%}
        {%- for row in recipes.rows if row[0] == chosen and row[1] == 'kmeans' -%}
            {%- if not row[2] or row[2] < 2
                or row[2] > segmentation.max_fitted_segments() -%}
                {{- exceptions.raise_compiler_error(
                    'segmentation: recipe ' ~ chosen ~ ' asks for ' ~ row[2]
                    ~ ' clusters; column n_clusters of segmentation_recipes must be '
                    'from 2 to ' ~ segmentation.max_fitted_segments() ~ '.'
                ) -}}
            {%- endif -%}
        {%- endfor -%}
        {%- for row in features.rows if row[0] == chosen
            and row[1] not in segmentation.scorable_features() -%}
            {{- exceptions.raise_compiler_error(
                'segmentation: recipe ' ~ chosen ~ ' names the feature "' ~ row[1]
                ~ '" in segmentation_recipe_features, which cannot be scored; choose '
                'from ' ~ segmentation.scorable_features() | join(', ') ~ '.'
            ) -}}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}
