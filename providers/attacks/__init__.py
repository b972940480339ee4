"""The attack kit: forged and hostile messages of both protocols, fired at whoever should refuse.

`providers.attacks.attack` is the vocabulary and the judge; `oidc` and `saml` hold a provider that
the kit plays itself, and a table of attacks each. Everything really signs. Nothing here knows whose
configuration is attacked: a `Target` begins a sign-in and completes it, and the judge says what
came of it. `gateway.flows.attack` fires all of it at a row as it stands.
"""
