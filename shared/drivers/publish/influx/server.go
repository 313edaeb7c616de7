package influx

import (
	"crypto/tls"
	"encoding/base64"
	"errors"
	"net"
	"net/http"
	"net/url"
	"time"

	"kubejobs/shared/core/egress"
	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/publish"
)

// server is an InfluxDB and the login for it.
type server struct {
	base    *url.URL
	address string // host:port
	login   string // the header Authorization, "" for none
	secrets []string
	version string // of the job's credentials
	client  client
}

// client is an HTTP client whose idle connections can be closed, whatever wraps
// its transport.
type client struct {
	*http.Client
	closeIdle func()
}

// destination is a database or a bucket of a server.
type destination struct {
	*server
	name string // host:port/database, without credentials
	url  string // of the write
}

// newServer returns the program's own InfluxDB. The error does not show the URL,
// as that may hold a password.
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
	host, ok := egress.CanonicalHost(base.Hostname())
	if !ok {
		return nil, errors.New("the InfluxDB's URL: want a host name or an IP address")
	}
	s := &server{
		base: base, address: net.JoinHostPort(host, port), client: newClient(plain.DialContext, nil, o),
	}
	switch {
	case o.Token != "":
		s.useToken(o.Token)
	case o.User != "":
		s.useLogin(o.User, o.Password)
	}
	return s, nil
}

func (s *server) useToken(token string) {
	s.login, s.secrets = "Token "+token, []string{token}
}

func (s *server) useLogin(user, password string) {
	pair := basic(user, password)
	s.login, s.secrets = "Basic "+pair, []string{pair, password}
}

// named returns an InfluxDB that a job names. Its login is the one that every
// client of Asperathos sends, InfluxDB's well-known default, not the program's.
func named(a job.Address, client client) *server {
	return &server{
		base: &url.URL{Scheme: "http", Host: a.String()}, address: a.String(),
		login: "Basic " + basic("root", "root"), client: client,
	}
}

func basic(user, password string) string {
	return base64.StdEncoding.EncodeToString([]byte(user + ":" + password))
}

// at reports whether the server has the address that a job names, in any spelling.
// A name is not resolved.
func (s *server) at(a job.Address) bool {
	host, ok := egress.CanonicalHost(a.Host)
	return ok && s.address == job.Address{Host: host, Port: a.Port}.String()
}

// database returns a database of InfluxDB 1.x. 2.x has the same call for buckets
// to which the name is mapped.
func (s *server) database(name string) destination {
	return s.destination(name, url.Values{"db": {name}}, "write")
}

// bucket returns a bucket of InfluxDB 2.x.
func (s *server) bucket(org, name string) destination {
	return s.destination(name, url.Values{"org": {org}, "bucket": {name}}, "api", "v2", "write")
}

func (s *server) destination(name string, query url.Values, path ...string) destination {
	write := s.base.JoinPath(path...)
	query.Set("precision", "ms")
	write.RawQuery = query.Encode()
	return destination{server: s, name: s.address + "/" + name, url: write.String()}
}

// newClient returns a client that keeps a few connections. It follows no redirect,
// which would bypass the check of an address, and uses no proxy. secured, which may be
// nil, is for https.
func newClient(connect Dial, secured *tls.Config, o Options) client {
	transport := &http.Transport{
		DialContext:            connect,
		TLSClientConfig:        secured,
		MaxIdleConns:           64,
		MaxIdleConnsPerHost:    64, // a server may have many databases, to each of which 8 samples are written at once
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: publish.MaxHeader,
		DisableCompression:     true,
	}
	c := publish.NewClient(transport, o.Transport)
	c.Timeout = o.Timeout
	return client{c, transport.CloseIdleConnections}
}
