package redisbatch

// Waiting returns how many callers wait for their turn.
func Waiting(b *Batcher) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.waiting)
}
