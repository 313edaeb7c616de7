package influx

import (
	"context"
	"net/url"
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"kubejobs/shared/core/credential"
	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/dial"
)

// maxClients bounds the clients of clients.
const maxClients = 256

// clients are clients for the databases of jobs that name a Secret, by server and Secret:
// databases with different credentials share no connection.
type clients struct {
	connect Dial
	options Options

	mu       sync.Mutex
	byServer *simplelru.LRU[securedServer, *server]
}

// securedServer is a server as one with some credentials sees it.
type securedServer struct{ address, secret string }

func newClients(connect Dial, o Options) *clients {
	c := &clients{connect: connect, options: o}
	c.byServer, _ = simplelru.NewLRU(maxClients, func(_ securedServer, s *server) { // errs only for a size <= 0
		s.client.closeIdle()
	})
	return c
}

// to returns a destination with the credentials that its Secret holds now.
func (c *clients) to(ctx context.Context, d job.Database) (destination, error) {
	set, err := c.options.Credentials.For(ctx, d.Secret, d.Host)
	if err != nil {
		return destination{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	key := securedServer{d.Address().String(), d.Secret}
	s, ok := c.byServer.Get(key)
	if !ok || s.version != set.Version {
		if s, err = c.newServer(d, set); err != nil {
			return destination{}, err
		}
		c.byServer.Remove(key) // Add would replace it without closing it
		c.byServer.Add(key, s)
	}
	return s.database(d.Name), nil
}

// newServer returns a database that a job names, with the login of its Secret. One
// without a login, whose certificate says who the client is, gets none.
func (c *clients) newServer(d job.Database, set credential.Set) (*server, error) {
	secured, err := dial.TLSConfig(d.Secret, set, d.Host)
	if err != nil {
		return nil, err
	}
	scheme := "http"
	if set.TLS {
		scheme = "https"
	}
	address := d.Address().String()
	s := &server{
		base: &url.URL{Scheme: scheme, Host: address}, address: address, version: set.Version,
		client: newClient(c.connect, secured, c.options),
	}
	switch {
	case set.Token != "":
		s.useToken(set.Token)
	case set.Password != "":
		s.useLogin(set.Username, set.Password)
	}
	return s, nil
}

// close closes the idle connections.
func (c *clients) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.byServer.Purge()
}
