package gatehouse

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

type got struct {
	status int
	header http.Header
	body   string
}

func ask(t *testing.T, server *httptest.Server, path string, header http.Header) got {
	t.Helper()
	request, err := http.NewRequest(http.MethodGet, server.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header = header
	answer, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return got{status: answer.StatusCode, header: answer.Header, body: string(body)}
}

func (g got) code(t *testing.T) string {
	t.Helper()
	if g.header.Get("Content-Type") != "application/problem+json" || g.header.Get("Cache-Control") != "no-store" {
		t.Fatal(g.header)
	}
	var said struct{ Code string }
	if err := json.Unmarshal([]byte(g.body), &said); err != nil {
		t.Fatal(err)
	}
	return said.Code
}

// wiki says who is asking and what headers it sees.
func wiki(t *testing.T, verifier *Verifier) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(verifier.Middleware(
		http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			person, _ := PersonFrom(r.Context())
			_ = json.NewEncoder(w).Encode(map[string]any{"person": person, "headers": r.Header})
		})))
	t.Cleanup(server.Close)
	return server
}

func with(token string) http.Header { return http.Header{assertionHeader: {token}} }

func TestWhoeverTheGatewayVouchesForIsLetInByName(t *testing.T) {
	g := newGateway(t)
	here := ask(t, wiki(t, NewVerifier(g.URL, app)), "/", with(g.assertion(t, map[string]any{"name": "Zoë"})))
	if here.status != 200 || !strings.Contains(here.body, `"Account":"ada-1"`) || !strings.Contains(here.body, "Zoë") {
		t.Fatal(here)
	}
}

func TestNobodyElseIs(t *testing.T) {
	g := newGateway(t)
	told := 0
	verifier := NewVerifier(g.URL, app)
	verifier.Refused = func(*http.Request, error) { told++ }
	server := wiki(t, verifier)
	good := g.assertion(t, nil)
	other := g.assertion(t, map[string]any{"aud": "https://payroll.corp.example"})
	for _, header := range []http.Header{
		{}, with(""), {assertionHeader: {good, good}}, with(other),
		{"X_Gatehouse_Assertion": {good}}, {"X.Gatehouse.Assertion": {good}},
	} {
		here := ask(t, server, "/", header)
		if here.status != 401 || here.code(t) != "session.none" {
			t.Fatal(header, here)
		}
	}
	if told != 6 {
		t.Fatal(told)
	}
}

func TestNoOtherHeaderThatSaysWhoSomebodyIsReachesTheApp(t *testing.T) {
	g := newGateway(t)
	header := with(g.assertion(t, nil))
	for _, name := range []string{
		"X-Gatehouse-User", "x_gatehouse_roles", "X-GATEHOUSE.Email", "Remote-User", "X-Forwarded-User",
		"X-Auth-Request-Email", "X-Forwarded-Preferred-Username", "X_Remote_User", "X_Gatehouse_Assertion",
	} {
		header[name] = []string{"root-marker"}
	}
	header["X-Theme"] = []string{"dark"}
	here := ask(t, wiki(t, NewVerifier(g.URL, app)), "/", header)
	if here.status != 200 || strings.Contains(here.body, "root-marker") || !strings.Contains(here.body, "dark") {
		t.Fatal(here)
	}
}

func TestPeopleGetAPageWithAWayToSignInAndBack(t *testing.T) {
	g := newGateway(t)
	page := http.Header{"Accept": {"text/html"}}
	here := ask(t, wiki(t, NewVerifier(g.URL, app)), "/who?a=1&b=%22%3E%3Cb%3E", page)
	way := `href="/.gatehouse/start?to=%2Fwho%3Fa%3D1%26b%3D%2522%253E%253Cb%253E"`
	if here.status != 401 || !strings.Contains(here.body, way) {
		t.Fatal(here)
	}
}

func TestWhoeverHasNoneOfTheRolesIsToldSo(t *testing.T) {
	g := newGateway(t)
	verifier := NewVerifier(g.URL, app)
	verifier.Roles = []string{"payroll", "chief"}
	server := wiki(t, verifier)
	if here := ask(t, server, "/", with(g.assertion(t, nil))); here.status != 403 ||
		here.code(t) != "access.not-permitted" {
		t.Fatal(here)
	}
	chief := g.assertion(t, map[string]any{"roles": []string{"chief"}})
	if here := ask(t, server, "/", with(chief)); here.status != 200 {
		t.Fatal(here)
	}
}

func TestWhileNoKeyIsToBeHadItIs503(t *testing.T) {
	g := newGateway(t)
	g.answers(away)
	here := ask(t, wiki(t, NewVerifier(g.URL, app)), "/", with(g.assertion(t, nil)))
	if here.status != 503 || here.code(t) != "session.store-unavailable" || here.header.Get("Retry-After") != "5" {
		t.Fatal(here)
	}
}

func TestAVeryLargeAssertionOrRecordIsRefusedAlthoughItIsSigned(t *testing.T) {
	g := newGateway(t)
	verifier := NewVerifier(g.URL, app)
	named := func(length int) error {
		said := map[string]any{"name": strings.Repeat("x", length)}
		_, err := verifier.VerifyAssertion(context.Background(), g.assertion(t, said))
		return err
	}
	if err := named(60_000); err != nil {
		t.Fatal(err)
	}
	tooLarge := func(err error) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), "too large") {
			t.Fatal(err)
		}
	}
	tooLarge(named(64_000))
	_, err := verifier.VerifyAssertion(context.Background(), strings.Repeat("a", 128_001))
	tooLarge(err)
	record := []byte("{" + strings.Repeat(" ", 64_000))
	_, err = ReadRecord(context.Background(), record, "abc."+strings.Repeat("0", 64), verifier.Keys, time.Now())
	tooLarge(err)
}

func TestAnAssertionOfNobodyOrWithSomethingElseForRolesIsRefused(t *testing.T) {
	g := newGateway(t)
	verifier := NewVerifier(g.URL, app)
	for _, changed := range []map[string]any{
		{"sub": nil}, {"sub": 7}, {"roles": "root"}, {"roles": []any{1}}, {"name": map[string]any{}},
	} {
		_, err := verifier.VerifyAssertion(context.Background(), g.assertion(t, changed))
		mustRefuse(t, err)
	}
	person, err := verifier.VerifyAssertion(context.Background(), g.assertion(t, map[string]any{"roles": nil}))
	if err != nil || len(person.Roles) != 0 {
		t.Fatal(err)
	}
}
