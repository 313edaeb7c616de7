package influx_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"kubejobs/shared/core/credential"
	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/dial"
	"kubejobs/shared/drivers/publish/influx"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/certtest"
	"kubejobs/shared/testkit/influxtest"
)

// holding returns credentials from keys and values alternately.
func holding(t *testing.T, pairs ...string) dial.Credentials {
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

// noticeFor returns a notice of a job whose database is on a port and names a Secret.
func noticeFor(port int, secret string) monitor.Notice {
	s := samples(1)[0]
	return monitor.Notice{
		Spec:   job.Spec{ID: "kj-1", Database: &job.Database{Host: "127.0.0.1", Port: port, Name: "metrics", Secret: secret}},
		Sample: &s,
	}
}

// An InfluxDB with a login and a certificate of its own takes what the right Secret
// lets pass, and each other one is refused in its own words.
func TestSecretOfADatabase(t *testing.T) {
	t.Parallel()
	authority, other := certtest.NewAuthority(t), certtest.NewAuthority(t)
	secured := influxtest.StartSecured(t, authority, authority.Server("127.0.0.1"))
	plain := influxtest.StartWithAuth(t)
	for _, server := range []*influxtest.Server{secured, plain} {
		server.CreateDatabase("metrics")
		server.Exec("", "CREATE USER reader WITH PASSWORD 'hunter2'")
	}
	admin := []string{"username", influxtest.Admin, "password", influxtest.Password}
	tests := map[string]struct {
		server *influxtest.Server
		pairs  []string
		want   string // "": it works
	}{
		"a login":                 {plain, admin, ""},
		"a login with TLS":        {secured, append([]string{"ca.crt", string(authority.PEM)}, admin...), ""},
		"a wrong password":        {plain, []string{"username", influxtest.Admin, "password", "hunter2"}, "the login is wrong"},
		"a user without rights":   {plain, []string{"username", "reader", "password", "hunter2"}, "the login may not write"},
		"no login":                {plain, []string{"tls", "false"}, "the login is wrong"},
		"TLS without a login":     {secured, []string{"ca.crt", string(authority.PEM)}, "the login is wrong"},
		"another authority":       {secured, append([]string{"ca.crt", string(other.PEM)}, admin...), "its certificate is signed by an unknown authority"},
		"TLS where there is none": {plain, append([]string{"ca.crt", string(authority.PEM)}, admin...), "it does not speak TLS"},
		"no TLS where it must be": {secured, admin, "it requires TLS: it needs a Secret with ca.crt or tls"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := publisher(t, influx.Options{Credentials: holding(t, tt.pairs...)})
			_, err := p.Publish(t.Context(), noticeFor(tt.server.Port(), "influx-a"))
			if tt.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				if series := tt.server.Query("metrics", `SELECT * FROM "job_progress"`); len(series) != 1 {
					t.Errorf("stored %v, want a point", series)
				}
				return
			}
			if failure.KindOf(err) != failure.KindRefused || !strings.HasSuffix(err.Error(), ": "+tt.want) || strings.Contains(failure.Detail(err), "hunter2") {
				t.Errorf("error %v, want one that ends in %s", err, tt.want)
			}
		})
	}
}

// A token is sent as InfluxDB 2.x wants it, the client's certificate is shown, and a
// changed Secret makes another connection.
func TestTokenAndClientCertificate(t *testing.T) {
	t.Parallel()
	authority := certtest.NewAuthority(t)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(authority.PEM)
	r := record(t, func(w http.ResponseWriter, r *http.Request) {
		want := map[string]string{"Token one": "first", "Token two": "second"}[r.Header.Get("Authorization")]
		if got := r.TLS.PeerCertificates[0].Subject.CommonName; got != want {
			t.Errorf("the certificate is of %q, want %q", got, want)
		}
		w.WriteHeader(http.StatusNoContent)
	}, &tls.Config{
		Certificates: authority.TLS(authority.Server("127.0.0.1")).Certificates, MinVersion: tls.VersionTLS12,
		ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool,
	})
	var current atomic.Pointer[dial.Credentials]
	set := func(token, client string) {
		pair := authority.Client(client)
		c := holding(t, "token", token, "ca.crt", string(authority.PEM), "tls.crt", string(pair.Certificate), "tls.key", string(pair.PrivateKey))
		current.Store(&c)
	}
	set("one", "first")
	p := publisher(t, influx.Options{Credentials: func(ctx context.Context, name string) (credential.Set, error) {
		return (*current.Load())(ctx, name)
	}})
	for _, secret := range []string{"influx-a", "influx-a", "influx-b", "rotate", "influx-a", "influx-a"} {
		if secret == "rotate" {
			set("two", "second")
			continue
		}
		if _, err := p.Publish(t.Context(), noticeFor(r.port(), secret)); err != nil {
			t.Fatal(err)
		}
	}
	var logins []string
	requests, connections := r.seen()
	for _, request := range requests {
		logins = append(logins, request.Login)
	}
	if got, want := strings.Join(logins, ", "), "Token one, Token one, Token one, Token two, Token two"; got != want {
		t.Errorf("logins %s, want %s", got, want)
	}
	if connections != 3 {
		t.Errorf("%d connections, want one for each Secret and each version of it", connections)
	}
}

// Databases with different Secrets fail independently. A Secret that cannot be read is a
// refusal of the job's samples, and nothing is sent.
func TestDestinationOfASecret(t *testing.T) {
	t.Parallel()
	r := record(t, stored)
	missing := failure.Refused("the Secret influx-a does not exist in the namespace default", nil)
	p := publisher(t, influx.Options{
		URL: r.URL, Database: "metrics", User: "own", Password: "own",
		Credentials: func(context.Context, string) (credential.Set, error) { return credential.Set{}, missing },
	})
	names := map[string]bool{}
	for _, secret := range []string{"", "influx-a", "influx-b"} {
		names[p.Destination(noticeFor(r.port(), secret))] = true
	}
	if len(names) != 3 {
		t.Errorf("destinations %v, want three", names)
	}
	if _, err := p.Publish(t.Context(), noticeFor(r.port(), "influx-a")); err == nil || err.Error() != missing.Error() {
		t.Errorf("error %v, want %v", err, missing)
	}
	if requests, _ := r.seen(); len(requests) != 0 {
		t.Errorf("requests %v, want none", requests)
	}
}
