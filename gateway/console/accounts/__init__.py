"""Accounts as the console knows them: their rows, and what stands on a person's page."""
