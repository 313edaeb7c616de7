package workqueue

import (
	"strconv"
	"testing"
	"time"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 5, 41, 7, 0, time.UTC)
	m := newMemory()
	m.now = func() time.Time { return now }
	m.add("a:1")
	now = now.Add(rememberedFor - 1)
	if !m.has("a:1") || m.has("b:1") {
		t.Errorf("has a: %t, b: %t, want only a", m.has("a:1"), m.has("b:1"))
	}
	now = now.Add(1)
	if m.has("a:1") {
		t.Errorf("a is remembered after %v", rememberedFor)
	}
	m.add("a:1")
	for i := range rememberedAddresses {
		m.add("b:" + strconv.Itoa(i))
	}
	if m.has("a:1") {
		t.Errorf("a is remembered beside %d newer addresses", rememberedAddresses)
	}
}
