"""People in the console: found, changed on pages of their own, listed in reports."""
