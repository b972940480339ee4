"""What the operator decides: environment and key ring, read once, typed.

`environment` reads `GATEHOUSE_*` variables (or the file that `NAME_FILE` names) and tells all
faults together. `keyring` reads the key ring and reads it again when it changes. No Django here.
"""
