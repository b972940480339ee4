package gatehouse

import (
	"bytes"
	"context"
	"encoding/base64"
	"regexp"
	"time"
)

var recordKind = kind{typ: "gatehouse-session+jws", purpose: ForRecords}

// The version of before, this one and the one to come: machines are upgraded one by one.
const olderVersion, version, newerVersion = 1, 2, 3

var handleShape = regexp.MustCompile(`\A[0-9a-f]{3}\.[0-9a-f]{64}\z`)

// Record is one session as it lies in Redis; docs/session-format.md says what each field means.
type Record struct {
	Version         int64         // v
	Generation      int64         // gen
	Account         string        // sub
	Username        string        // user
	Name            string        // name
	Email           string        // email
	EmailVerified   bool          // vouched
	Roles           []string      // roles
	Provider        string        // provider
	UpstreamSession string        // sid
	ACR             string        // acr
	AMR             []string      // amr
	AuthenticatedAt time.Time     // auth_time
	StartedAt       time.Time     // iat
	ExpiresAt       time.Time     // exp
	IdleFor         time.Duration // idle
	Rules           int64         // rules
	Remembered      bool          // stay
	Client          string        // ua
	Country         string        // cc
	Told            bool          // told
}

// ReadRecord is the session that Redis holds under this handle (TAG.SHA), now. Its errors are
// *NotBelieved and ErrKeysUnavailable.
func ReadRecord(
	ctx context.Context, value []byte, handle string, keys KeySource, now time.Time,
) (*Record, error) {
	if !handleShape.MatchString(handle) {
		return nil, refuse("no handle")
	}
	found, err := recordMembers(ctx, value, handle, keys)
	if err != nil {
		return nil, err
	}
	said := reader{from: found}
	record := &Record{
		Version:         said.whole("v"),
		Generation:      said.whole("gen"),
		Account:         said.text("sub"),
		Username:        said.text("user"),
		Name:            said.text("name"),
		Email:           said.maybeText("email"),
		EmailVerified:   said.isTrue("vouched"),
		Roles:           said.texts("roles"),
		Provider:        said.text("provider"),
		UpstreamSession: said.maybeText("sid"),
		ACR:             said.maybeText("acr"),
		AMR:             said.maybeTexts("amr"),
		AuthenticatedAt: said.moment("auth_time"),
		StartedAt:       said.moment("iat"),
		ExpiresAt:       said.moment("exp"),
		IdleFor:         time.Duration(said.whole("idle")) * time.Second,
		Rules:           said.whole("rules"),
		Remembered:      said.isTrue("stay"),
		Client:          said.maybeText("ua"),
		Country:         said.maybeText("cc"),
		Told:            said.isTrue("told"),
	}
	if said.err != nil {
		return nil, said.err
	}
	if !now.Before(record.ExpiresAt) {
		return nil, refuse("expired")
	}
	return record, nil
}

func recordMembers(
	ctx context.Context, value []byte, handle string, keys KeySource,
) (members, error) {
	begins := bytes.IndexByte(value, '{') // neither base64url nor a dot
	if begins < 0 {
		return olderMembers(ctx, value, handle, keys)
	}
	text := value[begins:]
	if len(text) > maxBytes {
		return nil, refuse("too large")
	}
	header, signature, found := bytes.Cut(value[:begins], []byte(".."))
	if !found {
		return nil, refuse("no detached signature")
	}
	signed := base64.RawURLEncoding.EncodeToString(append([]byte(handle+"\n"), text...))
	token := string(header) + "." + signed + "." + string(signature)
	if _, err := verified(ctx, token, recordKind, keys); err != nil {
		return nil, err
	}
	content, err := object(text)
	if err != nil {
		return nil, err
	}
	said := reader{from: content}
	if v := said.whole("v"); said.err != nil || v != version && v != newerVersion {
		return nil, refuse("of a version that nobody knows")
	}
	return content, nil
}

func olderMembers(
	ctx context.Context, value []byte, handle string, keys KeySource,
) (members, error) {
	text, err := verified(ctx, string(value), recordKind, keys)
	if err != nil {
		return nil, err
	}
	content, err := object(text)
	if err != nil {
		return nil, err
	}
	said := reader{from: content}
	if v := said.whole("v"); said.err != nil || v != olderVersion {
		return nil, refuse("of a version that nobody knows")
	}
	if said.text("key") != handle {
		return nil, refuse("written for another key")
	}
	if _, there := content["iat"]; !there {
		content["iat"] = content["auth_time"]
	}
	return content, nil
}
