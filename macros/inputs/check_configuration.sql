{#- Before a build, check the variables against the table of variables, and say what to
    change: names that there are not, values of the wrong type or out of range, mappings
    of inputs and columns that there are not. Runs before a build. -#}
{% macro check_configuration() %}
    {%- set problems = segmentation.unknown_variables() -%}
    {%- if var('segmentation_connector') is none and project_name != 'segmentation' -%}
        {%- do problems.append(
            'no connector is chosen, so it does not know where the shop\'s tables are. '
            ~ 'Set the variable segmentation_connector in dbt_project.yml: native for '
            ~ 'tables of your own (see docs/inputs.md), or '
            ~ 'one of ' ~ segmentation.connectors() | join(', ')
        ) -%}
    {%- endif -%}
    {%- set values = {} -%}
    {%- for name in segmentation.variables() -%}
        {%- do values.update({name: var(name)}) -%}
    {%- endfor -%}
    {%- do problems.extend(segmentation.variable_problems(values)) -%}
    {#- dbt reads a name in the root project first, for a package's own models, too -#}
    {%- set own = [] -%}
    {%- for node in graph.nodes.values() if node.resource_type in ['model', 'seed']
        and node.package_name == 'segmentation' -%}
        {%- do own.append(node.name) -%}
    {%- endfor -%}
    {%- for node in graph.nodes.values() if node.resource_type in ['model', 'seed']
        and node.package_name == project_name
        and project_name != 'segmentation'
        and node.name in own -%}
        {%- do problems.append(
            'your project has a ' ~ node.resource_type ~ ' ' ~ node.name ~ ', as the '
            ~ 'package has, and dbt would read yours in its place: give it another name'
        ) -%}
    {%- endfor -%}
    {#- DuckDB can make no view there, and says so in words of its own -#}
    {%- if target.type == 'duckdb' -%}
        {%- set built = graph.nodes.values()
            | selectattr('package_name', 'equalto', 'segmentation')
            | map(attribute='schema') | unique | list -%}
        {%- set schemas = built + [var('segmentation_schema')]
            + segmentation.mapping_variable('segmentation_schemas').values() | list -%}
        {%- for schema in schemas | unique if schema and schema | lower == target.database | lower -%}
            {%- do problems.append(
                'the DuckDB file is called "' ~ target.database
                ~ '" like the schema ' ~ schema ~ ', which DuckDB cannot tell'
                ~ ' apart: give the file another name'
            ) -%}
        {%- endfor -%}
    {%- endif -%}
    {{- segmentation.raise_problems(problems) -}}
{% endmacro %}


{#- What is wrong with values of variables; a list of sentences.

    Argument: `values`, {name: value}. -#}
{% macro variable_problems(values) %}
    {%- set table = segmentation.variables() -%}
    {%- set problems = [] -%}
    {%- for name, value in values.items() -%}
        {%- set wanted = segmentation.wanted_instead(value, table[name]) -%}
        {%- if wanted is not none -%}
            {%- do problems.append(
                'the variable ' ~ name ~ ' is ' ~ segmentation.shown_value(value)
                ~ ', but must be ' ~ wanted
            ) -%}
        {%- elif table[name].type in ['tables', 'refs', 'columns', 'schemas'] -%}
            {%- do problems.extend(segmentation.mapping_problems(name, value)) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set high = values.get('segmentation_high_churn') -%}
    {%- set medium = values.get('segmentation_medium_churn') -%}
    {%- if high is number and medium is number and medium > high -%}
        {%- do problems.append(
            'the variable segmentation_medium_churn is ' ~ medium
            ~ ', but must be at most segmentation_high_churn, ' ~ high
        ) -%}
    {%- endif -%}
    {{- return(problems) -}}
{% endmacro %}


{#- A value as it is quoted in a message: a text in quotation marks, so that "40" is told
    from 40. -#}
{% macro shown_value(value) %}
    {%- if value is string -%}
        {{- return('"' ~ value ~ '"') -}}
    {%- endif -%}
    {{- return(tojson(value) if value is boolean or value is none else value) -}}
{% endmacro %}


{#- What a value must be, in words, if it is anything else; none if it is right.

    Arguments: `value`; `properties`, the row of the table of variables. -#}
{% macro wanted_instead(value, properties) %}
    {%- set type = properties.type -%}
    {%- set is_number = value is number and value is not boolean -%}
    {%- set range = ' from ' ~ properties.from ~ ' to ' ~ properties.to -%}
    {%- if value is none and properties.default is none -%}
        {{- return(none) -}}
    {%- elif type == 'text' -%}
        {%- set is_right = value is string and (
            value in properties['values'] if 'values' in properties
            else modules.re.fullmatch(properties.get('pattern', '(?s).+'), value)
        ) -%}
        {%- set wanted = 'one of ' ~ properties['values'] | join(', ')
            if 'values' in properties
            else 'a text such as ' ~ properties.like if 'like' in properties
            else 'a text' -%}
    {%- elif type in ['integer', 'number'] -%}
        {%- set is_right = value in properties.get('values', []) or (
            is_number and (type == 'number' or value is integer)
            and value >= properties.from and value <= properties.to
        ) -%}
        {%- set wanted = (['a whole number' if type == 'integer' else 'a number']
            | join ~ range ~ (
                ', or ' ~ properties['values'] | join(', ')
                if 'values' in properties else ''
            )) -%}
    {%- elif type == 'boolean' -%}
        {%- set is_right = value is boolean -%}
        {%- set wanted = 'true or false, without quotation marks' -%}
    {%- elif type in ['date', 'timestamp'] -%}
        {%- set is_right = segmentation.is_moment(value, type) -%}
        {%- set wanted = 'a day written as 2024-12-31' if type == 'date'
            else 'a time written as 2024-12-31 23:59:59' -%}
    {%- elif type == 'time zone' -%}
        {%- set is_right = value is string
            and value in modules.pytz.all_timezones_set | default([value]) -%}
        {%- set wanted = 'the name of a zone such as Europe/Berlin or UTC' -%}
    {%- elif type == 'list of texts' -%}
        {%- set is_right = value is sequence and value is not string
            and value is not mapping
            and value | select('string') | list | length == value | length -%}
        {%- set wanted = 'a list of texts, [one, another]' -%}
    {%- elif type == 'connectors' -%}
        {%- set is_right = not segmentation.connector_problems(value) -%}
        {%- set wanted = 'one of ' ~ segmentation.connectors() | join(', ')
            ~ ', or a list of them, of which one is a shop' -%}
    {%- elif type == 'list of numbers' -%}
        {%- set is_right = value is sequence and value is not string
            and value is not mapping and value | length > 0
            and value | select('number') | reject('boolean')
            | select('ge', properties.from) | select('le', properties.to)
            | list | length == value | length -%}
        {%- set wanted = 'a list of numbers' ~ range ~ ', [1000, 5000]' -%}
    {%- else -%}
        {%- set is_right = segmentation.has_shape_of(value, type) -%}
        {%- set wanted = {
            'schemas': 'a mapping of connectors to schemas, {native: raw_shop}',
            'tables': 'a mapping of inputs to tables, {orders: shop_orders}',
            'refs': 'a mapping of inputs to models, {orders: my_orders}',
            'columns': 'a mapping of inputs to mappings of columns, '
                ~ '{orders: {ordered_at: placed_at}}',
        }[type] -%}
    {%- endif -%}
    {{- return(
        none if is_right
        else ('null or ' if properties.default is none else '') ~ wanted
    ) -}}
{% endmacro %}


{#- Whether a value is a day of the calendar, or with type timestamp a day and a time; as
    a text, or as YAML reads one without quotation marks. -#}
{% macro is_moment(value, type) %}
    {%- if value is number or value is boolean -%}
        {{- return(false) -}}
    {%- endif -%}
    {%- set text = value | string -%}
    {%- set time = '([ T]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]+)?)?'
        ~ '(Z|[+-][0-9]{2}(:?[0-9]{2})?)?)?' -%}
    {%- if not modules.re.fullmatch(
        '[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])'
        ~ (time if type == 'timestamp' else ''),
        text
    ) or text[:4] == '0000' -%}
        {{- return(false) -}}
    {%- endif -%}
    {#- the 31st of June would be in July -#}
    {%- set first = modules.datetime.date(text[:4] | int, text[5:7] | int, 1) -%}
    {%- set day = first + modules.datetime.timedelta(days=(text[8:10] | int) - 1) -%}
    {{- return(day.month == first.month) -}}
{% endmacro %}


{#- Whether a value has the shape of a mapping of inputs, whatever its names. -#}
{% macro has_shape_of(value, type) %}
    {%- if value is not mapping -%}
        {{- return(false) -}}
    {%- endif -%}
    {%- for mapped in value.values() -%}
        {%- if type == 'columns' -%}
            {%- if mapped is not none
                and not segmentation.has_shape_of(mapped, 'tables') -%}
                {{- return(false) -}}
            {%- endif -%}
        {%- elif type == 'refs' and mapped is sequence and mapped is not string
            and mapped is not mapping -%}
            {%- if mapped | select('string') | list | length != 2
                or mapped | length != 2 -%}
                {{- return(false) -}}
            {%- endif -%}
        {%- elif mapped is not none and (mapped is not string or not mapped) -%}
            {{- return(false) -}}
        {%- endif -%}
    {%- endfor -%}
    {{- return(true) -}}
{% endmacro %}


{#- A variable that maps inputs, for use while dbt parses: before any check could run, so
    that a wrong shape is refused here. -#}
{% macro mapping_variable(name) %}
    {%- set value = var(name) -%}
    {%- if not segmentation.has_shape_of(
        value, name | replace('segmentation_', '')
    ) -%}
        {{- segmentation.raise_problems(
            segmentation.variable_problems({name: value})
        ) -}}
    {%- endif -%}
    {{- return(value) -}}
{% endmacro %}


{#- Names in a variable that maps inputs which the input contract does not know, and that
    would silently do nothing; a list of sentences. -#}
{% macro mapping_problems(name, value) %}
    {%- set contract = segmentation.input_contract() -%}
    {%- set mapped = segmentation.mapped_entities() -%}
    {%- if name == 'segmentation_schemas' -%}
        {{- return(segmentation.schema_problems(value)) -}}
    {%- endif -%}
    {%- set known = contract | list if name == 'segmentation_tables' else mapped -%}
    {%- set problems = [] -%}
    {%- set replaceable = [] -%}
    {%- if name == 'segmentation_refs' -%}
        {%- for node in graph.nodes.values()
            if node.package_name == 'segmentation' and node.resource_type == 'seed'
            and node.name.startswith('segmentation_') -%}
            {%- do replaceable.append(node.name | replace('segmentation_', '')) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- for entity in value if entity not in known + replaceable -%}
        {%- do problems.append(
            'the variable ' ~ name ~ ' names "' ~ entity ~ '", which is no input'
            ~ (
                ' of connector ' ~ segmentation.connector() if entity in contract else ''
            )
            ~ (
                '; the inputs are ' ~ known | join(', ') if known
                else '; that connector has none to map'
            )
            ~ (
                ', and the seeds ' ~ replaceable | sort | join(', ')
                if replaceable else ''
            )
        ) -%}
    {%- endfor -%}
    {%- if name == 'segmentation_columns' -%}
        {%- for entity, renames in value.items() if entity in contract -%}
            {%- for column in renames or {} if column not in contract[entity] -%}
                {%- do problems.append(
                    'the variable segmentation_columns maps "' ~ column ~ '" of '
                    ~ entity ~ ', which is no column of that input; its columns are '
                    ~ contract[entity] | join(', ')
                ) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(problems) -}}
{% endmacro %}


{#- Names in segmentation_schemas that are no connectors; a list of sentences. -#}
{% macro schema_problems(schemas) %}
    {%- set problems = [] -%}
    {%- for name in schemas if name not in segmentation.connectors() -%}
        {%- do problems.append(
            'the variable segmentation_schemas names "' ~ name ~ '", which is no '
            ~ 'connector; they are ' ~ segmentation.connectors() | join(', ')
        ) -%}
    {%- endfor -%}
    {{- return(problems) -}}
{% endmacro %}


{#- Variables that somebody sets and that there are not, with the nearest that there is; a
    list of sentences. Seen are the command line and the root project's dbt_project.yml,
    where dbt-core lets a macro see it; else the command line alone. -#}
{% macro unknown_variables() %}
    {%- set problems = [] -%}
    {%- set given = invocation_args_dict.get('vars') or {} -%}
    {%- set given = given | list if given is mapping else [] -%}
    {%- set unseen = [] -%}
    {%- set of_project = builtins.ref.config.vars.vars
        if builtins.ref.config is defined -%}
    {%- if of_project is mapping -%}
        {%- set given = given + (of_project | list) -%}
        {%- for package, names in of_project.items() if names is mapping -%}
            {%- if package == 'segmentation' -%}
                {%- set given = given.extend(names) or given -%}
            {%- elif package == project_name -%}
                {%- do unseen.extend(names) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {%- set table = segmentation.variables() -%}
    {%- for name in given | unique -%}
        {%- set nearest = segmentation.nearest_variable(name, table) -%}
        {%- if nearest is not none -%}
            {%- do problems.append(
                'there is no variable ' ~ name ~ '; the nearest is ' ~ nearest
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for name in unseen if name in table -%}
        {%- do problems.append(
            'the variable ' ~ name ~ ' is set for ' ~ project_name ~ ' alone, where the '
            ~ 'package does not see it; set it under vars: itself'
        ) -%}
    {%- endfor -%}
    {{- return(problems) -}}
{% endmacro %}


{#- The variable that a name was meant for: the one that shares most pairs of letters with
    it. None if there is a variable of that name, or if the name is somebody else's: it
    neither begins like this package's nor is nearly one of them.

    Arguments: `name`; `table`, that of variables. -#}
{% macro nearest_variable(name, table) %}
    {%- if name in table or name == 'segmentation' or name[:3] | lower != 'seg' -%}
        {{- return(none) -}}
    {%- endif -%}
    {%- set best = namespace(name=none, likeness=-1) -%}
    {%- set pairs = segmentation.letter_pairs(name) -%}
    {%- for known in table -%}
        {%- set own = segmentation.letter_pairs(known) -%}
        {%- set n_shared = pairs | select('in', own) | list | length -%}
        {%- set likeness = 2 * n_shared / (pairs | length + own | length) -%}
        {%- if likeness > best.likeness -%}
            {%- set best.name = known -%}
            {%- set best.likeness = likeness -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if (name | lower | replace('-', '_')).startswith('segmentation_')
        or best.likeness >= 0.9 -%}
        {{- return(best.name) -}}
    {%- endif -%}
    {{- return(none) -}}
{% endmacro %}


{#- The pairs of neighbouring letters of a word, each once, the last letter by itself. -#}
{% macro letter_pairs(word) %}
    {%- set letters = word | lower | replace('-', '_') | list -%}
    {%- set pairs = [letters | last] -%}
    {%- for letter in letters -%}
        {%- do pairs.append(letter ~ loop.nextitem) if not loop.last -%}
    {%- endfor -%}
    {{- return(pairs | unique | list) -}}
{% endmacro %}


{#- Stop, if there are problems, and say all of them at once. -#}
{% macro raise_problems(problems) %}
    {%- if problems | length == 1 -%}
        {{- exceptions.raise_compiler_error('segmentation: ' ~ problems[0] ~ '.') -}}
    {%- elif problems -%}
        {{- exceptions.raise_compiler_error(
            'segmentation: there are ' ~ problems | length ~ ' things to correct.\n- '
            ~ problems | join('.\n- ') ~ '.'
        ) -}}
    {%- endif -%}
{% endmacro %}
