package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/platform/config"
	"kubejobs/shared/testkit/certtest"
)

func TestStateTLS(t *testing.T) {
	t.Parallel()
	authority := certtest.NewAuthority(t)
	mine, other := authority.Write(t.TempDir(), authority.Client("a")), authority.Write(t.TempDir(), authority.Client("b"))
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("hunter2"), 0o600); err != nil {
		t.Fatal(err)
	}
	const url = "rediss://redis"
	tests := map[string]struct {
		url, ca, cert, key string
		want               []string
	}{
		"nothing":                {url, "", "", "", nil},
		"all three":              {url, mine.CA, mine.Certificate, mine.PrivateKey, nil},
		"an authority":           {url, mine.CA, "", "", nil},
		"a client certificate":   {url, "", mine.Certificate, mine.PrivateKey, nil},
		"no TLS":                 {"redis://redis", mine.CA, "", "", []string{"STATE_REDIS_CA"}},
		"no state Redis":         {"", "", mine.Certificate, mine.PrivateKey, []string{"STATE_REDIS_CERT"}},
		"a file that is missing": {url, "/none", "", "", []string{"STATE_REDIS_CA"}},
		"no certificate":         {url, secret, "", "", []string{"STATE_REDIS_CA"}},
		"no key":                 {url, "", mine.Certificate, "", []string{"STATE_REDIS_KEY"}},
		"a key alone":            {url, "", "", mine.PrivateKey, []string{"STATE_REDIS_CERT"}},
		"another's key":          {url, "", mine.Certificate, other.PrivateKey, []string{"STATE_REDIS_CERT"}},
		"a key that is none":     {url, "", mine.Certificate, secret, []string{"STATE_REDIS_CERT"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := config.Load(lookup(map[string]string{
				"STATE_REDIS_URL": tt.url, "STATE_REDIS_CA": tt.ca, "STATE_REDIS_CERT": tt.cert, "STATE_REDIS_KEY": tt.key,
			}))
			if diff := cmp.Diff(tt.want, wrong(t, err)); diff != "" {
				t.Fatalf("wrong settings (-want +got):\n%s", diff)
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error shows a file: %v", err)
			}
			if want := (config.TLSFiles{CA: tt.ca, Certificate: tt.cert, PrivateKey: tt.key}); err == nil && got.StateTLS != want {
				t.Errorf("StateTLS = %+v, want %+v", got.StateTLS, want)
			}
		})
	}
}

func TestCredentialsDir(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if got := load(t, map[string]string{"CREDENTIALS_DIR": dir}).CredentialsDir; got != dir {
		t.Errorf("CredentialsDir = %q, want %q", got, dir)
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{dir + "/none", file} {
		_, err := config.Load(lookup(map[string]string{"CREDENTIALS_DIR": path}))
		if diff := cmp.Diff([]string{"CREDENTIALS_DIR"}, wrong(t, err)); diff != "" {
			t.Errorf("%s: wrong settings (-want +got):\n%s", path, diff)
		}
	}
}
