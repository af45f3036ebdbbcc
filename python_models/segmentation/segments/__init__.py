"""Segments: clusters fitted, judged, named, and registered."""
