package gatehouse

import (
	"context"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

const (
	// fresh: keys that the gateway was asked for are taken as they are for this long.
	fresh = 5 * time.Minute
	// kept: while the gateway is away, what it last said counts this long; then nothing counts.
	kept = time.Hour
	// askAgain: made-up ids must not each become a request.
	askAgain = time.Minute
	// askFirst: where not one key is known nothing works, and the gateway is asked more often.
	askFirst    = 5 * time.Second
	fetchLimit  = 5 * time.Second
	maxKeyBytes = 1_000_000
)

// Purpose is what a key signs: the edge, which signs assertions, must not be believed about a record.
type Purpose string

// What the gateway's keys for apps sign.
const (
	ForAssertions Purpose = "assertion"
	ForRecords    Purpose = "record"
)

// KeySource has public keys by their ids and what they sign: nil where there is no such key, ErrKeysUnavailable where that
// cannot be known.
type KeySource interface {
	Key(ctx context.Context, id string, purpose Purpose) (*ecdsa.PublicKey, error)
}

// FixedKeys are these keys and no others.
type FixedKeys map[name]*ecdsa.PublicKey

type name struct {
	id      string
	purpose Purpose
}

// Key implements KeySource.
func (k FixedKeys) Key(_ context.Context, id string, purpose Purpose) (*ecdsa.PublicKey, error) {
	return k[name{id, purpose}], nil
}

// ParseKeys takes the public keys for ES256 out of a JWK Set (RFC 7517, 5); others belong to other readers.
func ParseKeys(jwks []byte) (FixedKeys, error) {
	set, err := object(jwks)
	if err != nil {
		return nil, err
	}
	var listed []json.RawMessage
	if json.Unmarshal(set["keys"], &listed) != nil || listed == nil {
		return nil, refuse("no JWK Set")
	}
	found := FixedKeys{}
	for _, raw := range listed {
		if called, key := parseKey(raw); key != nil {
			found[called] = key
		}
	}
	return found, nil
}

// GatewayKeys are the keys that the gateway shows at /.well-known/jwks.json: asked for when needed and every
// five minutes, for an unknown id at most once a minute. Whoever can answer for this address is believed:
// https, or a network of your own.
type GatewayKeys struct {
	url    string
	now    func() time.Time
	mutex  sync.Mutex
	found  FixedKeys
	known  time.Time // when the gateway last told
	asked  time.Time
	asking chan struct{} // closed when the question that is on its way has been answered
}

// NewGatewayKeys asks this address.
func NewGatewayKeys(url string) *GatewayKeys { return &GatewayKeys{url: url, now: time.Now} }

// Key implements KeySource.
func (k *GatewayKeys) Key(ctx context.Context, id string, purpose Purpose) (*ecdsa.PublicKey, error) {
	called := name{id, purpose}
	key, asking := k.lookUp(called)
	if key != nil {
		return key, nil // whoever can be answered does not wait for the gateway
	}
	if asking != nil {
		select {
		case <-asking:
		case <-ctx.Done():
			return nil, ErrKeysUnavailable
		}
	}
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if !k.usable(k.now()) {
		return nil, ErrKeysUnavailable
	}
	return k.found[called], nil
}

func (k *GatewayKeys) lookUp(called name) (*ecdsa.PublicKey, chan struct{}) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	now := k.now()
	var key *ecdsa.PublicKey
	if k.usable(now) {
		key = k.found[called]
	}
	if key == nil || now.Sub(k.known) >= fresh {
		k.ask(now)
	}
	return key, k.asking
}

func (k *GatewayKeys) usable(now time.Time) bool {
	return !k.known.IsZero() && now.Sub(k.known) < kept
}

func (k *GatewayKeys) ask(now time.Time) {
	pause := askFirst
	if k.usable(now) {
		pause = askAgain
	}
	if k.asking != nil || !k.asked.IsZero() && now.Sub(k.asked) < pause {
		return
	}
	answered := make(chan struct{})
	k.asked, k.asking = now, answered
	go func() {
		found, err := fetch(k.url)
		k.mutex.Lock()
		defer k.mutex.Unlock()
		if err == nil { // else what is known stays good for a while
			k.found, k.known = found, now
		}
		k.asking = nil
		close(answered)
	}()
}

func fetch(url string) (FixedKeys, error) {
	client := http.Client{
		Timeout: fetchLimit, // the body's too
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
	}
	answer, err := client.Get(url)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the gateway answered %d", answer.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxKeyBytes+1))
	if err != nil {
		return nil, err
	}
	if len(body) > maxKeyBytes {
		return nil, refuse("the gateway's answer is too large")
	}
	return ParseKeys(body)
}

// p256 is the beginning of every SubjectPublicKeyInfo of an uncompressed P-256 point (RFC 5480).
var p256, _ = hex.DecodeString("3059301306072a8648ce3d020106082a8648ce3d03010703420004")

func parseKey(raw []byte) (name, *ecdsa.PublicKey) {
	found, err := object(raw)
	if err != nil {
		return name{}, nil
	}
	said := reader{from: found}
	x, y := decoded(said.text("x")), decoded(said.text("y"))
	id, purpose := said.text("kid"), said.text("purpose")
	kty, crv := said.text("kty"), said.text("crv")
	alg, use := said.maybeText("alg"), said.maybeText("use")
	switch {
	case said.err != nil, kty != "EC", crv != "P-256", len(x) != 32:
		return name{}, nil
	case alg != "" && alg != "ES256", use != "" && use != "sig":
		return name{}, nil
	}
	der := append(append(append([]byte(nil), p256...), x...), y...)
	key, err := x509.ParsePKIXPublicKey(der) // refuses what is no point of the curve
	if err != nil {
		return name{}, nil
	}
	point, _ := key.(*ecdsa.PublicKey)
	return name{id, Purpose(purpose)}, point
}
