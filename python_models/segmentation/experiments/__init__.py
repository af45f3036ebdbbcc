"""Experiments: planned, compared, and whom a treatment helps."""
