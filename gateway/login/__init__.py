"""The doors: choosing a provider, the two legs of OIDC and SAML, entering an app, signing out."""
