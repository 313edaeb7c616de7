package redistest

import (
	"testing"

	"github.com/alicebob/miniredis/v2"

	"kubejobs/shared/core/job"
)

// Redis is a running server that OnEach passes to the test.
type Redis struct {
	Address job.Address
	Stop    func()
}

// OnEach runs body twice, as parallel subtests: against a redis-server, and
// against miniredis, which the local mode embeds.
func OnEach(t *testing.T, body func(*testing.T, Redis)) {
	t.Helper()
	t.Run("redis-server", func(t *testing.T) {
		t.Parallel()
		s := Start(t)
		body(t, Redis{Address: s.Address(), Stop: s.Stop})
	})
	t.Run("miniredis", func(t *testing.T) {
		t.Parallel()
		s := miniredis.RunT(t)
		address := s.Server().Addr()
		body(t, Redis{Address: job.Address{Host: address.IP.String(), Port: address.Port}, Stop: s.Close})
	})
}
