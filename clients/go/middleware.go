package gatehouse

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

const assertionHeader = "X-Gatehouse-Assertion"

var (
	// saysWho: headers by which one proxy or another says who somebody is; a hyphen stands for what any
	// spelling has there.
	saysWho = regexp.MustCompile(`\A(x-gatehouse-.*|x-auth-request-.*|` +
		`(x-)?(remote|forwarded|authenticated|webauth)-(user|name|email|groups|roles|preferred-username))\z`)
	noLetter = regexp.MustCompile(`[^a-z0-9]`)
)

type personKey struct{}

// PersonFrom is who is asking, in whatever stands behind Middleware.
func PersonFrom(ctx context.Context) (*Assertion, bool) {
	person, there := ctx.Value(personKey{}).(*Assertion)
	return person, there
}

// Middleware lets in whomever the gateway vouches for. Only the assertion is believed; next sees no other
// header that says who somebody is. Others get 401, 403 or, while no key is to be had, 503: a plain page
// for people, problem details (RFC 9457) for programs.
func (v *Verifier) Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		person, err := v.asking(r)
		switch {
		case errors.Is(err, ErrKeysUnavailable):
			v.refused(r, err)
			w.Header().Set("Retry-After", "5")
			sentence := "Sign-in is away for a moment. You have not been signed out."
			say(w, r, http.StatusServiceUnavailable, "session.store-unavailable", sentence, "")
		case err != nil:
			v.refused(r, err)
			w.Header().Set("WWW-Authenticate", "Cookie")
			// A link, no redirect: at a path that is public at the gateway it would lead round and round.
			start := "/.gatehouse/start?to=" + url.QueryEscape(r.RequestURI)
			say(w, r, http.StatusUnauthorized, "session.none", "Nobody is signed in.", start)
		case len(v.Roles) > 0 && !person.HasAny(v.Roles...):
			say(w, r, http.StatusForbidden, "access.not-permitted", "A role is missing.", "")
		default:
			known := r.Clone(context.WithValue(r.Context(), personKey{}, person))
			forget(known.Header)
			next.ServeHTTP(w, known)
		}
	})
}

func (v *Verifier) asking(r *http.Request) (*Assertion, error) {
	said := r.Header.Values(assertionHeader)
	if len(said) != 1 || said[0] == "" {
		return nil, refuse("no assertion, or several")
	}
	return v.VerifyAssertion(r.Context(), said[0])
}

func (v *Verifier) refused(r *http.Request, err error) {
	if v.Refused != nil {
		v.Refused(r, err)
	}
}

func forget(header http.Header) {
	for name := range header {
		spelled := noLetter.ReplaceAllString(strings.ToLower(name), "-")
		if name != assertionHeader && saysWho.MatchString(spelled) {
			delete(header, name)
		}
	}
}

func say(w http.ResponseWriter, r *http.Request, status int, code, sentence, start string) {
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	if !navigates(r) {
		header.Set("Content-Type", "application/problem+json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]any{
			"type": "about:blank", "status": status, "code": code, "title": sentence,
		})
		return
	}
	way := ""
	if start != "" {
		way = fmt.Sprintf(`<p><a href="%s">Sign in</a></p>`, html.EscapeString(start))
	}
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `<!doctype html><html lang="en"><meta charset="utf-8">`+
		`<meta name="viewport" content="width=device-width"><title>Gatehouse</title>`+
		`<main><h1>%s</h1>%s<p><small>%s</small></p></main></html>`, sentence, way, code)
}

// navigates reports whether a person goes to a page.
func navigates(r *http.Request) bool {
	if mode := r.Header.Get("Sec-Fetch-Mode"); mode != "" {
		return mode == "navigate"
	}
	return r.Method == http.MethodGet && strings.Contains(r.Header.Get("Accept"), "text/html")
}
