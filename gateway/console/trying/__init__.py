"""Trying a provider out: a test sign-in, and a draft that is judged beside the live settings."""
