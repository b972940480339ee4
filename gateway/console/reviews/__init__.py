"""Access reviews in the console: begun, gone through, closed, taken along."""
