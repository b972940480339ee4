"""Directories: what they say of people is read, compared with what is here, and made so."""
