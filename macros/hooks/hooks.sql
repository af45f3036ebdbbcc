{#- What happens before and after a build. In a host project hooks run at every command,
    so that these look first whether the run is theirs. What can be checked by a model is:
    a failed hook stops the whole run, the host's models too. -#}


{#- Before a run of this package's models: see that it is configured in a way that can be
    meant, say what it erases, and note that a full refresh begins. Runs in on-run-start. -#}
{% macro before_build() %}
    {%- if segmentation.is_own_run(['build', 'run', 'compile']) -%}
        {{- segmentation.check_configuration() -}}
    {%- endif -%}
    {%- if segmentation.is_own_run() -%}
        {%- do segmentation.tell_what_is_erased() -%}
        {%- do segmentation.note_refresh() -%}
    {%- endif -%}
{% endmacro %}


{#- Say in a sentence that the disk or the memory ran out, which the database says in its own
    words once for each model. Runs in on-run-end. `python -m segmentation build` says it
    alone, without the database's words. Argument: `results`, of the run. -#}
{% macro tell_what_ran_out(results) %}
    {%- set causes = [
        ('no space left on device', 'The disk that holds the database is full; make room'),
        (
            'out of memory|could not allocate|failed to allocate|bad_alloc|memoryerror',
            'Memory is short; raise SEGMENTATION_MEMORY_LIMIT, or set '
            ~ 'SEGMENTATION_THREADS=1',
        ),
    ] -%}
    {%- for pattern, sentence in causes -%}
        {%- set stopped = [] -%}
        {%- for result in results
            if modules.re.search(pattern, (result.message or '') | lower) -%}
            {%- do stopped.append(result) -%}
        {%- endfor -%}
        {%- if stopped -%}
            {%- do exceptions.warn(
                'segmentation: ' ~ sentence ~ ', and build again. Nothing is wrong with '
                ~ 'models or inputs, though ' ~ stopped | length ~ ' of them say so.'
            ) -%}
        {%- endif -%}
    {%- endfor -%}
{% endmacro %}


{#- After a run of this package's models: forget whom the shop forgot, tidy up, and say
    what this run found, not what one before it did. Runs in on-run-end.

    Arguments: `results`, of the run; `cells`, the relation of the RFM cells. -#}
{% macro after_build(results, cells) %}
    {%- if segmentation.is_own_run() -%}
        {%- do segmentation.tell_what_ran_out(results) -%}
        {%- do segmentation.forget_erased_customers() -%}
        {%- do segmentation.drop_handed_on_snapshots() -%}
        {%- do segmentation.drop_leftover_tables() -%}
        {%- do segmentation.close_refresh(results) -%}
        {%- do segmentation.create_segment_lookup(cells) -%}
        {%- do segmentation.comment_on_what_was_built(results) -%}
        {%- if segmentation.was_built('int_inputs__profiled', results) -%}
            {%- do segmentation.tell_rejections() -%}
        {%- endif -%}
        {%- if segmentation.was_built('fct_rejected_rows', results) -%}
            {%- do segmentation.tell_missing_hash_key() -%}
        {%- endif -%}
        {%- if segmentation.was_built('fct_input_conventions', results) -%}
            {%- do segmentation.tell_input_conventions() -%}
        {%- endif -%}
        {%- if segmentation.was_built('dim_segment_model_versions', results) -%}
            {%- do segmentation.warn_about_refused_fits() -%}
        {%- endif -%}
        {%- if segmentation.was_built('dim_score_model_versions', results) -%}
            {%- do segmentation.warn_about_refused_scores() -%}
        {%- endif -%}
    {%- endif -%}
    {#- after dbt test, too -#}
    {%- do segmentation.name_invalid_columns(results) -%}
{% endmacro %}


{#- Whether this run builds a model of this package.

    Argument: `commands`, those of dbt that count as a run. -#}
{% macro is_own_run(commands=['build', 'run']) %}
    {{- return(
        execute and flags.WHICH in commands
        and modules.re.search(
            '(^|,)model[.]segmentation[.]', selected_resources | join(',')
        ) is not none
    ) -}}
{% endmacro %}


{#- Whether this run built a model of this package, and without an error.

    Arguments: `name`; `results`, of the run. -#}
{% macro was_built(name, results) %}
    {%- for result in results
        if result.node.unique_id == 'model.segmentation.' ~ name
        and result.status == 'success' -%}
        {{- return(true) -}}
    {%- endfor -%}
    {{- return(false) -}}
{% endmacro %}


{#- The table or view of a model of this package, as it is in the database; none if it has
    not been built, or is not part of the project as it is configured.

    Argument: `node`, of the graph, or nothing. -#}
{% macro relation_of(node) %}
    {{- return(load_relation(api.Relation.create(
        database=node.database, schema=node.schema, identifier=node.alias
    )) if node else none) -}}
{% endmacro %}
