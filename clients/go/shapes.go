package gatehouse

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"
	"unicode/utf8"
)

// members are those of a JSON object, by their exact names: a struct would take other spellings as well.
type members map[string]json.RawMessage

// lastMoment is the last second of the year 9999.
const lastMoment = 253402300799

// object of null has no members.
func object(raw []byte) (members, error) {
	var found members
	if !utf8.Valid(raw) || json.Unmarshal(raw, &found) != nil {
		return nil, refuse("the content is no JSON object")
	}
	return found, nil
}

// reader reads one member after the other; the first that has not its shape stays in err.
type reader struct {
	from members
	err  error
}

func (r *reader) has(name string) bool {
	raw, there := r.from[name]
	return there && !bytes.Equal(raw, []byte("null"))
}

func (r *reader) isTrue(name string) bool { return string(r.from[name]) == "true" }

func (r *reader) text(name string) string {
	return r.asText(name, r.from[name])
}

func (r *reader) maybeText(name string) string {
	if !r.has(name) {
		return ""
	}
	return r.text(name)
}

func (r *reader) texts(name string) []string {
	var items []json.RawMessage
	if json.Unmarshal(r.from[name], &items) != nil || items == nil {
		r.fail(name, "list of texts")
		return nil
	}
	found := make([]string, 0, len(items))
	for _, item := range items {
		found = append(found, r.asText(name, item))
	}
	return found
}

func (r *reader) maybeTexts(name string) []string {
	if !r.has(name) {
		return nil
	}
	return r.texts(name)
}

func (r *reader) whole(name string) int64 {
	number, err := strconv.ParseInt(string(r.from[name]), 10, 64)
	if err != nil {
		r.fail(name, "whole number")
	}
	return number
}

// moment is of whole seconds since 1970.
func (r *reader) moment(name string) time.Time {
	seconds := r.whole(name)
	if seconds > lastMoment {
		r.fail(name, "moment of any calendar")
	}
	return time.Unix(seconds, 0).UTC()
}

func (r *reader) asText(name string, raw json.RawMessage) string {
	var found string
	if len(raw) == 0 || raw[0] != '"' || json.Unmarshal(raw, &found) != nil {
		r.fail(name, "text")
	}
	return found
}

func (r *reader) fail(name, shape string) {
	if r.err == nil {
		r.err = refuse(name + " is no " + shape)
	}
}
