"""Statistics that more than one room needs: pure functions of arrays."""
