package auth

import (
	"crypto/sha256"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"kubejobs/shared/core/caller"
)

const (
	// knownFor is how long a verified token is not verified again: an issuer's key that was
	// withdrawn is in force for as long.
	knownFor = 30 * time.Second
	maxKnown = 4096
)

// known is a token that was verified.
type known struct {
	caller caller.Caller
	until  time.Time
}

// memory remembers tokens that were verified, by their digests.
type memory struct {
	now func() time.Time

	mu     sync.Mutex
	tokens *simplelru.LRU[[sha256.Size]byte, known]
}

func newMemory(now func() time.Time) *memory {
	tokens, err := simplelru.NewLRU[[sha256.Size]byte, known](maxKnown, nil)
	if err != nil {
		panic(err) // a mistake of the programmer
	}
	return &memory{now: now, tokens: tokens}
}

func (m *memory) get(text string) (caller.Caller, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	k, ok := m.tokens.Get(sha256.Sum256([]byte(text)))
	return k.caller, ok && m.now().Before(k.until)
}

// put remembers a token until it expires, but at most for knownFor.
func (m *memory) put(text string, k known) {
	if limit := m.now().Add(knownFor); k.until.After(limit) {
		k.until = limit
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tokens.Add(sha256.Sum256([]byte(text)), k)
}
