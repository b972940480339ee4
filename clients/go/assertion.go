package gatehouse

import (
	"context"
	"net/http"
	"time"
)

var assertionKind = kind{typ: "gatehouse-assertion+jwt", purpose: ForAssertions}

// clockSkew is how far two machines of one installation may differ.
const clockSkew = 5 * time.Second

// Assertion is what the gateway says of a person to one app. What the app may not learn is empty.
type Assertion struct {
	Account         string // her account's lasting id: the one thing to key on
	Username        string
	Name            string
	Email           string // what a provider said; key on it only where EmailVerified is true
	EmailVerified   bool
	Roles           []string // sorted
	Provider        string
	ACR             string
	AuthenticatedAt time.Time // zero where it is not said
	IssuedAt        time.Time
	ExpiresAt       time.Time
	ID              string
}

// HasAny reports whether she has at least one of these roles.
func (a *Assertion) HasAny(roles ...string) bool {
	for _, role := range roles {
		for _, held := range a.Roles {
			if held == role {
				return true
			}
		}
	}
	return false
}

// Verifier believes one gateway, on behalf of one app. Change no field once it is in use.
type Verifier struct {
	Issuer   string // the gateway's origin: https://gateway.corp.example
	Audience string // this app's own origin: an assertion for another app is no good here
	Keys     KeySource
	// Roles, for Middleware: whoever has any of them may enter; anybody who is signed in if empty.
	Roles []string
	// Refused, if set, is told why Middleware let somebody not in: for the log.
	Refused func(*http.Request, error)
	// Now is time.Now if nil.
	Now func() time.Time
}

// NewVerifier fetches the keys that the issuer shows.
func NewVerifier(issuer, audience string) *Verifier {
	keys := NewGatewayKeys(issuer + "/.well-known/jwks.json")
	return &Verifier{Issuer: issuer, Audience: audience, Keys: keys}
}

// VerifyAssertion says who is asking, by the value of X-Gatehouse-Assertion. Its errors are *NotBelieved
// and ErrKeysUnavailable.
func (v *Verifier) VerifyAssertion(ctx context.Context, token string) (*Assertion, error) {
	content, err := verified(ctx, token, assertionKind, v.Keys)
	if err != nil {
		return nil, err
	}
	found, err := object(content)
	if err != nil {
		return nil, err
	}
	said := reader{from: found}
	issuer, audience := said.text("iss"), said.text("aud")
	person := &Assertion{
		Account:       said.text("sub"),
		Username:      said.maybeText("preferred_username"),
		Name:          said.maybeText("name"),
		Email:         said.maybeText("email"),
		EmailVerified: said.isTrue("email_verified"),
		Roles:         said.maybeTexts("roles"),
		Provider:      said.maybeText("provider"),
		ACR:           said.maybeText("acr"),
		IssuedAt:      said.moment("iat"),
		ExpiresAt:     said.moment("exp"),
		ID:            said.maybeText("jti"),
	}
	if said.has("auth_time") {
		person.AuthenticatedAt = said.moment("auth_time")
	}
	now := v.now()
	switch {
	case said.err != nil:
		return nil, said.err
	case issuer != v.Issuer:
		return nil, refuse("said by another issuer")
	case audience != v.Audience:
		return nil, refuse("said to another audience")
	case person.IssuedAt.After(now.Add(clockSkew)):
		return nil, refuse("issued in the future")
	case !now.Before(person.ExpiresAt.Add(clockSkew)):
		return nil, refuse("expired")
	}
	return person, nil
}

func (v *Verifier) now() time.Time {
	if v.Now == nil {
		return time.Now()
	}
	return v.Now()
}
