package workqueue

import (
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// Bounds of a memory.
const (
	rememberedAddresses = 512
	rememberedFor       = 10 * time.Minute
)

// memory holds addresses for a while: the least recently used is forgotten first.
type memory struct {
	now func() time.Time

	mu    sync.Mutex
	until *simplelru.LRU[string, time.Time]
}

func newMemory() *memory {
	m := &memory{now: time.Now}
	m.until, _ = simplelru.NewLRU[string, time.Time](rememberedAddresses, nil) // errs only for a size <= 0
	return m
}

func (m *memory) add(address string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.until.Add(address, m.now().Add(rememberedFor))
}

func (m *memory) has(address string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	until, ok := m.until.Get(address)
	return ok && m.now().Before(until)
}
