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

	"kubejobs/shared/core/failure"
)

// Dial opens a connection. It also checks whether the address is allowed.
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

// Options holds the settings of a Pool. A zero field means its default.
type Options struct {
	Size    int              // maximum number of clients; default 512
	Idle    time.Duration    // after which an unused client is closed; default 5 min
	Timeout time.Duration    // of each dial, read and write; default 1 s
	Dial    Dial             // default: that of net.Dialer, which checks nothing
	Hook    redis.Hook       // of every client; default: none
	Log     *slog.Logger     // gets what peers say, at debug; default: none
	Now     func() time.Time // default: time.Now
}

// bufferSize is that of a connection's buffers, in bytes. The client's default of
// 32 KiB, of thousands of connections, would fill the memory of a container.
const bufferSize = 4 << 10

// Pool caches clients by address.
type Pool struct {
	options Options
	mu      sync.Mutex
	clients *simplelru.LRU[string, *entry]
}

// entry is a client and its use. An evicted client is closed when its last user
// is done.
type entry struct {
	client   *redis.Client
	users    int // calls of Do that use it now
	lastUsed time.Time
	evicted  bool
}

// New returns an empty Pool.
func New(o Options) *Pool {
	if o.Size <= 0 {
		o.Size = 512
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
	p.clients, _ = simplelru.NewLRU(o.Size, func(_ string, e *entry) { // fails only for a size <= 0
		e.evicted = true
		e.closeUnused()
	})
	return p
}

// Do calls use with a client for the Redis at address: host:port, or host:port/N for
// its database N. use must not keep the client.
func (p *Pool) Do(address string, use func(*redis.Client) error) error {
	e := p.acquire(address)
	defer p.release(e)
	err := use(e.client)
	if err != nil {
		p.options.Log.Debug("a job's Redis failed", "redis", address, "error", failure.Detail(err))
	}
	return err
}

// Forget closes the client for address when its users are done. The next user gets
// another one, with new connections.
func (p *Pool) Forget(address string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clients.Remove(address)
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

func (p *Pool) acquire(address string) *entry {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.options.Now()
	p.evictIdle(now)
	e, ok := p.clients.Get(address)
	if !ok {
		e = &entry{client: redis.NewClient(p.clientOptions(address))}
		if p.options.Hook != nil {
			e.client.AddHook(p.options.Hook)
		}
		p.clients.Add(address, e)
	}
	e.users++
	e.lastUsed = now
	return e
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
		Dialer:                guarded(p.options.Dial, timeout/4),
		Protocol:              2,
		DisableIdentity:       true,
		DialTimeout:           timeout,
		DialerRetries:         1,
		ReadTimeout:           timeout,
		WriteTimeout:          timeout,
		PoolTimeout:           timeout,
		ContextTimeoutEnabled: true,
		MaxRetries:            1,
		PoolSize:              4,
		PipelinePoolSize:      -1, // no other pool for pipelines, with larger buffers
		MaxIdleConns:          2,
		ReadBufferSize:        bufferSize,
		WriteBufferSize:       bufferSize,
		ConnMaxIdleTime:       p.options.Idle,
		MaintNotificationsConfig: &maintnotifications.Config{
			Mode: maintnotifications.ModeDisabled,
		},
	}
}
