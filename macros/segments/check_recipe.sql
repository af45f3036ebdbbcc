{#- Before the recipe is chosen, see that it exists and that it can be fitted and scored;
    say what to change. A pre-hook. -#}
{% macro check_recipe() %}
    {%- if execute -%}
        {%- set chosen_recipes = segmentation.chosen_recipes() -%}
        {%- set recipes = run_query(
            'select recipe, method, n_clusters, scaling from '
            ~ segmentation.ref_seed('recipes') ~ ' order by recipe'
        ) -%}
        {%- set features = run_query(
            'select recipe, feature_name, transform, weight, tie_width from '
            ~ segmentation.ref_seed('recipe_features')
            ~ ' order by recipe, feature_name'
        ) -%}
        {%- set known = recipes.columns[0].values() | list -%}
        {%- for chosen in chosen_recipes if chosen not in known -%}
            {{- exceptions.raise_compiler_error(
                'segmentation: unknown recipe "' ~ chosen ~ '" in the variable '
                'segmentation_recipe; choose auto, or one of ' ~ known | join(', ')
                ~ ', or add it to the seed segmentation_recipes.'
            ) -}}
        {%- endfor -%}
        {%- set problems = [] -%}
        {%- for chosen in chosen_recipes -%}
        {%- set method = (
            recipes.rows | selectattr(0, 'equalto', chosen) | list
        )[0][1] -%}
        {%- set used = [] -%}
        {%- for row in features.rows if row[0] == chosen -%}
            {%- set named = 'recipe ' ~ chosen ~ ' names the feature "' ~ row[1]
                ~ '" in segmentation_recipe_features' -%}
            {%- if row[1] not in segmentation.scorable_features() -%}
                {%- do problems.append(
                    named ~ ', which cannot be scored; choose from '
                    ~ segmentation.scorable_features() | join(', ')
                ) -%}
            {%- endif -%}
            {%- if row[1] in used -%}
                {%- do problems.append(named ~ ' more than once; keep one row of it') -%}
            {%- endif -%}
            {%- if row[2] not in ['none', 'log'] -%}
                {%- do problems.append(
                    named ~ ' with the transform "' ~ row[2] ~ '"; use none or log'
                ) -%}
            {%- endif -%}
            {%- if not row[3] or row[3] <= 0 -%}
                {%- do problems.append(
                    named ~ ' with the weight ' ~ row[3] ~ '; use a number above 0'
                ) -%}
            {%- endif -%}
            {#- K-Means breaks no ties -#}
            {%- if method != 'kmeans' and (row[4] is none or row[4] < 0) -%}
                {%- do problems.append(
                    named ~ ' with the tie_width ' ~ row[4] ~ '; use the unit that it is '
                    'counted in, such as 1 for days or orders, or 0 for none'
                ) -%}
            {%- endif -%}
            {%- do used.append(row[1]) -%}
        {%- endfor -%}
        {%- for row in recipes.rows if row[0] == chosen -%}
            {%- if row[1] not in ['kmeans', 'density', 'rules'] -%}
                {%- do problems.append(
                    'recipe ' ~ chosen ~ ' has the method "' ~ row[1] ~ '" in '
                    'segmentation_recipes; use kmeans, density or rules'
                ) -%}
            {%- endif -%}
            {%- if row[1] != 'rules' and not used -%}
                {%- do problems.append(
                    'recipe ' ~ chosen ~ ' has no feature to fit; list them in '
                    'segmentation_recipe_features'
                ) -%}
            {%- endif -%}
            {%- if row[1] != 'rules' and row[2] is not none and (
                row[2] < 2 or row[2] > segmentation.max_fitted_segments()
            ) -%}
                {%- do problems.append(
                    'recipe ' ~ chosen ~ ' asks for ' ~ row[2] ~ ' clusters; column '
                    'n_clusters of segmentation_recipes must be from 2 to '
                    ~ segmentation.max_fitted_segments() ~ ', or empty to choose it'
                ) -%}
            {%- endif -%}
            {%- if row[1] != 'rules'
                and row[3] not in ['standard', 'robust', 'minmax'] -%}
                {%- do problems.append(
                    'recipe ' ~ chosen ~ ' has the scaling "' ~ row[3] ~ '" in '
                    'segmentation_recipes; use standard, robust or minmax'
                ) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- endfor -%}
        {{- segmentation.raise_problems(problems) -}}
    {%- endif -%}
{% endmacro %}


{#- The recipes that may be fitted, the one to be preferred first: those of auto, or the
    one that segmentation_recipe names. -#}
{% macro chosen_recipes() %}
    {%- if var('segmentation_recipe') == 'auto' -%}
        {{- return(['personas_6', 'orders_6']) -}}
    {%- endif -%}
    {{- return([var('segmentation_recipe')]) -}}
{% endmacro %}


{#- A condition: `column` names a recipe that may be fitted. -#}
{% macro is_chosen_recipe(column) %}
    {{- column }} in (
        {%- for recipe in segmentation.chosen_recipes() %}
        '{{ recipe }}'{{ ',' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}
