"""The operator's commands. Each parses its words, calls one flow and prints what it did."""
