"""Dashboard, PDF, workbook and notebook from the published marts.

`python -m segmentation report` writes all four from a DuckDB file; nothing needs a
server or a network. `pip install 'segmentation[report]'` brings what draws them.
"""
