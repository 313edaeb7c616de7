// Package secrets reads the credentials that jobs name: from Secrets through the
// Kubernetes API, or from files. It keeps them in memory only.
package secrets

import (
	"context"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"golang.org/x/sync/singleflight"

	"kubejobs/shared/core/credential"
	"kubejobs/shared/core/failure"
)

const (
	// freshFor is how long what was read is used before it is read again.
	freshFor = time.Minute
	// failedFor is the same for a failure.
	failedFor = 5 * time.Second
	// staleFor is how long what was read is used at most while it cannot be read again
	// because the source does not answer.
	staleFor = 15 * time.Minute
	// readTimeout bounds a read. No caller's deadline ends it: others wait for it too.
	readTimeout = 5 * time.Second
	// maxSecrets bounds the Secrets in memory.
	maxSecrets = 1024
)

// Source reads the values of one Secret. The error is of kind refused if another attempt
// cannot succeed before somebody changes something, of kind unavailable otherwise. It
// names the Secret and shows no value.
type Source interface {
	Read(ctx context.Context, name string) (map[string][]byte, error)
}

// Cache keeps what a Source returned for a while. Callers that ask for one Secret at the
// same time share one read.
type Cache struct {
	source Source
	now    func() time.Time
	reads  singleflight.Group

	mu      sync.Mutex
	entries *simplelru.LRU[string, entry]
}

// entry is what the last read of a Secret returned.
type entry struct {
	set  credential.Set
	err  error     // nil: set is valid
	next time.Time // when to read it again
	read time.Time // when set was read
}

// New returns a Cache. now is time.Now, except in tests.
func New(source Source, now func() time.Time) *Cache {
	c := &Cache{source: source, now: now}
	c.entries, _ = simplelru.NewLRU[string, entry](maxSecrets, nil) // errs only for a size <= 0
	return c
}

// Get returns the credentials in the Secret called name. It is a dial.Credentials. A
// change of the Secret is seen within a minute.
func (c *Cache) Get(ctx context.Context, name string) (credential.Set, error) {
	if known, ok := c.known(name); ok && c.now().Before(known.next) {
		return known.set, known.err
	}
	result := c.reads.DoChan(name, func() (any, error) { return c.read(context.WithoutCancel(ctx), name), nil })
	select {
	case <-ctx.Done():
		return credential.Set{}, failure.Unavailable("the Secret "+name+" is still being read", ctx.Err())
	case r := <-result:
		e, _ := r.Val.(entry)
		return e.set, e.err
	}
}

func (c *Cache) known(name string) (entry, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.entries.Get(name)
}

// read reads a Secret and keeps the result.
func (c *Cache) read(ctx context.Context, name string) entry {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	var set credential.Set
	err := failure.Catch(func() (err error) {
		set, err = c.load(ctx, name)
		return err
	})
	now := c.now()
	e := entry{set: set, read: now, next: now.Add(freshFor)}
	if err != nil {
		e = entry{err: err, next: now.Add(failedFor)}
		if before, ok := c.known(name); ok && before.err == nil && failure.IsRetryable(err) && now.Sub(before.read) < staleFor {
			e.set, e.err, e.read = before.set, nil, before.read
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.entries.Add(name, e)
	return e
}

func (c *Cache) load(ctx context.Context, name string) (credential.Set, error) {
	if !credential.ValidName(name) {
		return credential.Set{}, failure.Refused("the name of a Secret is not valid", nil)
	}
	values, err := c.source.Read(ctx, name)
	if err != nil {
		return credential.Set{}, err
	}
	set, err := credential.Parse(values)
	if err != nil {
		return credential.Set{}, failure.Refused("the Secret "+failure.Shorten(name, maxName)+" "+err.Error(), nil)
	}
	return set, nil
}

// maxName bounds the name of a Secret in a text, in characters, so that what follows is
// not cut.
const maxName = 63
