package embedredis_test

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// exchange sends bytes on a connection of their own, and reads until the server closes
// it or answers.
func exchange(t *testing.T, address, request string) string {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write([]byte(request)); err != nil {
		t.Fatal(err)
	}
	reply := make([]byte, 100)
	n, _ := conn.Read(reply) // closed: no bytes
	return string(reply[:n])
}

// A client that sends what is no request, or declares more than it may, loses its
// connection. The others go on.
func TestNoRequestEndsTheProcess(t *testing.T) {
	t.Parallel()
	s := start(t, 0)
	t.Cleanup(s.Close)
	client := dial(t, s)
	tests := map[string]string{
		"no element":                   "*0\r\n",
		"an absent array":              "*-1\r\n",
		"negative":                     "*-99999999999\r\n",
		"too many elements":            "*2000000000\r\n$1\r\na\r\n",
		"elements that overflow":       "*9223372036854775807\r\n",
		"a number without digits":      "*\r\n",
		"a number with a sign":         "*+1\r\n$4\r\nPING\r\n",
		"a number with many zeros":     "*0000000000000001\r\n$4\r\nPING\r\n",
		"a huge text":                  "*1\r\n$999999999999\r\n",
		"a text that overflows":        "*1\r\n$9223372036854775807\r\n",
		"a text just over the limit":   "*1\r\n$16777217\r\n",
		"an absent text":               "*1\r\n$-1\r\n",
		"a text without its end":       "*1\r\n$4\r\nPINGxx",
		"a status as an element":       "*1\r\n+PING\r\n",
		"an array in an array":         "*1\r\n*1\r\n$4\r\nPING\r\n",
		"an empty line":                "\r\n",
		"an inline command":            "PING\r\n",
		"a request of HTTP":            "POST / HTTP/1.1\r\nHost: x\r\n\r\n",
		"a map":                        "%1\r\n+a\r\n+b\r\n",
		"a line feed alone":            "*1\n$4\nPING\n",
		"a bad request after a good 1": "*1\r\n$4\r\nPING\r\n*0\r\n",
	}
	for name, request := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := exchange(t, s.Addr(), request); got != "" && !strings.HasPrefix(got, "+PONG") {
				t.Errorf("%q is answered with %q", request, got)
			}
			if err := client.Ping(t.Context()).Err(); err != nil {
				t.Errorf("another client: %v", err)
			}
		})
	}
}

// Requests are taken whole and in pieces, with empty and with large texts.
func TestRequestsInPieces(t *testing.T) {
	t.Parallel()
	s := start(t, 0)
	t.Cleanup(s.Close)
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []byte("*2\r\n$4\r\nECHO\r\n$0\r\n\r\n*2\r\n$4\r\nECHO\r\n$4\r\n\r\n*0\r\n") {
		if _, err := conn.Write([]byte{c}); err != nil {
			t.Fatal(err)
		}
	}
	const want = "$0\r\n\r\n$4\r\n\r\n*0\r\n"
	got := ""
	for reply := make([]byte, 100); len(got) < len(want); {
		n, err := conn.Read(reply)
		if err != nil {
			t.Fatalf("%v after %q", err, got)
		}
		got += string(reply[:n])
	}
	if got != want {
		t.Errorf("the replies are %q, want %q", got, want)
	}
	large := strings.Repeat("x", 1<<20)
	client := dial(t, s)
	if err := client.RPush(t.Context(), "list", large, large).Err(); err != nil {
		t.Fatal(err)
	}
	if got, err := client.LRange(t.Context(), "list", 0, -1).Result(); err != nil || len(got) != 2 || got[1] != large {
		t.Errorf("large texts are not returned as they were: %v", err)
	}
}

// A command on which miniredis panics is answered with an error, and nobody waits for a
// lock that it left.
func TestCommandThatPanics(t *testing.T) {
	t.Parallel()
	s := start(t, 0)
	t.Cleanup(s.Close)
	client, another := dial(t, s), dial(t, s)
	if err := client.SAdd(t.Context(), "set", "a").Err(); err != nil {
		t.Fatal(err)
	}
	const most, least = "9223372036854775807", "-9223372036854775808"
	tests := map[string][]any{
		"beside the lock":   {"SINTER"},
		"a huge offset":     {"SETRANGE", "text", most, "x"},
		"a huge bit":        {"SETBIT", "text", most, "1"},
		"a cursor before 0": {"SSCAN", "set", least},
		"a count below all": {"HRANDFIELD", "hash", least},
		"in a script":       {"EVAL", "return redis.call('SETRANGE', 'text', '" + most + "', 'x')", "0"},
	}
	for name, command := range tests {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			if got, err := client.Do(ctx, command...).Result(); err == nil {
				t.Errorf("%v = %v, want an error", command, got)
			}
			_, err := client.TxPipelined(ctx, func(p redis.Pipeliner) error { return p.Do(ctx, command...).Err() })
			if err == nil {
				t.Errorf("%v in a transaction: want an error", command)
			}
			if err := another.RPush(ctx, "list", "x").Err(); err != nil {
				t.Errorf("another client: %v", err)
			}
		})
	}
}
