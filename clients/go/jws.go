package gatehouse

import (
	"context"
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/base64"
	"math/big"
	"strings"
)

const (
	// maxBytes is the largest content that the gateway signs.
	maxBytes = 64_000
	// signatureBytes is what ES256 has: two numbers of 32 bytes (RFC 7518, 3.4).
	signatureBytes = 64
)

// kind: what was signed for one purpose is never believed for another (RFC 8725, 3.11).
type kind struct {
	typ     string
	purpose Purpose
}

// verified returns the content of a compact JWS (RFC 7515, 7.1) that one of the keys for this kind of thing signed,
// by ES256. Its header is exactly alg, kid and typ: keys and addresses in it are refused, not read.
func verified(ctx context.Context, token string, kind kind, keys KeySource) ([]byte, error) {
	if len(token) > 2*maxBytes {
		return nil, refuse("too large")
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, refuse("no compact JWS")
	}
	header, payload, signature := decoded(parts[0]), decoded(parts[1]), decoded(parts[2])
	if header == nil || payload == nil || len(signature) != signatureBytes {
		return nil, refuse("no compact JWS")
	}
	if len(payload) > maxBytes {
		return nil, refuse("too large")
	}
	id, err := keyID(header, kind.typ)
	if err != nil {
		return nil, err
	}
	key, err := keys.Key(ctx, id, kind.purpose)
	if err != nil {
		return nil, err
	}
	if key == nil {
		return nil, refuse("signed under a key that the gateway does not show")
	}
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	half := signatureBytes / 2
	r, s := new(big.Int).SetBytes(signature[:half]), new(big.Int).SetBytes(signature[half:])
	if !ecdsa.Verify(key, digest[:], r, s) {
		return nil, refuse("the signature does not fit")
	}
	return payload, nil
}

func keyID(header []byte, typ string) (string, error) {
	found, err := object(header)
	if err != nil {
		return "", err
	}
	said := reader{from: found}
	alg, id, purpose := said.text("alg"), said.text("kid"), said.text("typ")
	switch {
	case len(found) != 3:
		return "", refuse("the header has other members than alg, kid and typ")
	case alg != "ES256":
		return "", refuse("signed by another algorithm than ES256")
	case purpose != typ:
		return "", refuse("signed for another purpose than " + typ)
	}
	return id, nil
}

// decoded is nil unless part is the one spelling of its bytes: what is signed must not have a second
// form. (The decoder itself passes over line ends.)
func decoded(part string) []byte {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(part)
	if err != nil || len(raw) == 0 || strings.ContainsAny(part, "\r\n") {
		return nil
	}
	return raw
}
