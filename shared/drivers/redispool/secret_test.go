package redispool_test

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"kubejobs/shared/core/credential"
	"kubejobs/shared/core/failure"
	"kubejobs/shared/drivers/dial"
	"kubejobs/shared/drivers/redispool"
	"kubejobs/shared/testkit/certtest"
	"kubejobs/shared/testkit/redistest"
)

const (
	password    = "hunter2"
	waitTimeout = 4 * time.Second // of which a quarter and a half pass for a peer that is silent
)

// fixed returns credentials from keys and values alternately.
func fixed(t *testing.T, pairs ...string) dial.Credentials {
	t.Helper()
	values := map[string][]byte{}
	for i := 0; i < len(pairs); i += 2 {
		values[pairs[i]] = []byte(pairs[i+1])
	}
	set, err := credential.Parse(values)
	if err != nil {
		t.Fatal(err)
	}
	return func(context.Context, string) (credential.Set, error) { return set, nil }
}

// length reads the length of a list with credentials.
func length(t *testing.T, address string, credentials dial.Credentials) error {
	t.Helper()
	p := redispool.New(redispool.Options{Timeout: waitTimeout, Credentials: credentials})
	t.Cleanup(p.Close)
	err := p.Do(t.Context(), redispool.Server{Address: address, Secret: "redis-a"}, func(c *redis.Client) error {
		return c.LLen(t.Context(), "job").Err()
	})
	return redispool.Explain("read the queue", address, err)
}

// Each way to be refused is told in its own words, without the credentials.
func TestRefusedCredentials(t *testing.T) {
	t.Parallel()
	authority, other := certtest.NewAuthority(t), certtest.NewAuthority(t)
	client, stranger := authority.Client("kubejobs"), other.Client("kubejobs")
	plain := redistest.Start(t)
	secured := redistest.StartSecured(t, redistest.Security{
		Password: password, Users: []string{"worker on >" + password + " ~other +@all", "reader on >" + password + " ~* +ping"},
	})
	start := func(pair certtest.Pair, certified bool) *redistest.Server {
		return redistest.StartSecured(t, redistest.Security{Authority: authority, Pair: pair, Certified: certified})
	}
	good, certified := start(authority.Server("127.0.0.1", "localhost"), false), start(authority.Server("127.0.0.1"), true)
	expired, named := start(authority.Expired("127.0.0.1"), false), start(authority.Server("redis.default.svc"), false)
	tests := map[string]struct {
		server *redistest.Server
		pairs  []string // of the Secret
		want   string   // "": it works
	}{
		"the default user's password":  {secured, []string{"password", password}, ""},
		"a wrong password":             {secured, []string{"password", "swordfish"}, "wrong password"},
		"an unknown user":              {secured, []string{"username", "nobody", "password", password}, "wrong password"},
		"no password":                  {secured, []string{"token", "t"}, "a password is required"},
		"a user without the key":       {secured, []string{"username", "worker", "password", password}, "no permission"},
		"a user without the command":   {secured, []string{"username", "reader", "password", password}, "no permission"},
		"a password where none is set": {plain, []string{"password", password}, ""},
		"TLS":                          {good, []string{"ca.crt", string(authority.PEM)}, ""},
		"no TLS where it is required":  {good, []string{"password", password}, "TLS is required: it needs a Secret with ca.crt or tls"},
		"an unknown authority":         {good, []string{"ca.crt", string(other.PEM)}, "its certificate is signed by an unknown authority"},
		"the system's authorities":     {good, []string{"tls", "true"}, "its certificate is signed by an unknown authority"},
		"an expired certificate":       {expired, []string{"ca.crt", string(authority.PEM)}, "its certificate has expired, or is not valid yet"},
		"another name":                 {named, []string{"ca.crt", string(authority.PEM)}, "its certificate is for another name"},
		"TLS where there is none":      {plain, []string{"ca.crt", string(authority.PEM)}, "it does not speak TLS"},
		"no client certificate":        {certified, []string{"ca.crt", string(authority.PEM)}, "it requires a client certificate"},
		"a client certificate": {
			certified, []string{"ca.crt", string(authority.PEM), "tls.crt", string(client.Certificate), "tls.key", string(client.PrivateKey)}, "",
		},
		"a stranger's certificate": {
			certified,
			[]string{"ca.crt", string(authority.PEM), "tls.crt", string(stranger.Certificate), "tls.key", string(stranger.PrivateKey)},
			"it does not accept the client certificate",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := length(t, tt.server.Addr(), fixed(t, tt.pairs...))
			if tt.want == "" {
				if err != nil {
					t.Errorf("error %v, want none", err)
				}
				return
			}
			want := fmt.Sprintf("cannot read the queue at %s: %s", tt.server.Addr(), tt.want)
			if err == nil || err.Error() != want || failure.KindOf(err) != failure.KindRefused {
				t.Errorf("error %v (%s), want %s (refused)", err, failure.KindOf(err), want)
			}
			if detail := fmt.Sprint(err); strings.Contains(detail, password) || strings.Contains(detail, "PRIVATE") {
				t.Errorf("the error for the log shows a secret: %s", detail)
			}
		})
	}
}

// A Secret that is wrong itself is refused before anything is sent.
func TestWrongSecrets(t *testing.T) {
	t.Parallel()
	authority := certtest.NewAuthority(t)
	a, b := authority.Client("a"), authority.Client("b")
	missing := failure.Refused("the Secret redis-a does not exist in the namespace default", nil)
	tests := map[string]struct {
		credentials dial.Credentials
		want        string
	}{
		"no source":          {nil, "the Secret redis-a cannot be read here"},
		"no such Secret":     {func(context.Context, string) (credential.Set, error) { return credential.Set{}, missing }, missing.Error()},
		"no certificate":     {fixed(t, "ca.crt", password), "the Secret redis-a holds no certificate in ca.crt"},
		"another host":       {fixed(t, "password", password, "hosts", "redis-b"), "the Secret redis-a is not for this host: see its key hosts"},
		"a key of another's": {fixed(t, "tls.crt", string(a.Certificate), "tls.key", string(b.PrivateKey)), "the Secret redis-a holds no certificate with its key in tls.crt and tls.key"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asked := count(t)
			err := length(t, asked.address, tt.credentials)
			if err == nil || err.Error() != tt.want || failure.KindOf(err) != failure.KindRefused {
				t.Errorf("error %v, want %s", err, tt.want)
			}
			if got := asked.connections.Load(); got != 0 {
				t.Errorf("%d connections, want none", got)
			}
		})
	}
}

// counted is a listener that counts its connections.
type counted struct {
	address     string
	connections atomic.Int64
}

func count(t *testing.T) *counted {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	c := &counted{address: listener.Addr().String()}
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			c.connections.Add(1)
			_ = connection.Close()
		}
	}()
	return c
}

// The server's name is the host as it is given.
func TestServerName(t *testing.T) {
	t.Parallel()
	authority := certtest.NewAuthority(t)
	server := redistest.StartSecured(t, redistest.Security{Authority: authority, Pair: authority.Server("localhost")})
	credentials := fixed(t, "ca.crt", string(authority.PEM))
	if err := length(t, "localhost:"+strconv.Itoa(server.Port()), credentials); err != nil {
		t.Errorf("by its name: %v", err)
	}
	if err := length(t, server.Addr()+"/3", credentials); err == nil || !strings.Contains(err.Error(), "for another name") {
		t.Errorf("by its address: %v, want another name", err)
	}
}
