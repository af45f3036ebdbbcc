{#- What a cell with an address or a number is known by in int_contacts__read: a keyed hash,
    so that nothing but its own text finds it. SQL; null of null.

    Argument: `text`, SQL of the text as it came. -#}
{% macro spelling_key(text) %}
    {{- return(segmentation.keyed_hash(text)) -}}
{% endmacro %}


{#- A text with the letters, digits and signs of ASCII in place of those of full width that
    East Asian keyboards write, of other digits, dashes and quotes, in lower case. SQL.

    Argument: `value`, SQL of a text. -#}
{% macro plain_signs(value) %}
    {%- set wide = 'ａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ０１２３４５６７８９'
        ~ '＠﹫．。｡＋－＿（）＜＞：；，、／'
        ~ '٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹०१२३४५६७८९'
        ~ "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u201c\u201d\u201e\u00ab\u00bb" -%}
    {%- set plain = 'abcdefghijklmnopqrstuvwxyz0123456789@@...+-_()<>:;,,/'
        ~ '0123456789' * 3 ~ '-------' ~ '"' * 5 -%}
    {%- set text = 'lower(' ~ segmentation.visible_text(value) ~ ')' -%}
    {{- return(
        'case when ' ~ segmentation.matches(value, '[ -~]*')
        ~ ' then nullif(lower(trim(' ~ value ~ ")), '') else translate(" ~ text
        ~ ", '" ~ wide ~ "', '" ~ plain ~ "') end"
    ) -}}
{% endmacro %}


{#- A text that holds addresses in whatever else, as words parted by single spaces, of which
    those with an @ are the addresses: names, brackets, quotes, comments, mailto: and what
    HTML and URLs make of signs are taken away.

    Argument: `text`, SQL of plain_signs. -#}
{% macro words_of_addresses(text) %}
    {%- set sql = namespace(text=text) -%}
    {%- for spelt, meant in {
        '&lt;': '<', '&gt;': '>', '&amp;': '&', '&#64;': '@', '[at]': '@', '(at)': '@',
        '[dot]': '.', '(dot)': '.', '%40': '@', '"': '',
    }.items() -%}
        {%- set sql.text = 'replace(' ~ sql.text ~ ", '" ~ spelt ~ "', '" ~ meant ~ "')" -%}
    {%- endfor -%}
    {%- set sql.text = segmentation.replace_matches(sql.text, '[(][^()@]*[)]', '') -%}
    {%- set apart = '[],;:<>(){}|/?&=!*`~' -%}
    {%- set sql.text = 'translate(' ~ sql.text ~ ", '" ~ apart ~ "', '"
        ~ ' ' * apart | length ~ "')" -%}
    {#- the last two: what stands at the ends of a word -#}
    {%- for pattern, replacement in [
        (' +', ' '), (' ?@+ ?', '@'), ('[.]+', '.'), ('[.]?@[.]?', '@'),
        ("(^| )[ .']+", ' '), ("[ .']+( |$)", ' '),
    ] -%}
        {%- set sql.text = segmentation.replace_matches(sql.text, pattern, replacement) -%}
    {%- endfor -%}
    {{- return('trim(' ~ sql.text ~ ')') -}}
{% endmacro %}


{#- The mailbox that an address leads to at most providers, so that who refuses under one
    spelling of it refuses under all: without +shop, at Gmail without dots, with one domain
    of those that a provider has for the same mailbox, and of a domain in another script the
    letters of ASCII alone, which are the same in Punycode. Never sent, and never taken for
    consent.

    Argument: `address`, the name of a column with an address. -#}
{% macro mailbox(address) %}
    {%- set local = "trim(leading '''' from "
        ~ segmentation.part_of_text(address, "'@'", 1) ~ ')' -%}
    {%- set domain = segmentation.part_of_text(address, "'@'", 2) -%}
    {%- set named = 'case when ' ~ dbt.position("'+'", local) ~ ' > 1 then '
        ~ segmentation.part_of_text(local, "'+'", 1) ~ ' else ' ~ local ~ ' end' -%}
    {%- set same = {
        'gmail.com': ['googlemail.com'],
        'icloud.com': ['me.com', 'mac.com'],
        'proton.me': ['protonmail.com', 'protonmail.ch', 'pm.me'],
        'yandex.ru': ['yandex.com', 'ya.ru', 'yandex.ua', 'yandex.kz', 'yandex.by'],
    } -%}
    {%- set cases = [] -%}
    {%- for one, others in same.items() -%}
        {%- do cases.append(
            'when ' ~ domain ~ " in ('" ~ others | join("', '") ~ "') then '" ~ one ~ "'"
        ) -%}
    {%- endfor -%}
    {%- set labels = [] -%}
    {%- for number in range(1, 7) -%}
        {%- set label = 'coalesce(' ~ segmentation.part_of_text(domain, "'.'", number)
            ~ ", '')" -%}
        {%- do labels.append(
            'case when ' ~ label ~ " like 'xn--%' then " ~ dbt.concat([
                "'.xn--'",
                "case when substr(" ~ label ~ ", 5) like '%-%' then "
                ~ segmentation.replace_matches(
                    'substr(' ~ label ~ ', 5)', '-[a-z0-9]*$', ''
                ) ~ " else '' end",
            ]) ~ ' when ' ~ segmentation.matches(label, '[ -~]*') ~ ' then '
            ~ dbt.concat(["'.'", label]) ~ ' else ' ~ dbt.concat([
                "'.xn--'",
                segmentation.replace_matches(
                    label, "[a-z][\u0300-\u036f]+|[^a-z0-9-]", ''
                ),
            ]) ~ ' end'
        ) -%}
    {%- endfor -%}
    {{- return(dbt.concat([
        'case when ' ~ domain ~ " in ('gmail.com', 'googlemail.com') then replace("
        ~ named ~ ", '.', '') else " ~ named ~ ' end',
        "'@'",
        'case ' ~ cases | join(' ') ~ ' when ' ~ domain ~ " like '%xn--%' or not "
        ~ segmentation.matches(domain, '[ -~]*') ~ ' then ' ~ dbt.concat(labels)
        ~ ' else ' ~ domain ~ ' end',
    ])) -}}
{% endmacro %}


{#- A text that holds telephone numbers in whatever else, as numbers parted by semicolons:
    each + begins one, letters and other signs end one, and addresses are taken away.

    Argument: `text`, SQL of plain_signs. -#}
{% macro numbers_of_phones(text) %}
    {%- set sql = namespace(text=text) -%}
    {%- for pattern, replacement in [
        ('[^ ;,<>]*@[^ ;,<>]*', ';'), ('^ *[0-9.]+e[+]?[0-9]+ *$', ''),
        ('[(] *0 *[)]', ' '), ('[+]', ';+'), ('[^0-9+ ().;/-]', ';'),
        (' *;[; ]*', ';'), ('^;', ''),
    ] -%}
        {%- set sql.text = segmentation.replace_matches(sql.text, pattern, replacement) -%}
    {%- endfor -%}
    {#- a number of a column of doubles -#}
    {{- return(
        'case when ' ~ segmentation.matches(text, '[0-9]+[.]0+') ~ ' then '
        ~ segmentation.part_of_text(text, "'.'", 1) ~ ' else ' ~ sql.text ~ ' end'
    ) -}}
{% endmacro %}


{#- Whether a number is written with its country's code, and so is whole: it begins with + or
    00, and no 0 follows the code, which nobody dials after it (in Italy some do).

    Argument: `number`, SQL of a number without what parts it, + before it included. -#}
{% macro has_country_code(number) %}
    {%- set codes = '[17]|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]'
        ~ '|(2[1-689]|3[578]|42|5[09]|6[7-9]|8[0578]|9[679])[0-9]' -%}
    {{- return(
        '(' ~ segmentation.matches(number, '([+]|00)[1-9].*') ~ ' and not '
        ~ segmentation.matches(number, '([+]|00)(' ~ codes ~ ')0.*') ~ ')'
    ) -}}
{% endmacro %}


{#- A customer's id as refusals find it: in lower case, without white space, without noughts
    and a # before it, and of Shopify's gid://shopify/Customer/1 the number alone. SQL.

    Argument: `key`, SQL of to_id. -#}
{% macro person_key(key) %}
    {%- set bare = "trim(leading '#0' from " ~ segmentation.replace_matches(
        'lower(' ~ key ~ ')', '^gid://.*/| ', ''
    ) ~ ')' -%}
    {{- return('coalesce(nullif(' ~ bare ~ ", ''), " ~ key ~ ')') -}}
{% endmacro %}


{#- Those meanings of mail events that say no, as a condition: SQL after the meaning, `none` of
    what has no word. -#}
{% macro is_refusing_event() %}
    {{- return("in ('none', 'unsubscribe', 'complaint', 'bounce')") -}}
{% endmacro %}


{#- Common table expressions that read the telephone numbers of texts: the last one,
    `plausible`, has spelling_key, digits without noughts before them, and has_country_code.

    Arguments: `counted`, the expression with spelling_key, numbers (numbers_of_phones) and
    n_numbers; `places`, one with the numbers from 1 on as place. -#}
{% macro numbers_of_texts(counted, places) %}
{% set partings = [
    "translate(number_text, '/().-', ' ')",
    "translate(number_text, '/ ().-', ' ')",
    "translate(replace(number_text, ' 0', '/0'), '/ ().-', ' ')",
] %}
numbers_of_texts as (

    select
        counted.spelling_key,
        trim({{ segmentation.part_of_text('counted.numbers', "';'", 'places.place') }})
            as number_text

    from {{ counted }} as counted

    inner join {{ places }} as places
        on counted.n_numbers >= places.place

),

digits_of_texts as (

    select
        *,
        {{ segmentation.only_digits('number_text') }} as all_digits

    from numbers_of_texts

),

long_numbers as (

    -- two numbers that nothing but a space or a stroke parts, or a nought after it
    {% for number_text in partings %}
        select
            spelling_key,
            length(all_digits) as n_digits,
            {{ number_text }} as number_text
        from digits_of_texts
        where length(all_digits) > 13
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

parts_of_numbers as (

    select
        long_numbers.spelling_key,
        long_numbers.n_digits,
        {{ segmentation.part_of_text('long_numbers.number_text', "' '", 'places.place') }}
            as written

    from long_numbers

    inner join {{ places }} as places
        on
            length(long_numbers.number_text)
            - length(replace(long_numbers.number_text, ' ', ''))
            + 1 >= places.place

),

numbers as (

    select
        spelling_key,
        translate(number_text, ' ().-/', '') as written
    from digits_of_texts
    where length(all_digits) between 5 and 60

    union all

    select
        spelling_key,
        written
    from parts_of_numbers
    where
        length(trim(leading '0' from {{ segmentation.only_digits('written') }}))
        between 7 and 15
        and length({{ segmentation.only_digits('written') }}) < n_digits

),

significant as (

    select
        spelling_key,
        trim(leading '0' from {{ segmentation.only_digits('written') }}) as digits,
        {{ segmentation.has_country_code('written') }}
        and length(written) < 20 as has_country_code

    from numbers

),

plausible as (

    select *
    from significant
    where
        length(digits) >= 5
        and replace(digits, substr(digits, 1, 1), '') != ''

)
{%- endmacro %}
