package credential_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"kubejobs/shared/core/credential"
)

// values returns the values of a Secret, from keys and values alternately.
func values(pairs ...string) map[string][]byte {
	all := map[string][]byte{}
	for i := 0; i < len(pairs); i += 2 {
		all[pairs[i]] = []byte(pairs[i+1])
	}
	return all
}

func TestParse(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		values                    map[string][]byte
		username, password, token string
		tls                       bool
	}{
		"a login":                 {values("username", "u", "password", "p"), "u", "p", "", false},
		"a password alone":        {values("password", "p"), "", "p", "", false},
		"line feeds at the end":   {values("username", "u\n", "password", "p\r\n"), "u", "p", "", false},
		"spaces are a part":       {values("password", " p "), "", " p ", "", false},
		"a token":                 {values("token", "t\n"), "", "", "t", false},
		"the server's authority":  {values("ca.crt", "PEM"), "", "", "", true},
		"a client's certificate":  {values("tls.crt", "PEM", "tls.key", "PEM"), "", "", "", true},
		"the system's authority":  {values("tls", "true\n"), "", "", "", true},
		"no TLS":                  {values("tls", "false", "password", "p"), "", "p", "", false},
		"another key is ignored":  {values("password", "p", "other", "\x00"), "", "p", "", false},
		"an empty key is missing": {values("password", "p", "ca.crt", ""), "", "p", "", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := credential.Parse(tt.values)
			if err != nil {
				t.Fatal(err)
			}
			if got.Username != tt.username || got.Password != tt.password || got.Token != tt.token || got.TLS != tt.tls {
				t.Errorf("username %q, password %q, token %q, TLS %t", got.Username, got.Password, got.Token, got.TLS)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		values map[string][]byte
		want   string
	}{
		"nothing":                   {nil, "has none of the keys username, password, "},
		"other keys only":           {values("user", "hunter2"), "has none of the keys "},
		"a username alone":          {values("username", "hunter2"), "has the key username, but password is missing"},
		"a certificate alone":       {values("tls.crt", "hunter2"), "has the key tls.crt, but tls.key is missing"},
		"a key alone":               {values("tls.key", "hunter2", "password", "hunter2"), "has the key tls.key, but tls.crt is missing"},
		"a header in a token":       {values("token", "hunter2\r\nX: y"), "has control characters in token"},
		"certificates, but no TLS":  {values("tls", "false", "ca.crt", "hunter2"), "has certificates, but tls is false"},
		"strange TLS":               {values("tls", "hunter2"), "has neither true nor false in tls"},
		"strange hosts":             {values("password", "p", "hosts", "a, hunter2/"), "in hosts that is no host name"},
		"too long":                  {values("password", strings.Repeat("hunter2", 10_000)), "has more than 65536 bytes in password"},
		"a password of a line feed": {values("username", "hunter2", "password", "a\nb"), "has control characters in password"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := credential.Parse(tt.values)
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("error %v, want one with %q that shows no value", err, tt.want)
			}
		})
	}
}

func TestFor(t *testing.T) {
	t.Parallel()
	some, err := credential.Parse(values("password", "p", "hosts", "redis.default.svc, 10.1.2.3\n"))
	if err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]bool{
		"redis.default.svc": true, "REDIS.default.svc.": true, "10.1.2.3": true, "::ffff:10.1.2.3": true,
		"redis": false, "10.1.2.4": false, "": false,
	} {
		if got := some.For(host); got != want {
			t.Errorf("For(%q) = %t, want %t", host, got, want)
		}
		if !(credential.Set{}).For(host) {
			t.Errorf("a Set without hosts is not for %q", host)
		}
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	version := func(pairs ...string) string {
		s, err := credential.Parse(values(pairs...))
		if err != nil {
			t.Fatal(err)
		}
		return s.Version
	}
	one := version("username", "u", "password", "p")
	if version("password", "p", "username", "u", "other", "x") != one {
		t.Error("equal credentials have different versions")
	}
	for _, other := range []string{
		version("username", "u", "password", "q"), version("username", "up", "password", "x"),
		version("username", "u", "password", "p", "ca.crt", "c"), version("username", "u", "password", "p", "hosts", "h"),
	} {
		if other == one {
			t.Error("different credentials have one version")
		}
	}
}

// No usual way to print a Set shows it.
func TestSetIsHidden(t *testing.T) {
	t.Parallel()
	s, err := credential.Parse(values("username", "hunter2", "password", "hunter2", "ca.crt", "hunter2"))
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := json.Marshal(map[string]any{"a": s, "b": &s})
	if err != nil {
		t.Fatal(err)
	}
	var logged strings.Builder
	for _, log := range []*slog.Logger{slog.New(slog.NewJSONHandler(&logged, nil)), slog.New(slog.NewTextHandler(&logged, nil))} {
		log.Info("x", "set", s, "at", &s)
	}
	for _, text := range []string{fmt.Sprintf("%v %+v %#v %s %q", s, s, s, s, s), fmt.Sprintf("%v %+v", &s, []any{s}), string(encoded), logged.String()} {
		if strings.Contains(text, "hunter2") || strings.Contains(text, s.Version) {
			t.Errorf("shown: %s", text)
		}
	}
}

func TestValidName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"redis": true, "redis-a.b": true, "a": true, "0": true, strings.Repeat("a", 63) + ".b": true,
		"": false, "..": false, ".": false, "a..b": false, "../a": false, "a/b": false, "A": false, "-a": false, "a.": false,
		"..data": false, "a\x00": false, strings.Repeat("a", 64): false, strings.Repeat("a.", 130) + "a": false,
	} {
		if got := credential.ValidName(name); got != want {
			t.Errorf("ValidName(%q) = %t, want %t", name, got, want)
		}
	}
}
