"""Versions of fitted models: due, promoted, active. The same for every room."""
