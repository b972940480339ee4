"""The studio: who gets which role, in sentences."""
