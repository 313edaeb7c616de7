// Package redispool connects to jobs' Redises: it is a bounded cache of clients with
// deadlines, which are closed when they are not used.
package redispool

import (
	"context"
	"net"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// Dial opens a connection. It checks the address.
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

// Options are the limits of a Pool. A zero field means its default.
type Options struct {
	Size    int           // clients kept, 512
	Idle    time.Duration // after which an unused client is closed, 5 min
	Timeout time.Duration // of each dial, read and write, 1 s
	Dial    Dial          // nil: net.Dialer
	Hook    redis.Hook    // of every client; nil: none
	Now     func() time.Time
}

// Pool keeps clients by address.
type Pool struct {
	options Options
	mu      sync.Mutex
	clients *simplelru.LRU[string, *entry]
}

// entry is a client with the number of its users: an evicted client is closed when
// the last user is done.
type entry struct {
	client  *redis.Client
	users   int
	used    time.Time
	evicted bool
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
	if o.Now == nil {
		o.Now = time.Now
	}
	p := &Pool{options: o}
	p.clients, _ = simplelru.NewLRU(o.Size, func(_ string, e *entry) { // errs only for a size <= 0
		e.evicted = true
		e.closeUnused()
	})
	return p
}

// Do calls use with a client for the Redis at address (host:port). use must not
// keep the client.
func (p *Pool) Do(address string, use func(*redis.Client) error) error {
	e := p.acquire(address)
	defer p.release(e)
	return use(e.client)
}

// Close closes every client. Clients in use are closed when their users are done.
func (p *Pool) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clients.Purge()
}

// Len returns the number of cached clients.
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
	e.used = now
	return e
}

func (p *Pool) release(e *entry) {
	p.mu.Lock()
	defer p.mu.Unlock()
	e.users--
	e.closeUnused()
}

// evictIdle removes the clients that were not used for a while. The least recently
// used come first, so it visits one more than it removes.
func (p *Pool) evictIdle(now time.Time) {
	for {
		_, e, ok := p.clients.GetOldest()
		if !ok || now.Sub(e.used) < p.options.Idle {
			return
		}
		p.clients.RemoveOldest()
	}
}

func (e *entry) closeUnused() {
	if e.evicted && e.users == 0 {
		_ = e.client.Close() // an error leaves nothing to do
	}
}

func (p *Pool) clientOptions(address string) *redis.Options {
	timeout := p.options.Timeout
	return &redis.Options{
		Addr:                  address,
		Dialer:                p.options.Dial,
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
		MaxIdleConns:          2,
		ConnMaxIdleTime:       p.options.Idle,
		MaintNotificationsConfig: &maintnotifications.Config{
			Mode: maintnotifications.ModeDisabled,
		},
	}
}
