package influx

import (
	"encoding/base64"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"kubejobs/shared/core/job"
)

// server is an InfluxDB, and how to log in to it.
type server struct {
	base    *url.URL
	address string // host:port
	login   string // the header Authorization, "" for none
	secrets []string
	client  client
}

// client is an HTTP client whose kept connections can be closed, whatever its
// transport is wrapped in.
type client struct {
	*http.Client
	closeIdle func()
}

// place is a database or a bucket of a server.
type place struct {
	*server
	name string // host:port/database, without a credential
	url  string // of the write
}

// newServer is the program's own InfluxDB. What is wrong with its URL is not
// shown, it may hold a password.
func newServer(o Options) (*server, error) {
	base, err := url.Parse(o.URL)
	if err != nil || base.Hostname() == "" || base.User != nil || base.RawQuery != "" ||
		base.Scheme != "http" && base.Scheme != "https" {
		return nil, errors.New("the InfluxDB's URL: want http or https with a host, without login and query")
	}
	port := base.Port()
	switch {
	case port != "":
	case base.Scheme == "https":
		port = "443"
	default:
		port = "80"
	}
	var plain net.Dialer
	s := &server{
		base: base, address: net.JoinHostPort(base.Hostname(), port), client: newClient(plain.DialContext, o),
	}
	switch {
	case o.Token != "":
		s.login, s.secrets = "Token "+o.Token, []string{o.Token}
	case o.User != "":
		pair := basic(o.User, o.Password)
		s.login, s.secrets = "Basic "+pair, []string{pair, o.Password}
	}
	return s, nil
}

// named is an InfluxDB that a job names. It gets the login that every client of
// Asperathos sends, InfluxDB's well-known default, and none of the program's.
func named(a job.Address, client client) *server {
	return &server{
		base: &url.URL{Scheme: "http", Host: a.String()}, address: a.String(),
		login: "Basic " + basic("root", "root"), client: client,
	}
}

func basic(user, password string) string {
	return base64.StdEncoding.EncodeToString([]byte(user + ":" + password))
}

// at tells whether the server listens at an address that a job names, by what
// is written: a name is not resolved.
func (s *server) at(a job.Address) bool { return strings.EqualFold(s.address, a.String()) }

// database is one of InfluxDB 1.x; 2.x has the same call for buckets that a
// name is mapped to.
func (s *server) database(name string) place {
	return s.place(name, url.Values{"db": {name}}, "write")
}

// bucket is one of InfluxDB 2.x.
func (s *server) bucket(org, name string) place {
	return s.place(name, url.Values{"org": {org}, "bucket": {name}}, "api", "v2", "write")
}

func (s *server) place(name string, query url.Values, path ...string) place {
	write := s.base.JoinPath(path...)
	query.Set("precision", "ms")
	write.RawQuery = query.Encode()
	return place{server: s, name: s.address + "/" + name, url: write.String()}
}

// newClient is a client that keeps a few connections for further requests. It
// follows no redirect, which would lead past the check of an address, and uses
// no proxy.
func newClient(dial Dial, o Options) client {
	transport := &http.Transport{
		DialContext:            dial,
		MaxIdleConns:           64,
		MaxIdleConnsPerHost:    8, // as many as one place is written by at once
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		DisableCompression:     true,
	}
	var wrapped http.RoundTripper = transport
	if o.Transport != nil {
		wrapped = o.Transport(transport)
	}
	return client{&http.Client{
		Transport:     wrapped,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       o.Timeout,
	}, transport.CloseIdleConnections}
}
