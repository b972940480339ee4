"""Why sign-ins fail: from the name of a check to a class of cause, words and a remedy.

`table` looks up; `oidc`, `saml` and `person` are its parts; `places` has the vendors' own menu
names; `words` is what the person at the browser is told. `docs/causes.md` is made of the same.
"""
