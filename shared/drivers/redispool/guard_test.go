package redispool_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/drivers/redispool"
)

// script is a connection to a peer that refuses HELLO, and sends a text once the client
// asks something else: in chunks of a size, then the end.
type script struct {
	net.Conn // nil: not used

	text   string
	chunk  int
	unread string
	asked  int
	closed bool
}

func (s *script) Read(b []byte) (int, error) {
	if s.unread == "" || s.closed {
		return 0, io.EOF
	}
	n := copy(b[:min(len(b), s.chunk)], s.unread)
	s.unread = s.unread[n:]
	return n, nil
}

func (s *script) Write(b []byte) (int, error) {
	s.asked++
	s.unread = s.text
	if s.asked == 1 {
		s.unread = "-ERR unknown command\r\n"
	}
	return len(b), nil
}

func (s *script) Close() error                     { s.closed = true; return nil }
func (s *script) RemoteAddr() net.Addr             { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }
func (s *script) LocalAddr() net.Addr              { return s.RemoteAddr() }
func (s *script) SetDeadline(time.Time) error      { return nil }
func (s *script) SetReadDeadline(time.Time) error  { return nil }
func (s *script) SetWriteDeadline(time.Time) error { return nil }

func dialling(text string, chunk int) redispool.Dial {
	return func(context.Context, string, string) (net.Conn, error) { return &script{text: text, chunk: chunk}, nil }
}

// guardedReply returns what the pool's client makes of an answer.
func guardedReply(t *testing.T, text string, chunk int) (reply any, err error) {
	t.Helper()
	p := redispool.New(redispool.Options{Dial: dialling(text, chunk), Timeout: 10 * time.Second})
	defer p.Close()
	err = p.Do(t.Context(), redispool.Server{Address: "a:1"}, func(c *redis.Client) error {
		reply, err = c.Do(t.Context(), "ANY").Result()
		return err
	})
	return reply, err
}

func TestGuard(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ text, phrase string }{
		"a large text":  {"$1099511627776\r\n", "its answer is too large"},
		"an array":      {"*2000000000\r\n", "its answer is too large"},
		"no reply":      {"*x\r\n", "its answer is no reply of Redis"},
		"a second one":  {"+OK\n", "its answer is no reply of Redis"},
		"a long line":   {"-ERR " + strings.Repeat("x", 20<<10), "its answer is too large"},
		"a wrong text":  {"$1\r\nab\r\n", "its answer is no reply of Redis"},
		"a null length": {"$\r\n", "its answer is no reply of Redis"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, chunk := range []int{1, 5, 1 << 20} {
				_, err := guardedReply(t, tt.text, chunk)
				wantExplained(t, redispool.Explain("read the queue", "a:1", err), failure.KindRefused, "a:1", tt.phrase)
			}
		})
	}
}

// maxAllocated bounds what a client allocates for one answer, its connections and
// buffers included.
const maxAllocated = 512 << 10

// Whatever a peer sends, the client neither panics nor allocates much for it.
func FuzzGuard(f *testing.F) {
	for _, text := range []string{
		"+OK\r\n", "$1099511627776\r\n", "*2000000000\r\n", "*99\r\n*99\r\n*99\r\n", "%1\r\n*1\r\n:1\r\n:1\r\n", "|1\r\n+a\r\n:1\r\n:2\r\n",
		"|0\r\n|0\r\n|0\r\n", ">2\r\n+a\r\n:1\r\n:1\r\n", "=4\r\ntxt:\r\n", "!5\r\nERR a\r\n", "(12345678901234567890\r\n", "$-1\r\n", "#t\r\n", ",nan\r\n",
		"%99\r\n" + strings.Repeat("%0\r\n", 99), "-MOVED 1 :1\r\n",
	} {
		f.Add(text, uint16(0))
		f.Add(text, uint16(3))
	}
	f.Fuzz(func(t *testing.T, text string, chunk uint16) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := guardedReply(t, text, int(chunk)+1)
		runtime.ReadMemStats(&after)
		if allocated := after.TotalAlloc - before.TotalAlloc; allocated > maxAllocated {
			t.Errorf("%d bytes were allocated, want at most %d (%v)", allocated, maxAllocated, err)
		}
	})
}

// composer makes a reply of Redis from bytes.
type composer struct{ choices []byte }

func (c *composer) choose(below int) int {
	if len(c.choices) == 0 {
		return 0
	}
	choice := int(c.choices[0]) % below
	c.choices = c.choices[1:]
	return choice
}

func (c *composer) reply(depth int) string {
	kinds := 9
	if depth == 0 {
		kinds = 6 // no aggregate
	}
	switch c.choose(kinds) {
	case 0:
		return fmt.Sprintf(":%d\r\n", c.choose(256)-128)
	case 1:
		return "+" + strings.Repeat("s", c.choose(100)) + "\r\n"
	case 2:
		return "-ERR " + strings.Repeat("e", c.choose(256)) + "\r\n"
	case 3:
		return []string{"$-1\r\n", "*-1\r\n", "_\r\n"}[c.choose(3)]
	case 4:
		text := strings.Repeat("\r\n$5", c.choose(256))
		return fmt.Sprintf("%c%d\r\n%s\r\n", "$!"[c.choose(2)], len(text), text)
	case 5:
		return []string{"#t\r\n", ",-1.5\r\n", "(123456789012345678901234567890\r\n", "=8\r\ntxt:text\r\n"}[c.choose(4)]
	case 6:
		return c.elements("*~>"[c.choose(3):][:1], depth)
	case 7:
		return c.elements("*", depth)
	default:
		text := "%1\r\n"
		return text + fmt.Sprintf("$1\r\n%d\r\n", c.choose(10)) + c.reply(depth-1)
	}
}

func (c *composer) elements(kind string, depth int) string {
	count := c.choose(6)
	replies := []string{fmt.Sprintf("%s%d\r\n", kind, count)}
	for range count {
		replies = append(replies, c.reply(depth-1))
	}
	return strings.Join(replies, "")
}

// What a Redis may reply, the client reads as it does without a guard.
func FuzzHonestReplies(f *testing.F) {
	f.Add([]byte{0}, uint16(0))
	f.Add([]byte{7, 3, 4, 200, 0, 0, 5, 2, 8, 1, 6, 2, 0, 1, 2, 3}, uint16(1))
	f.Add([]byte{8, 8, 8, 7, 5, 0, 1, 2, 3, 4, 5, 6}, uint16(100))
	f.Fuzz(func(t *testing.T, choices []byte, chunk uint16) {
		c := composer{choices: choices}
		text := c.reply(3)
		if len(text) > 8<<10 {
			return // no reply that is expected
		}
		got, gotErr := guardedReply(t, text, int(chunk)+1)
		plain := redis.NewClient(&redis.Options{
			Protocol: 2, DisableIdentity: true, MaxRetries: -1,
			Dialer: dialling(text, int(chunk)+1),
		})
		defer plain.Close()
		want, wantErr := plain.Do(t.Context(), "ANY").Result()
		if fmt.Sprint(gotErr) != fmt.Sprint(wantErr) && !errors.Is(gotErr, wantErr) {
			t.Errorf("%q: error %v, without a guard %v", text, gotErr, wantErr)
		}
		if diff := cmp.Diff(fmt.Sprint(want), fmt.Sprint(got)); diff != "" {
			t.Errorf("%q (-without +with a guard):\n%s", text, diff)
		}
	})
}
