"""The library that the Python models call: pure functions, no dbt, no database.

Modules
-------
scaling : transform and standardise features, and undo it.
clustering : fit K-Means to standardised features.
personas : name clusters by the personas they match, and keep names across refits.
registry : what a fit learned, as rows; which fits are due.
evaluation : measure predictions, with intervals.
datasets : load public data sets into a DuckDB file (command line).
"""
