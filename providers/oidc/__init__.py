"""OpenID Connect: a code is redeemed, a token is checked, and out comes a person.

`connector` tells the story; `settings` is what an admin said, `metadata` and `keys` what the
provider publishes, `token_endpoint` the back channel, `id_token` every check of the token. Nothing
here knows a web framework or a database.
"""
