"""The library that the Python models call, in the rooms of models/.

Rooms
-----
statistics : scaling, validity, evaluation, tables of counts, many tests at a time.
registry : versions of fitted models: which fit is due, which version is active.
segments, scores, movement, experiments : what each room's models call, in tables.py,
    and the pure functions behind it.
report : dashboard, PDF, workbook and notebook from the published marts.
commands : the command line, `python -m segmentation COMMAND`.

A room imports itself, statistics, registry and the modules beside this one, never
another room. session is the plugin that a dbt profile names.
"""
