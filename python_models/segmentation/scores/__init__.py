"""Scores of customers, and early segments of new ones: fitted, judged, predicted."""
