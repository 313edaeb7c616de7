package rig

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// answerWithin bounds the wait for an answer.
const answerWithin = 10 * time.Second

// Load is ticks of jobs in turn. It ends after Ticks (0: no bound) or For. Each
// sender has jobs of its own, so that no two ticks of a job are under way at once.
type Load struct {
	Addr       string // host:port of the server
	IDs        []string
	Concurrent int
	Fresh      bool // a connection for each tick, as PingSource's adapter opens
	Ticks      int
	For        time.Duration
	Warming    bool // an answer 200 is enough: a first connection may come too late for a sample
}

// Sent is the result of sending a load.
type Sent struct {
	Elapsed time.Duration
	Took    []time.Duration // for each tick, in no order
}

// Send sends a load. It fails the test if a tick is not answered 200.
func (r *Rig) Send(l Load) Sent {
	r.tb.Helper()
	r.nonce++
	ctx, cancel := context.WithTimeout(r.tb.Context(), l.For+answerWithin)
	defer cancel()
	var workers sync.WaitGroup
	took, errs := make([][]time.Duration, l.Concurrent), make([]error, l.Concurrent)
	started := time.Now()
	for i := range l.Concurrent {
		workers.Go(func() {
			s := sender{load: l, nonce: r.nonce, ids: every(l.IDs, i, l.Concurrent)}
			defer s.close()
			for n := i; errs[i] == nil && time.Since(started) < l.For && (l.Ticks == 0 || n < l.Ticks); n += l.Concurrent {
				began := time.Now()
				errs[i] = s.send(ctx, n)
				took[i] = append(took[i], time.Since(began))
			}
		})
	}
	workers.Wait()
	sent := Sent{Elapsed: time.Since(started)}
	if err := errors.Join(errs...); err != nil {
		r.tb.Fatal(err)
	}
	for _, times := range took {
		sent.Took = append(sent.Took, times...)
	}
	return sent
}

// every returns each step-th of ids, from the first on.
func every(ids []string, first, step int) []string {
	var some []string
	for i := first; i < len(ids); i += step {
		some = append(some, ids[i])
	}
	return some
}

// sender writes requests by hand: it shares the processors with what is measured.
type sender struct {
	load   Load
	nonce  int
	ids    []string // of its jobs
	conn   net.Conn
	reader *bufio.Reader
	text   []byte
}

// send sends the n-th tick, and returns an error if the answer is not 200.
func (s *sender) send(ctx context.Context, n int) error {
	if s.conn == nil {
		var dialer net.Dialer
		conn, err := dialer.DialContext(ctx, "tcp", s.load.Addr)
		if err != nil {
			return err
		}
		s.conn, s.reader = conn, bufio.NewReader(conn)
	}
	if s.load.Fresh {
		defer s.close()
	}
	if err := s.conn.SetDeadline(time.Now().Add(answerWithin)); err != nil {
		return err
	}
	id := s.ids[n/s.load.Concurrent%len(s.ids)]
	s.text = appendTick(s.text[:0], s.load.Addr, id, strconv.Itoa(s.nonce)+"-"+strconv.Itoa(n))
	if _, err := s.conn.Write(s.text); err != nil {
		return err
	}
	response, err := http.ReadResponse(s.reader, nil)
	if err != nil {
		return fmt.Errorf("tick of %s: %w", id, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = errors.New(response.Status + " " + string(body))
	}
	if outcome := response.Header.Get("Kubejobs-Outcome"); err == nil && outcome != "" && outcome != "sampled" && !s.load.Warming {
		err = errors.New("outcome " + outcome)
	}
	if err != nil {
		return fmt.Errorf("tick of %s: %w", id, err)
	}
	return nil
}

func (s *sender) close() {
	if s.conn != nil {
		_ = s.conn.Close() // it has answered
		s.conn = nil
	}
}

// appendTick appends the request of a tick, as PingSource's adapter sends it.
func appendTick(to []byte, host, id, tick string) []byte {
	body := `{"app_id":"` + id + `"}`
	to = append(to, "POST / HTTP/1.1\r\nHost: "+host+"\r\nUser-Agent: Go-http-client/1.1\r\nContent-Length: "+
		strconv.Itoa(len(body))+"\r\nCe-Id: 7c1b2f0e-5d1a-4b8e-9a55-"+tick+
		"\r\nCe-Source: /apis/v1/namespaces/default/pingsources/"+id+
		"\r\nCe-Specversion: 1.0\r\nCe-Time: "...)
	to = time.Now().UTC().AppendFormat(to, time.RFC3339Nano)
	to = append(to, "\r\nCe-Type: dev.knative.sources.ping\r\nContent-Type: application/json"+
		"\r\nKn-Namespace: default\r\nAccept-Encoding: gzip\r\n\r\n"...)
	return append(to, body...)
}
