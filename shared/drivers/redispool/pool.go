// Package redispool provides clients for jobs' own Redises: a bounded cache of
// clients, each with deadlines, which are closed when they are not used.
package redispool

import (
	"context"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"kubejobs/shared/core/credential"
	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/dial"
	"kubejobs/shared/drivers/redisbatch"
)

// Dial opens a connection. It also checks whether the address is allowed.
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

// Options holds the settings of a Pool. A zero field means its default.
type Options struct {
	Size    int           // maximum number of clients; default 2,048
	Idle    time.Duration // after which an unused client is closed; default 5 min
	Timeout time.Duration // of each dial, read and write; default 1 s
	Dial    Dial          // default: that of net.Dialer, which checks nothing
	Hook    redis.Hook    // of every client; default: none
	// Credentials reads the Secrets that servers name; default: none can be read.
	Credentials dial.Credentials
	Log         *slog.Logger     // gets what peers say, at debug; default: none
	Now         func() time.Time // default: time.Now
}

// Sizes of a connection's buffers, in bytes: longer replies take several reads. The client's
// default of 32 KiB, of thousands of connections, would fill the memory of a container.
const (
	readBuffer  = 256
	writeBuffer = 128 // a request leaves in one piece all the same: see coalescer
)

// Server is a job's Redis, as one with some credentials sees it.
type Server struct {
	Address string // host:port, or host:port/N for its database N
	Secret  string // name of the Secret with the credentials, "" for none
}

// InQueue returns the Redis of a queue, with the queue's database.
func InQueue(q job.Queue) Server { return Server{q.String(), q.Secret} }

// InZero returns the Redis of a queue, with database 0.
func InZero(q job.Queue) Server { return Server{q.Address.String(), q.Secret} }

// Pool caches clients by server: jobs with different credentials share no connection.
type Pool struct {
	options Options
	mu      sync.Mutex
	clients *simplelru.LRU[Server, *entry]
}

// entry is a client and its use. An evicted client is closed when its last user
// is done.
type entry struct {
	client      *redis.Client
	batch       *redisbatch.Batcher
	credentials credential.Set
	users       int // calls of Do that use it now
	lastUsed    time.Time
	evicted     bool
}

// New returns an empty Pool.
func New(o Options) *Pool {
	if o.Size <= 0 {
		o.Size = 2048
	}
	if o.Idle <= 0 {
		o.Idle = 5 * time.Minute
	}
	if o.Timeout <= 0 {
		o.Timeout = time.Second
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Dial == nil {
		o.Dial = (&net.Dialer{Timeout: o.Timeout}).DialContext
	}
	p := &Pool{options: o}
	p.clients, _ = simplelru.NewLRU(o.Size, func(_ Server, e *entry) { // fails only for a size <= 0
		e.evicted = true
		e.closeUnused()
	})
	return p
}

// Do calls use with a client for a server. use must not keep the client. If the
// credentials have changed, the client is a new one, and the one before is closed when
// its users are done.
func (p *Pool) Do(ctx context.Context, server Server, use func(*redis.Client) error) error {
	return p.with(ctx, server, func(e *entry) error { return use(e.client) })
}

// Batch is Do with what sends commands together with those of others.
func (p *Pool) Batch(ctx context.Context, server Server, use func(*redisbatch.Batcher) error) error {
	return p.with(ctx, server, func(e *entry) error { return use(e.batch) })
}

func (p *Pool) with(ctx context.Context, server Server, use func(*entry) error) error {
	e, err := p.acquire(ctx, server)
	if err == nil {
		defer p.release(e)
		err = e.credentials.Redact(use(e))
	}
	if err != nil {
		p.options.Log.DebugContext(ctx, "a job's Redis failed", "redis", server.Address, "secret", server.Secret, "error", failure.Detail(err))
	}
	return err
}

// Forget closes the client for a server when its users are done. The next user gets
// another one, with new connections.
func (p *Pool) Forget(server Server) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clients.Remove(server)
}

// Close closes every client; one in use is closed when its users are done.
func (p *Pool) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clients.Purge()
}

// Len returns the number of clients in the cache.
func (p *Pool) Len() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.clients.Len()
}

func (p *Pool) acquire(ctx context.Context, server Server) (*entry, error) {
	var credentials credential.Set
	if server.Secret != "" {
		var err error
		if credentials, err = p.options.Credentials.For(ctx, server.Secret, server.host()); err != nil {
			return nil, err
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.options.Now()
	p.evictIdle(now)
	e, ok := p.clients.Get(server)
	if !ok || e.credentials.Version != credentials.Version {
		var err error
		if e, err = p.newEntry(server, credentials); err != nil {
			return nil, err
		}
		p.clients.Remove(server) // Add would replace it without closing it
		p.clients.Add(server, e)
	}
	e.users++
	e.lastUsed = now
	return e, nil
}

func (p *Pool) newEntry(server Server, credentials credential.Set) (*entry, error) {
	tlsConfig, err := dial.TLSConfig(server.Secret, credentials, server.host())
	if err != nil {
		return nil, err
	}
	options := p.clientOptions(server.Address)
	options.Username, options.Password = credentials.Username, credentials.Password
	if options.Dialer = guarded(p.options.Dial, p.options.Timeout); tlsConfig != nil {
		options.Dialer = secured(p.options.Dial, tlsConfig, p.options.Timeout)
	}
	client := redis.NewClient(options)
	e := &entry{client: client, batch: redisbatch.New(client), credentials: credentials}
	if p.options.Hook != nil {
		e.client.AddHook(p.options.Hook)
	}
	return e, nil
}

// host returns the host of the address.
func (s Server) host() string {
	server, _, _ := strings.Cut(s.Address, "/")
	host, _, err := net.SplitHostPort(server)
	if err != nil {
		return server
	}
	return host
}

func (p *Pool) release(e *entry) {
	p.mu.Lock()
	defer p.mu.Unlock()
	e.users--
	e.closeUnused()
}

// evictIdle evicts the clients that nobody has used for Options.Idle. It begins
// with the least recently used and stops at the first that is not idle.
func (p *Pool) evictIdle(now time.Time) {
	for {
		_, e, ok := p.clients.GetOldest()
		if !ok || now.Sub(e.lastUsed) < p.options.Idle {
			return
		}
		p.clients.RemoveOldest()
	}
}

func (e *entry) closeUnused() {
	if e.evicted && e.users == 0 {
		_ = e.client.Close() // it closes the connections even if it fails
	}
}

func (p *Pool) clientOptions(address string) *redis.Options {
	timeout := p.options.Timeout
	server, number, _ := strings.Cut(address, "/")
	database, _ := strconv.Atoi(number) // none is 0
	return &redis.Options{
		Addr:                  server,
		DB:                    database,
		Protocol:              2,
		DisableIdentity:       true,
		DialTimeout:           timeout,
		DialerRetries:         1,
		ReadTimeout:           timeout,
		WriteTimeout:          timeout,
		PoolTimeout:           timeout,
		ContextTimeoutEnabled: true,
		MaxRetries:            1,
		PoolSize:              4,  // all of which may idle: else a slow Redis would have to take new ones all the time
		PipelinePoolSize:      -1, // no other pool for pipelines, with larger buffers
		ReadBufferSize:        readBuffer,
		WriteBufferSize:       writeBuffer,
		ConnMaxIdleTime:       p.options.Idle,
		MaintNotificationsConfig: &maintnotifications.Config{
			Mode: maintnotifications.ModeDisabled,
		},
	}
}
