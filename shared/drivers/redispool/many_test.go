package redispool_test

import (
	"strconv"
	"testing"

	"kubejobs/shared/drivers/redispool"
)

// The jobs of an instance may have 1,000 Redises and more: their clients stay, so that ticks
// in turn open no connections. The number is bounded.
func TestClientsOfManyServersStay(t *testing.T) {
	t.Parallel()
	const servers, bound = 1000, 2048
	p := newPool(t, redispool.Options{})
	address := func(i int) string { return "redis-" + strconv.Itoa(i) + ":6379" }
	first := client(t, p, address(0))
	for i := 1; i < servers; i++ {
		client(t, p, address(i))
	}
	if again := client(t, p, address(0)); again != first || closed(t, first) {
		t.Errorf("after %d other servers, the first has another client", servers-1)
	}
	for i := servers; i < bound+servers; i++ {
		client(t, p, address(i))
	}
	if p.Len() != bound || !closed(t, first) {
		t.Errorf("%d servers have %d clients, want %d; the oldest is closed: %t, want true", bound+servers, p.Len(), bound, closed(t, first))
	}
}
