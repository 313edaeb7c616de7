package workqueue

import (
	"testing"
	"time"

	"kubejobs/shared/core/job"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 5, 41, 7, 0, time.UTC)
	m := newMemory()
	a, b := job.Queue{Address: job.Address{Host: "a", Port: 1}}, job.Queue{Address: job.Address{Host: "a", Port: 1}, Database: 1}
	m.now = func() time.Time { return now }
	m.add(a)
	now = now.Add(rememberedFor - 1)
	if !m.has(a) || m.has(b) {
		t.Errorf("has a: %t, b: %t, want only a", m.has(a), m.has(b))
	}
	now = now.Add(1)
	if m.has(a) {
		t.Errorf("a is remembered after %v", rememberedFor)
	}
	m.add(a)
	for i := range rememberedQueues {
		m.add(job.Queue{Database: i})
	}
	if m.has(a) {
		t.Errorf("a is remembered beside %d newer queues", rememberedQueues)
	}
}
