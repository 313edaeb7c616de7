package redisstore_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"kubejobs/shared/drivers/redisstore"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/certtest"
	"kubejobs/shared/testkit/monitortest"
	"kubejobs/shared/testkit/redistest"
)

// openTLS returns a client of a server with TLS, by a host name.
func openTLS(t *testing.T, server *redistest.Server, path string, files certtest.Files) redis.UniversalClient {
	t.Helper()
	client, err := redisstore.Open("rediss://localhost:"+strconv.Itoa(server.Port())+path, redisstore.TLS{
		CA: files.CA, Certificate: files.Certificate, PrivateKey: files.PrivateKey,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// The whole suite runs with TLS and client certificates.
func TestStoreWithTLS(t *testing.T) {
	t.Parallel()
	authority := certtest.NewAuthority(t)
	server := redistest.StartSecured(t, redistest.Security{
		Authority: authority, Pair: authority.Server("localhost"), Certified: true,
	}, "--databases", "256")
	files := authority.Write(t.TempDir(), authority.Client("kubejobs"))
	next := databases()
	monitortest.RunStore(t, func(t *testing.T) monitor.Store {
		t.Helper()
		return redisstore.New(openTLS(t, server, next(), files))
	})
}

// A wrong certificate of either side is refused, whatever the URL says otherwise.
func TestTLSOfTheStateIsChecked(t *testing.T) {
	t.Parallel()
	authority, other := certtest.NewAuthority(t), certtest.NewAuthority(t)
	mine := authority.Write(t.TempDir(), authority.Client("kubejobs"))
	theirs := other.Write(t.TempDir(), other.Client("kubejobs"))
	start := func(pair certtest.Pair) *redistest.Server {
		return redistest.StartSecured(t, redistest.Security{Authority: authority, Pair: pair, Certified: true})
	}
	good, expired, named := start(authority.Server("localhost")), start(authority.Expired("localhost")), start(authority.Server("redis"))
	tests := map[string]struct {
		server *redistest.Server
		files  certtest.Files
		want   string // "": it works
	}{
		"all is well":            {good, mine, ""},
		"another authority":      {good, certtest.Files{CA: theirs.CA, Certificate: mine.Certificate, PrivateKey: mine.PrivateKey}, "unknown authority"},
		"the system's authority": {good, certtest.Files{Certificate: mine.Certificate, PrivateKey: mine.PrivateKey}, "unknown authority"},
		"no client certificate":  {good, certtest.Files{CA: mine.CA}, "certificate required"},
		"a stranger's":           {good, certtest.Files{CA: mine.CA, Certificate: theirs.Certificate, PrivateKey: theirs.PrivateKey}, "unknown certificate authority"},
		"an expired certificate": {expired, mine, "expired"},
		"another name":           {named, mine, "certificate is valid for redis, not localhost"},
		"files that are gone":    {good, certtest.Files{CA: "/none"}, "no such file"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := openTLS(t, tt.server, "", tt.files).Ping(t.Context()).Err()
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}

// Files that are replaced are in force for the next connection.
func TestRotatedCertificates(t *testing.T) {
	t.Parallel()
	authority, other := certtest.NewAuthority(t), certtest.NewAuthority(t)
	server := redistest.StartSecured(t, redistest.Security{Authority: authority, Pair: authority.Server("localhost"), Certified: true})
	dir := t.TempDir()
	files := other.Write(dir, other.Client("old"))
	client := openTLS(t, server, "", files)
	if err := client.Ping(t.Context()).Err(); err == nil {
		t.Fatal("a server of an unknown authority is accepted")
	}
	authority.Write(dir, authority.Client("new"))
	if err := client.Ping(t.Context()).Err(); err != nil {
		t.Errorf("after the files were replaced: %v", err)
	}
	for _, file := range []string{"ca.crt", "tls.crt", "tls.key"} {
		if err := os.Remove(filepath.Join(dir, file)); err != nil {
			t.Fatal(err)
		}
	}
	if err := client.Ping(t.Context()).Err(); err != nil {
		t.Errorf("the open connection needs no files: %v", err)
	}
}

// The errors of a URL that go-redis refuses repeat nothing of it.
func TestOpenDoesNotShowTheURL(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"redis://u:p@host/hunter2", "redis://host/0?hunter2=1", "redis://host/0?db=hunter2", "redis://host:1?addr=x&hunter2=y",
		"redis://host:1/0?master_name=m&read_timeout=hunter2", "redis://host/0?read_timeout=hunter2", "http://hunter2@host", "redis://u:hunter2%zz@h",
	} {
		client, err := redisstore.Open(url, redisstore.TLS{})
		if err == nil {
			_ = client.Close()
			t.Errorf("%s is accepted", url)
		} else if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the error shows a part: %v", url, err)
		}
	}
}
