package gatehouse

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

type clock struct {
	mutex sync.Mutex
	at    time.Time
}

func (c *clock) now() time.Time {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.at
}

func (c *clock) set(after time.Duration) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.at = time.Unix(1_700_000_000, 0).Add(after)
}

func keysOf(g *gateway) (*GatewayKeys, *clock) {
	keys, at := NewGatewayKeys(g.URL), &clock{}
	at.set(0)
	keys.now = at.now
	return keys, at
}

func must(t *testing.T, keys *GatewayKeys, id string, there bool) {
	t.Helper()
	key, err := keys.Key(context.Background(), id, ForAssertions)
	if err != nil || (key != nil) != there {
		t.Fatalf("key %q: %v, %v", id, key != nil, err)
	}
}

func mustBeAway(t *testing.T, keys *GatewayKeys, id string) {
	t.Helper()
	if _, err := keys.Key(context.Background(), id, ForAssertions); !errors.Is(err, ErrKeysUnavailable) {
		t.Fatal(err)
	}
}

func settled(keys *GatewayKeys) {
	keys.mutex.Lock()
	asking := keys.asking
	keys.mutex.Unlock()
	if asking != nil {
		<-asking
	}
}

func away(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }

func TestKeysInAnAnswerThatSaysThatItFailedDoNotCount(t *testing.T) {
	g := newGateway(t)
	g.answers(func(w http.ResponseWriter, r *http.Request) {
		away(w, r)
		_, _ = w.Write(g.keySet(t))
	})
	keys, _ := keysOf(g)
	mustBeAway(t, keys, "a1")
}

func TestKeysAreAskedForOnceHoweverManyWantThem(t *testing.T) {
	g := newGateway(t)
	keys, _ := keysOf(g)
	var all sync.WaitGroup
	for turn := 0; turn < 20; turn++ {
		all.Add(1)
		go func() {
			defer all.Done()
			must(t, keys, "a1", true)
		}()
	}
	all.Wait()
	if g.timesAsked() != 1 {
		t.Fatal(g.timesAsked())
	}
}

func TestAnUnknownIDAsksTheGatewayAtMostOnceAMinute(t *testing.T) {
	g := newGateway(t)
	keys, at := keysOf(g)
	must(t, keys, "a1", true)
	id := g.turnKeys(t)
	at.set(time.Minute - 1)
	must(t, keys, id, false)
	if g.timesAsked() != 1 {
		t.Fatal(g.timesAsked())
	}
	at.set(time.Minute)
	must(t, keys, id, true)
	must(t, keys, "made-up", false)
	if g.timesAsked() != 2 {
		t.Fatal(g.timesAsked())
	}
}

func TestAKeyThatTheGatewayTookAwayIsGoodForFiveMinutesAtMost(t *testing.T) {
	g := newGateway(t)
	keys, at := keysOf(g)
	must(t, keys, "a1", true)
	g.turnKeys(t)
	at.set(5*time.Minute - 1)
	must(t, keys, "a1", true)
	at.set(5 * time.Minute)
	must(t, keys, "a1", true) // this one did not wait
	settled(keys)
	must(t, keys, "a1", false)
}

func TestWhileTheGatewayIsAwayItsKeysAreGoodForAnHour(t *testing.T) {
	g := newGateway(t)
	keys, at := keysOf(g)
	must(t, keys, "a1", true)
	g.answers(away)
	at.set(time.Hour - 1)
	must(t, keys, "a1", true)
	settled(keys)
	at.set(time.Hour)
	mustBeAway(t, keys, "a1")
	g.answers(nil)
	at.set(time.Hour + 5*time.Second)
	must(t, keys, "a1", true)
}

func TestAGatewayThatWasNeverReachedIsAskedAgainAfterFiveSeconds(t *testing.T) {
	g := newGateway(t)
	g.answers(away)
	keys, at := keysOf(g)
	mustBeAway(t, keys, "a1")
	at.set(5*time.Second - 1)
	mustBeAway(t, keys, "a1")
	if g.timesAsked() != 1 {
		t.Fatal(g.timesAsked())
	}
	at.set(5 * time.Second)
	mustBeAway(t, keys, "a1")
	if g.timesAsked() != 2 {
		t.Fatal(g.timesAsked())
	}
}

func TestWhoeverDoesNotWaitAnyLongerIsAnsweredAtOnce(t *testing.T) {
	g := newGateway(t)
	going := make(chan struct{})
	g.answers(func(http.ResponseWriter, *http.Request) { <-going })
	defer close(going)
	keys, _ := keysOf(g)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := keys.Key(ctx, "a1", ForAssertions); !errors.Is(err, ErrKeysUnavailable) {
		t.Fatal(err)
	}
	keys.mutex.Lock()
	defer keys.mutex.Unlock()
	if keys.asking == nil {
		t.Fatal("it waited for the gateway")
	}
}

func TestTheGatewayIsNotAskedWhileItHasNotAnswered(t *testing.T) {
	g := newGateway(t)
	going := make(chan struct{})
	g.answers(func(w http.ResponseWriter, _ *http.Request) {
		<-going
		_, _ = w.Write(g.keySet(t))
	})
	keys, at := keysOf(g)
	_, first := keys.lookUp(name{"a1", ForAssertions})
	at.set(6 * time.Second)
	_, second := keys.lookUp(name{"a1", ForAssertions})
	close(going)
	<-first
	if first != second {
		t.Fatal("it was asked twice")
	}
}

func TestAnAnswerThatDoesNotEndIsGivenUp(t *testing.T) {
	g := newGateway(t)
	g.answers(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte("{"))
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	keys, _ := keysOf(g)
	mustBeAway(t, keys, "a1")
}

func TestAnAnswerWithoutAnEndIsNotReadOn(t *testing.T) {
	g := newGateway(t)
	written := make(chan int)
	g.answers(func(w http.ResponseWriter, _ *http.Request) {
		blank, sent := []byte(strings.Repeat(" ", 100_000)), 0
		for {
			count, err := w.Write(blank)
			sent += count
			if err != nil || sent > 100_000_000 {
				written <- sent
				return
			}
		}
	})
	keys, _ := keysOf(g)
	mustBeAway(t, keys, "a1")
	// What the machine holds on the way comes on top of the limit.
	if sent := <-written; sent > 50_000_000 {
		t.Fatal(sent)
	}
}

func TestWhatIsNoSetOfKeys(t *testing.T) {
	g := newGateway(t)
	for why, answer := range map[string]string{
		"very long": string(g.keySet(t)) + strings.Repeat(" ", 1_000_000),
		"no JSON":   "<p>keys</p>", "a list": "[]", "null": "null", "keys that are no list": `{"keys":{}}`,
		"keys that are null": `{"keys":null}`,
	} {
		t.Run(why, func(t *testing.T) {
			g.answers(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(answer)) })
			keys, _ := keysOf(g)
			mustBeAway(t, keys, "a1")
		})
	}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	g := newGateway(t)
	g.answers(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/elsewhere" {
			_, _ = w.Write(g.keySet(t))
			return
		}
		http.Redirect(w, r, "/elsewhere", http.StatusFound)
	})
	keys, _ := keysOf(g)
	mustBeAway(t, keys, "a1")
	if g.timesAsked() != 1 {
		t.Fatal(g.timesAsked())
	}
}

func TestKeysForOtherThingsArePassedOver(t *testing.T) {
	g := newGateway(t)
	with := func(id, name string, value any) map[string]any {
		key := g.jwk()
		key["kid"] = id
		key[name] = value
		return key
	}
	x, _ := g.jwk()["x"].(string)
	y, _ := g.jwk()["y"].(string)
	point := append(decoded(x), decoded(y)...)
	shifted := with("shifted", "x", base64.RawURLEncoding.EncodeToString(point[:33]))
	shifted["y"] = base64.RawURLEncoding.EncodeToString(point[33:])
	set, err := ParseKeys(encoded(t, map[string]any{"keys": []any{
		nil, "key",
		with("other-kind", "kty", "RSA"), with("other-curve", "crv", "P-384"), with("other-use", "use", "enc"),
		with("other-algorithm", "alg", "ES384"), with("off", "y", x), with("short", "x", "AAAA"),
		with("7", "kid", 7), shifted, with("no-purpose", "purpose", nil), g.jwk(),
	}}))
	if err != nil {
		t.Fatal(err)
	}
	for purpose, want := range map[Purpose]bool{ForAssertions: true, ForRecords: false} {
		if key, _ := set.Key(context.Background(), "a1", purpose); (key != nil) != want {
			t.Fatal(purpose, set)
		}
	}
	if len(set) != 1 {
		t.Fatal(set)
	}
}
