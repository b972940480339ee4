"""Connecting providers: guided forms, one provider's page, and what depends on it."""
