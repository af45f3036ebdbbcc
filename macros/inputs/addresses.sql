{#- An e-mail address as it is compared and sent: as a reader sees it, in lower case; null
    if nothing is left. Argument: `value`, SQL of a text. -#}
{% macro email_address(value) %}
    {{- return('lower(' ~ segmentation.visible_text(value) ~ ')') -}}
{% endmacro %}


{#- What an address is told apart by when somebody has refused: without the name before
    `<a@b.example>`, without `mailto:`, without brackets, quotes and stops at its ends, so
    that a refusal counts however it was typed. Never sent.

    Argument: `address`, SQL of email_address. -#}
{% macro address_key(address) %}
    {%- set bare = 'case when ' ~ address ~ " like '%<%@%>%' then "
        ~ segmentation.part_of_text(segmentation.part_of_text(address, "'<'", 2), "'>'", 1)
        ~ ' else ' ~ address ~ ' end' -%}
    {{- return(
        "trim(both ' .,;:<>()[]\"' from replace(" ~ bare ~ ", 'mailto:', ''))"
    ) -}}
{% endmacro %}


{#- What an address or a telephone number is known by inside: the keyed hash of its SHA-256,
    so that nobody without the key can tell it from a list of addresses, and so that inputs
    which hold the SHA-256 alone are matched all the same. SQL; null of null.

    Argument: `text`, SQL of an address or of digits, as they are compared. -#}
{% macro contact_hash(text) %}
    {{- return(segmentation.keyed_hash(segmentation.sha256(text))) -}}
{% endmacro %}


{#- What refusals, and events of people who are known by nothing else, find an address by:
    its contact_hash, also where the text is the address's SHA-256; null of what is no
    plausible address.

    Argument: `address`, SQL of address_key. -#}
{% macro address_hash(address) %}
    {{- return(
        'case when ' ~ segmentation.matches(address, '[0-9a-f]{64}') ~ ' then '
        ~ segmentation.keyed_hash(address)
        ~ ' when ' ~ segmentation.is_plausible_address(address) ~ ' then '
        ~ segmentation.contact_hash(address) ~ ' end'
    ) -}}
{% endmacro %}


{#- Whether a text can be sent to as an e-mail address: words of the signs of RFC 5322,
    parted by single dots, at most 64 signs, then @ and a domain of at least two labels
    of RFC 1035, the last of which begins with a letter; at most 254 in all. Addresses in
    other scripts are not plausible: the tools refuse them. Null for null.

    Argument: `address`, SQL of email_address. -#}
{% macro is_plausible_address(address) %}
    {%- set word = "[a-z0-9!#$%&'*+/=?^_`{|}~-]+" -%}
    {%- set pattern = word ~ '([.]' ~ word
        ~ ')*@([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?[.])+[a-z][a-z0-9-]{0,61}[a-z0-9]' -%}
    {{- return(
        '(' ~ segmentation.matches(address, pattern) ~ ' and length(' ~ address
        ~ ') <= 254 and ' ~ dbt.position("'@'", address) ~ ' <= 65)'
    ) -}}
{% endmacro %}


{#- A telephone number as it is compared: its digits, without the 00 or + before the
    country's code and without the trunk's (0) within, so that `+44 20 7946` is
    `0044207946`; null if none are left. Argument: `value`, SQL of a text. -#}
{% macro phone_digits(value) %}
    {{- return(
        "nullif(trim(leading '0' from " ~ segmentation.only_digits(
            'replace(' ~ segmentation.visible_text(value) ~ ", '(0)', '')"
        ) ~ "), '')"
    ) -}}
{% endmacro %}


{#- Whether a text can be called as a telephone number: 5 to 15 digits (ITU E.164), not all the
    same, and nothing else but signs that part them. Null for null.

    Arguments: `value`, SQL of a text; `digits`, SQL of its phone_digits. -#}
{% macro is_plausible_phone(value, digits) %}
    {{- return(
        '(length(' ~ digits ~ ') between 5 and 15 and replace(' ~ digits ~ ', substr('
        ~ digits ~ ", 1, 1), '') != '' and " ~ segmentation.matches(
            segmentation.visible_text(value), '[0-9 +()./-]+'
        ) ~ ')'
    ) -}}
{% endmacro %}


{#- A telephone number as ITU E.164 writes it, `+442079460000`; null if it is not plausible,
    or is written without + or 00 and so without its country's code.

    Argument: `value`, SQL of a text. -#}
{% macro phone_e164(value) %}
    {%- set digits = segmentation.phone_digits(value) -%}
    {{- return(
        'case when ' ~ segmentation.is_plausible_phone(value, digits) ~ ' and '
        ~ segmentation.matches(
            segmentation.visible_text(value), '[(]?([+]|00).*'
        ) ~ " then '+' || " ~ digits ~ ' end'
    ) -}}
{% endmacro %}
