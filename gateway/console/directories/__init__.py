"""Directories in the console: which there are, how their runs went, and what waits for a yes."""
