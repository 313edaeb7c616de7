package workqueue

import (
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"kubejobs/shared/core/job"
)

// Bounds of a memory.
const (
	rememberedQueues = 512
	rememberedFor    = 10 * time.Minute
)

// memory holds queues for a while: the least recently used is forgotten first.
type memory struct {
	now func() time.Time

	mu    sync.Mutex
	until *simplelru.LRU[job.Queue, time.Time]
}

func newMemory() *memory {
	m := &memory{now: time.Now}
	m.until, _ = simplelru.NewLRU[job.Queue, time.Time](rememberedQueues, nil) // errs only for a size <= 0
	return m
}

func (m *memory) add(queue job.Queue) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.until.Add(queue, m.now().Add(rememberedFor))
}

func (m *memory) has(queue job.Queue) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	until, ok := m.until.Get(queue)
	return ok && m.now().Before(until)
}
