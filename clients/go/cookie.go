package gatehouse

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"regexp"
)

const maxCookieHeader = 16_384

var (
	ours        = regexp.MustCompile(`(?:^|;)[ \t]*__Host-gatehouse=([^;]*)`)
	cookieShape = regexp.MustCompile(
		`\A(1\.([a-z0-9]{1,32})\.([0-9a-f]{3})\.([A-Za-z0-9_-]{43}))\.([A-Za-z0-9_-]{43})[ \t]*\z`)
)

// ReadCookie returns the handle (TAG.SHA) that a whole Cookie header names on this host[:port]; keys are
// the binding keys of that host, 32 bytes each by their ids, as the gateway gives them to its app. The
// handle is empty for two cookies of the name, for another host's, and for whatever the gateway did not
// write.
func ReadCookie(header, host string, keys map[string][]byte) string {
	if len(header) > maxCookieHeader {
		return ""
	}
	found := ours.FindAllStringSubmatch(header, 2)
	if len(found) != 1 {
		return ""
	}
	match := cookieShape.FindStringSubmatch(found[0][1])
	if match == nil {
		return ""
	}
	bound, id, tag, random, mac := match[1], match[2], match[3], match[4], match[5]
	key, there := keys[id]
	if !there {
		return ""
	}
	made := hmac.New(sha256.New, key)
	made.Write([]byte(bound + "." + host))
	// Compared as text: of the spellings of a MAC only one is the gateway's.
	if !hmac.Equal([]byte(mac), []byte(base64.RawURLEncoding.EncodeToString(made.Sum(nil)))) {
		return ""
	}
	name := sha256.Sum256([]byte(random))
	return tag + "." + hex.EncodeToString(name[:])
}
