package gatehouse

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

const app = "https://wiki.corp.example"

// gateway signs and shows its keys, on a port of this machine.
type gateway struct {
	*httptest.Server
	mutex  sync.Mutex
	asked  int
	answer http.HandlerFunc
	turns  int
	key    *ecdsa.PrivateKey
}

func newGateway(t *testing.T) *gateway {
	t.Helper()
	g := &gateway{}
	g.turnKeys(t)
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.mutex.Lock()
		g.asked++
		answer := g.answer
		g.mutex.Unlock()
		if answer == nil {
			answer = func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(g.keySet(t)) }
		}
		answer(w, r)
	}))
	t.Cleanup(g.Close)
	return g
}

// turnKeys signs under a new key from now on, and shows no older one.
func (g *gateway) turnKeys(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	g.mutex.Lock()
	defer g.mutex.Unlock()
	g.turns++
	g.key = key
	return fmt.Sprintf("a%d", g.turns)
}

func (g *gateway) answers(answer http.HandlerFunc) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	g.answer = answer
}

func (g *gateway) timesAsked() int {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	return g.asked
}

func (g *gateway) jwk() map[string]any {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	x, y := make([]byte, 32), make([]byte, 32)
	g.key.X.FillBytes(x)
	g.key.Y.FillBytes(y)
	return map[string]any{
		"kty": "EC", "crv": "P-256", "kid": fmt.Sprintf("a%d", g.turns), "alg": "ES256", "use": "sig", "purpose": "assertion",
		"x": base64.RawURLEncoding.EncodeToString(x), "y": base64.RawURLEncoding.EncodeToString(y),
	}
}

func (g *gateway) keySet(t *testing.T) []byte {
	t.Helper()
	return encoded(t, map[string]any{"keys": []any{g.jwk()}})
}

func (g *gateway) assertion(t *testing.T, changed map[string]any) string {
	t.Helper()
	now := time.Now().Unix()
	said := map[string]any{
		"iss": g.URL, "aud": app, "iat": now, "exp": now + 60, "sub": "ada-1", "roles": []string{"auditor"},
	}
	for name, value := range changed {
		said[name] = value
		if value == nil {
			delete(said, name)
		}
	}
	header := map[string]any{"alg": "ES256", "kid": g.jwk()["kid"], "typ": assertionKind.typ}
	signed := base64.RawURLEncoding.EncodeToString(encoded(t, header)) + "." +
		base64.RawURLEncoding.EncodeToString(encoded(t, said))
	digest := sha256.Sum256([]byte(signed))
	r, s, err := ecdsa.Sign(rand.Reader, g.key, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	signature := make([]byte, signatureBytes)
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func encoded(t *testing.T, value any) []byte {
	t.Helper()
	raw, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
