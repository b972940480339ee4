package gatehouse

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"
)

// What every reader of Gatehouse sessions must say yes and no to.
type vectors struct {
	JWKS    json.RawMessage
	Records struct {
		Now   int64
		Cases []struct {
			Why, Handle, Value string
			Session            map[string]any
		}
	}
	Assertions struct {
		Issuer, Audience string
		Now              int64
		Cases            []struct {
			Why, Token string
			Claims     map[string]any
		}
	}
	Cookies struct {
		Host        string
		BindingKeys map[string]string `json:"binding_keys"`
		Cases       []struct {
			Why, Header string
			Handle      *string
		}
	}
}

func read(t *testing.T) (said vectors, keys FixedKeys) {
	t.Helper()
	raw, err := os.ReadFile("../vectors/sessions.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &said); err != nil {
		t.Fatal(err)
	}
	if keys, err = ParseKeys(said.JWKS); err != nil {
		t.Fatal(err)
	}
	return said, keys
}

func TestRecords(t *testing.T) {
	said, keys := read(t)
	now := time.Unix(said.Records.Now, 0)
	for _, c := range said.Records.Cases {
		t.Run(c.Why, func(t *testing.T) {
			record, err := ReadRecord(context.Background(), []byte(c.Value), c.Handle, keys, now)
			if c.Session == nil {
				mustRefuse(t, err)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			delete(c.Session, "key")
			if got := asWritten(record); !reflect.DeepEqual(got, c.Session) {
				t.Fatalf("got %v, want %v", got, c.Session)
			}
		})
	}
}

// asWritten has the names and shapes of docs/session-format.md.
func asWritten(r *Record) map[string]any {
	said := map[string]any{
		"v": float64(r.Version), "gen": float64(r.Generation), "sub": r.Account, "user": r.Username,
		"name": r.Name, "roles": list(r.Roles), "provider": r.Provider,
		"auth_time": float64(r.AuthenticatedAt.Unix()), "iat": float64(r.StartedAt.Unix()),
		"exp": float64(r.ExpiresAt.Unix()), "idle": r.IdleFor.Seconds(), "rules": float64(r.Rules),
	}
	for name, text := range map[string]string{
		"email": r.Email, "sid": r.UpstreamSession, "acr": r.ACR, "ua": r.Client, "cc": r.Country,
	} {
		if text != "" {
			said[name] = text
		}
	}
	if r.AMR != nil {
		said["amr"] = list(r.AMR)
	}
	for name, yes := range map[string]bool{"vouched": r.EmailVerified, "stay": r.Remembered, "told": r.Told} {
		if yes {
			said[name] = true
		}
	}
	return said
}

func list(texts []string) []any {
	found := []any{}
	for _, text := range texts {
		found = append(found, text)
	}
	return found
}

func TestAssertions(t *testing.T) {
	said, keys := read(t)
	verifier := &Verifier{
		Issuer: said.Assertions.Issuer, Audience: said.Assertions.Audience, Keys: keys,
		Now: func() time.Time { return time.Unix(said.Assertions.Now, 0) },
	}
	for _, c := range said.Assertions.Cases {
		t.Run(c.Why, func(t *testing.T) {
			person, err := verifier.VerifyAssertion(context.Background(), c.Token)
			if c.Claims == nil {
				mustRefuse(t, err)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]any{
				"sub": person.Account, "preferred_username": person.Username, "jti": person.ID,
				"roles": list(person.Roles),
			}
			if !reflect.DeepEqual(got, c.Claims) {
				t.Fatalf("got %v, want %v", got, c.Claims)
			}
		})
	}
}

func TestCookies(t *testing.T) {
	said, _ := read(t)
	keys := map[string][]byte{}
	for id, text := range said.Cookies.BindingKeys {
		key, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		keys[id] = key
	}
	for _, c := range said.Cookies.Cases {
		t.Run(c.Why, func(t *testing.T) {
			want := ""
			if c.Handle != nil {
				want = *c.Handle
			}
			if got := ReadCookie(c.Header, said.Cookies.Host, keys); got != want {
				t.Fatalf("got %q, want %q", got, want)
			}
		})
	}
	t.Run("a very long header is not looked through", func(t *testing.T) {
		good := said.Cookies.Cases[0].Header + ";x="
		fits := good + strings.Repeat("x", 16_384-len(good))
		if ReadCookie(fits, said.Cookies.Host, keys) == "" {
			t.Fatal("refused a header that is long enough")
		}
		if ReadCookie(fits+"x", said.Cookies.Host, keys) != "" {
			t.Fatal("read a header that is too long")
		}
	})
}

func TestAHandleThatIsNoneIsRefusedWhateverStandsThere(t *testing.T) {
	said, keys := read(t)
	good := said.Records.Cases[0]
	_, err := ReadRecord(
		context.Background(), []byte(good.Value), good.Handle+"\n{", keys, time.Unix(said.Records.Now, 0))
	if err == nil || !strings.Contains(err.Error(), "no handle") {
		t.Fatal(err)
	}
}

func mustRefuse(t *testing.T, err error) {
	t.Helper()
	var refused *NotBelieved
	if !errors.As(err, &refused) {
		t.Fatalf("got %v, want a refusal", err)
	}
}
