"""What is measured, each a command: `make bench ONLY=NAME`."""
