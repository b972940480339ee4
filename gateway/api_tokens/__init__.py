"""Tokens of programs: by which they use the API in the name of whoever made them, or, as service
accounts, the API and apps in their own.

`models` has the rows; they are made, used and ended by `gateway.flows.api_tokens`. A row holds the
SHA-256 of its token, never the token.
"""
