// Package gatehouse believes what a Gatehouse gateway signed, and nothing else.
//
// An app behind a proxy with forward authentication wraps its handler:
//
//	gate := gatehouse.NewVerifier("https://gateway.corp.example", "https://wiki.corp.example")
//	http.ListenAndServe("127.0.0.1:8011", gate.Middleware(wiki))
//
// and asks PersonFrom(request.Context()) who it is. It uses the standard library alone.
package gatehouse

import "errors"

// NotBelieved says that something was not signed by this gateway, is not for us, or is over. Why holds
// nothing personal and is for the log.
type NotBelieved struct{ Why string }

func (e *NotBelieved) Error() string { return "not believed: " + e.Why }

// ErrKeysUnavailable says that the gateway's keys are not to be had, so that nothing can be said about
// anybody: try again. It never means that somebody is signed out.
var ErrKeysUnavailable = errors.New("the gateway does not tell its keys")

func refuse(why string) error { return &NotBelieved{Why: why} }
