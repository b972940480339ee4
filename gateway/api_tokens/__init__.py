"""Tokens by which programs use the API in the name of the account that made them.

`models` has the rows; they are made, used and ended by `gateway.flows.api_tokens`. A row holds the
SHA-256 of its token, never the token.
"""
