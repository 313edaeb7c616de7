package hostile_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"kubejobs/shared/core/job"
	"kubejobs/shared/testkit/redistest"
)

// answers are HTTP answers of servers that attack.
func answers() map[string]redistest.Attack {
	const ok = "HTTP/1.1 200 OK\r\n"
	table := map[string]redistest.Attack{
		"an endless body":          {Text: strings.Repeat(secret, 1000), Endless: true},
		"informational answers":    {Text: "HTTP/1.1 103 Early Hints\r\nX-A: " + strings.Repeat("a", 100) + "\r\n\r\n", Endless: true},
		"continue without end":     {Text: "HTTP/1.1 100 Continue\r\n\r\n", Endless: true},
		"a slow status line":       {Text: "HTTP/1.1 204 No Content", Endless: true, Drip: 100 * time.Millisecond},
		"answers without end":      {Text: "HTTP/1.1 204 No Content\r\n\r\n", Endless: true},
		"an answer and a surprise": {Text: "HTTP/1.1 204 No Content\r\n\r\n" + secret},
	}
	for name, text := range map[string]string{
		"nothing":                    "",
		"no HTTP":                    "SSH-2.0-" + secret + "\r\n",
		"a wrong status":             "HTTP/1.1 " + secret + "\r\n\r\n",
		"a wrong header":             ok + secret + "\r\n\r\n",
		"a header of 10 MB":          ok + "X-A: " + strings.Repeat("a", 10<<20) + "\r\n\r\n",
		"100,000 headers":            ok + strings.Repeat("X-A: a\r\n", 100000) + "\r\n",
		"a length of 2^63-1":         ok + "Content-Length: 9223372036854775807\r\n\r\n" + strings.Repeat("x", 1<<20),
		"a negative length":          ok + "Content-Length: -1\r\n\r\n",
		"a length that is a word":    ok + "Content-Length: " + secret + "\r\n\r\n",
		"a chunk of 2^63-1":          ok + "Transfer-Encoding: chunked\r\n\r\n7fffffffffffffff\r\n" + strings.Repeat("x", 1<<20),
		"a chunk of no size":         ok + "Transfer-Encoding: chunked\r\n\r\n" + secret + "\r\n",
		"a gzip bomb":                ok + "Content-Encoding: gzip\r\n\r\n" + bomb(),
		"a refusal of 8 MB":          "HTTP/1.1 400 Bad Request\r\n\r\n{\"error\":\"" + strings.Repeat(secret, 1<<20) + "\"}",
		"a refusal with a banner":    "HTTP/1.1 400 Bad Request\r\n\r\n{\"error\":\"" + secret + " \\u001b[31m\"}",
		"a refusal, nested":          "HTTP/1.1 400 Bad Request\r\n\r\n" + strings.Repeat("[", 16000),
		"a redirect to itself":       "HTTP/1.1 307 Temporary Redirect\r\nLocation: /" + secret + "\r\nContent-Length: 0\r\n\r\n",
		"a redirect to the metadata": "HTTP/1.1 307 Temporary Redirect\r\nLocation: http://169.254.169.254/" + secret + "\r\nContent-Length: 0\r\n\r\n",
		"another protocol":           "HTTP/1.1 101 Switching Protocols\r\nUpgrade: " + secret + "\r\nConnection: Upgrade\r\n\r\n",
	} {
		table[name] = redistest.Attack{Text: text}
	}
	for name, head := range map[string]string{
		"an endless answer":          ok + "\r\n",
		"an endless header":          ok + "X-A: ",
		"an endless refusal":         "HTTP/1.1 500 " + secret + "\r\n\r\n",
		"an endless number of bytes": ok + "Transfer-Encoding: chunked\r\n\r\n",
	} {
		table[name] = redistest.Attack{Text: head + strings.Repeat("1\r\nx\r\n", 1000), Endless: true}
	}
	return table
}

// bomb returns 32 MB of zeros, compressed.
func bomb() string {
	var text bytes.Buffer
	w := gzip.NewWriter(&text)
	_, _ = w.Write(make([]byte, 32<<20)) // a buffer takes it
	_ = w.Close()
	return text.String()
}

// peer starts a server that answers whatever it is sent with the next of some attacks.
func peer(t *testing.T, attacks ...redistest.Attack) job.Address {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	var serving sync.WaitGroup
	t.Cleanup(func() {
		_ = listener.Close()
		close(ended)
		serving.Wait()
	})
	serving.Go(func() {
		for i := 0; ; i++ {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer connection.Close()
				stop := time.AfterFunc(20*time.Second, func() { _ = connection.Close() })
				defer stop.Stop()
				_, _ = connection.Read(make([]byte, 8<<10)) // the client may be gone
				attacks[i%len(attacks)].Send(connection, ended)
			})
		}
	})
	return job.Address{Host: "127.0.0.1", Port: listener.Addr().(*net.TCPAddr).Port}
}

// Jobs' InfluxDBs and the sink of the events attack. The program lives and needs little
// memory, what it tells of the attack is a phrase, and every tick is answered and has
// its sample.
func TestHostileServers(t *testing.T) {
	t.Parallel()
	var all []redistest.Attack
	for _, attack := range answers() {
		all = append(all, attack)
	}
	s := serve(t, "EVENTS_SINK=http://"+peer(t, all...).String(), "EVENTS_SAMPLES=true")
	honest := s.startHonest(2)
	queue := redistest.StartHostile(t) // it does not attack
	group, ctx := errgroup.WithContext(t.Context())
	group.SetLimit(12)
	count := 0
	for name, attack := range answers() {
		id := fmt.Sprintf("hostile-%d", count)
		count++
		at := peer(t, attack)
		group.Go(func() error {
			code, text, err := s.start(ctx, id, queue.Address(), fmt.Sprintf(
				`,"number_of_jobs":6,"enable_visualizer":true,"datasource_type":"influxdb","database_data":{"url":%q,"port":%d,"name":"a"}`,
				at.Host, at.Port))
			if err != nil || code != http.StatusAccepted {
				return fmt.Errorf("start: %d %s %w, want 202", code, text, err)
			}
			for range 3 {
				if code, text, err := s.tick(ctx, id); err != nil || code != http.StatusOK {
					t.Errorf("%s: tick: %d %s %v, want 200", name, code, text, err)
				}
			}
			status, text, err := s.status(ctx, id)
			if err == nil {
				err = told(status, name)
			}
			if err != nil || status.Samples != 3 || strings.Contains(text, secret) {
				t.Errorf("%s: %v, %d samples, want 3, in %s", name, err, status.Samples, text)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
	honest.check()
	if peak := s.peak(); peak > maxPeak {
		t.Errorf("the program needed %d MiB, want at most %d", peak>>20, maxPeak>>20)
	} else {
		t.Logf("%d attacks, %d MiB at most", count, peak>>20)
	}
	if strings.Contains(s.Output(), secret) {
		t.Error("the log repeats what a peer said")
	}
}
