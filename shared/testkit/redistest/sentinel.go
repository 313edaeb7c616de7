package redistest

import (
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"kubejobs/shared/testkit/proctest"
)

// masterName is the name of the master that the sentinels watch.
const masterName = "main"

// Sentinels is a master with two replicas, and three sentinels that watch them.
type Sentinels struct {
	Master   *Server
	Replicas []*Server

	sentinels []*proctest.Process
}

// StartSentinels starts the six processes and waits until they know each other. args
// are those of the master and the replicas.
func StartSentinels(tb testing.TB, args ...string) *Sentinels {
	tb.Helper()
	s := &Sentinels{Master: Start(tb, args...)}
	for range 2 {
		s.Replicas = append(s.Replicas, Start(tb, append(args, "--replicaof", fmt.Sprintf("127.0.0.1 %d", s.Master.Port()))...))
	}
	master := s.Master.Client()
	proctest.Until(tb, "two replicas are online", func() bool {
		return strings.Count(master.Info(tb.Context(), "replication").Val(), "state=online") == 2
	})
	for range 3 {
		s.sentinels = append(s.sentinels, startSentinel(tb, s.Master.Port()))
	}
	for _, process := range s.sentinels {
		client := redis.NewSentinelClient(&redis.Options{Addr: process.Addr()})
		proctest.Until(tb, "a sentinel knows the others", func() bool {
			known, err := client.Master(tb.Context(), masterName).Result()
			return err == nil && known["num-slaves"] == "2" && known["num-other-sentinels"] == "2"
		})
		_ = client.Close()
	}
	return s
}

// URL returns the URL of the master by its sentinels.
func (s *Sentinels) URL() string {
	query := url.Values{"master_name": {masterName}}
	for _, other := range s.sentinels[1:] {
		query.Add("addr", other.Addr())
	}
	return "redis://" + s.sentinels[0].Addr() + "/0?" + query.Encode()
}

// startSentinel starts a sentinel that watches the master on a port.
func startSentinel(tb testing.TB, master int) *proctest.Process {
	tb.Helper()
	dir := tb.TempDir()
	file := filepath.Join(dir, "sentinel.conf")
	return proctest.Start(tb, proctest.Program{
		Command: func(addr string) *exec.Cmd {
			host, port, _ := strings.Cut(addr, ":")
			lines := fmt.Sprintf("port %s\nbind %s\ndir %s\nsentinel monitor %s 127.0.0.1 %d 2\n"+
				"sentinel down-after-milliseconds %[4]s 1000\nsentinel failover-timeout %[4]s 5000\n", port, host, dir, masterName, master)
			if err := os.WriteFile(file, []byte(lines), 0o600); err != nil {
				tb.Error(err)
			}
			return exec.Command("redis-server", file, "--sentinel")
		},
		Answers: answers,
	})
}
