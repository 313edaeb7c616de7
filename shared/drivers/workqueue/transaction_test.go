package workqueue_test

import (
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2/server"

	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/workqueue"
	"kubejobs/shared/testkit/proctest"
	"kubejobs/shared/testkit/redistest"
)

// A look needs nothing but LLEN.
func TestCountNeedsNothingButLLEN(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ args, rules []string }{
		"MULTI is not permitted":              {nil, []string{"-multi"}},
		"EXEC is not permitted":               {nil, []string{"-exec"}},
		"no transaction is permitted":         {nil, []string{"-@transaction"}},
		"no script is permitted":              {nil, []string{"-@scripting"}},
		"writing is not permitted":            {nil, []string{"-@write"}},
		"only LLEN on the lists is permitted": {nil, []string{"resetkeys", "~job", "~job:*", "-@all", "+llen"}},
		"MULTI is disabled":                   {[]string{"--rename-command", "MULTI", ""}, nil},
		"EXEC is disabled":                    {[]string{"--rename-command", "EXEC", ""}, nil},
		"EXEC and DISCARD are disabled":       {[]string{"--rename-command", "EXEC", "", "--rename-command", "DISCARD", ""}, nil},
		"HELLO and CLIENT are not permitted":  {nil, []string{"-hello", "-client"}},
		"MULTI and EXEC are disabled":         {[]string{"--rename-command", "MULTI", "", "--rename-command", "EXEC", ""}, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := filled(t, tt.args...)
			restrict(t, s, tt.rules...)
			wantCounted(t, s)
		})
	}
}

// wantCounted looks several times at a server that filled filled.
func wantCounted(t *testing.T, s *redistest.Server) {
	t.Helper()
	q := newQueue(t, nil)
	for range 3 {
		got, err := q.Count(t.Context(), usual(s.Address()))
		if want := (job.QueueCount{Queued: 1, InFlight: 2, Results: 3}); err != nil || got != want {
			t.Fatalf("Count = %+v, %v, want %+v", got, err, want)
		}
	}
}

// The lists are in different slots of a Redis Cluster, which allows no transaction
// over them even if one node holds all.
func TestCountOfAClustersOnlyNode(t *testing.T) {
	t.Parallel()
	s := cluster(t)
	fill(t.Context(), t, s.Addr(), items)
	wantCounted(t, s)
}

// A Redis that refuses transactions is asked for one once, not at each look.
func TestCountRemembersThatTransactionsAreRefused(t *testing.T) {
	t.Parallel()
	s := filled(t)
	admin := restrict(t, s, "-multi")
	q := newQueue(t, nil)
	for range 5 {
		if _, err := q.Count(t.Context(), usual(s.Address())); err != nil {
			t.Fatal(err)
		}
	}
	stats, err := admin.Info(t.Context(), "commandstats").Result()
	if err != nil {
		t.Fatal(err)
	}
	_, multi, _ := strings.Cut(stats, "cmdstat_multi:")
	multi, _, _ = strings.Cut(multi, "\r\n")
	if !strings.Contains(multi, "rejected_calls=1,") {
		t.Errorf("MULTI: %s, want one rejected call", multi)
	}
}

// custom starts a server that knows LLEN, and the commands of more. It returns its
// address.
func custom(t *testing.T, llen func(*server.Peer, string), more map[string]server.Cmd) job.Address {
	t.Helper()
	s, err := server.NewServer("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	if err := s.Register("LLEN", func(p *server.Peer, _ string, args []string) { llen(p, args[0]) }); err != nil {
		t.Fatal(err)
	}
	for name, command := range more {
		if err := s.Register(name, command); err != nil {
			t.Fatal(err)
		}
	}
	return job.Address{Host: "127.0.0.1", Port: s.Addr().Port}
}

// Some proxies close the connection of a client that asks for a transaction. The
// lists are read in the order in which items move.
func TestProxyThatClosesAtMULTI(t *testing.T) {
	t.Parallel()
	keys := make(chan string, 10)
	at := custom(t, func(p *server.Peer, key string) {
		keys <- key
		p.WriteInt(len(key))
	}, map[string]server.Cmd{"MULTI": func(p *server.Peer, _ string, _ []string) { p.Close() }})
	got, err := newQueue(t, nil).Count(t.Context(), usual(at))
	if want := (job.QueueCount{Queued: 3, InFlight: 14, Results: 11}); err != nil || got != want {
		t.Fatalf("Count = %+v, %v, want %+v", got, err, want)
	}
	for _, want := range []string{workqueue.Waiting, workqueue.InFlight, workqueue.Done} {
		select {
		case key := <-keys:
			if key != want {
				t.Errorf("LLEN of %s, want %s", key, want)
			}
		case <-time.After(proctest.Patience):
			t.Fatalf("no LLEN of %s", want)
		}
	}
}
