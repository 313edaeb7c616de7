package redispool_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"syscall"
	"testing"
	"unicode/utf8"

	"github.com/alicebob/miniredis/v2/server"
	"github.com/redis/go-redis/v9"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/drivers/redispool"
)

// explained calls a Redis and returns the explained error.
func explained(t *testing.T, address string, use func(context.Context, *redis.Client) error) error {
	t.Helper()
	p := newPool(t, redispool.Options{Dial: (&net.Dialer{}).DialContext})
	return redispool.Explain("read the queue", address, p.Do(t.Context(), redispool.Server{Address: address}, func(c *redis.Client) error { return use(t.Context(), c) }))
}

func ping(ctx context.Context, c *redis.Client) error { return c.Ping(ctx).Err() }

// wantExplained checks the kind of an error and its public text, which is a phrase.
func wantExplained(t *testing.T, err error, kind failure.Kind, address, phrase string) {
	t.Helper()
	typed, ok := errors.AsType[*failure.Error](err)
	if !ok || typed.Kind != kind {
		t.Fatalf("error = %v of kind %q, want kind %q", err, failure.KindOf(err), kind)
	}
	if want := "cannot read the queue at " + address + ": " + phrase; typed.Public() != want {
		t.Errorf("public text = %q, want %q", typed.Public(), want)
	}
}

// Replies of Redis servers of several versions, and of proxies.
func TestReplies(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		kind   failure.Kind
		phrase string
	}{
		"WRONGTYPE Operation against a key holding the wrong kind of value":                                                 {failure.KindRefused, "wrong type of key"},
		"WRONGTYPE Operation against a key holding the wrong kind of value script: 0c2f, on @user_script:15.":               {failure.KindRefused, "wrong type of key"},
		"ERR Error running script (call to f_0c2f): @user_script:15: WRONGTYPE Operation against a key":                     {failure.KindRefused, "wrong type of key"},
		"ERR Error running script (call to f_0c2f): @user_script:1: -READONLY You can't write against a read only replica.": {failure.KindRefused, "read-only replica"},
		"ERR Error running script (call to f_0c2f): @user_script:1: @user_script: 1: Unknown Redis command called from Lua": {failure.KindRefused, "unknown command"},
		"ERR The user executing the script can't run this command or subcommand":                                            {failure.KindRefused, "no permission"},
		"NOPERM this user has no permissions to run the 'llen' command":                                                     {failure.KindRefused, "no permission"},
		"NOPERM User default has no permissions to access one of the keys used as arguments":                                {failure.KindRefused, "no permission"},
		"NOAUTH Authentication required.":                                                                  {failure.KindRefused, "a password is required"},
		"ERR Protocol error: unauthenticated multibulk length":                                             {failure.KindRefused, "a password is required"},
		"ERR operation not permitted":                                                                      {failure.KindRefused, "a password is required"},
		"WRONGPASS invalid username-password pair or user is disabled.":                                    {failure.KindRefused, "wrong password"},
		"ERR invalid password":                                                                             {failure.KindRefused, "wrong password"},
		"READONLY You can't write against a read only replica.":                                            {failure.KindRefused, "read-only replica"},
		"OOM command not allowed when used memory > 'maxmemory'.":                                          {failure.KindRefused, "out of memory"},
		"MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.": {failure.KindRefused, "writes are disabled because it cannot save to disk"},
		"MOVED 1234 10.1.2.3:6379":                                                                         {failure.KindRefused, "another node of the Redis Cluster holds the key"},
		"CROSSSLOT Keys in request don't hash to the same slot":                                            {failure.KindRefused, "the keys are in several slots of a Redis Cluster"},
		"ERR unknown command 'LLEN', with args beginning with: 'job'":                                      {failure.KindRefused, "unknown command"},
		"ERR syntax error": {failure.KindRefused, "the command is refused"},
		"EXECABORT Transaction discarded because of previous errors.":                            {failure.KindRefused, "the transaction is refused"},
		"EXECABORT Transaction discarded because of: NOPERM this user has no permissions":        {failure.KindRefused, "no permission"},
		"EXECABORT Transaction discarded because of: LOADING Redis is loading":                   {failure.KindUnavailable, "loading its data"},
		"LOADING Redis is loading the dataset in memory":                                         {failure.KindUnavailable, "loading its data"},
		"BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.": {failure.KindUnavailable, "busy with a script"},
		"TRYAGAIN Multiple keys request during rehashing of slot":                                {failure.KindUnavailable, "the keys are moving to another node of the Redis Cluster"},
		"CLUSTERDOWN The cluster is down":                                                        {failure.KindUnavailable, "the Redis Cluster is down"},
		"CLUSTERDOWN Hash slot not served":                                                       {failure.KindUnavailable, "the Redis Cluster is down"},
		"MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.":       {failure.KindUnavailable, "its master is unreachable"},
		"NOREPLICAS Not enough good replicas to write.":                                          {failure.KindUnavailable, "not enough replicas"},
		"NOSCRIPT No matching script. Please use EVAL.":                                          {failure.KindUnavailable, "the script is not loaded"},
		"ERR max number of clients reached":                                                      {failure.KindUnavailable, "too many clients"},
	}
	for reply, tt := range tests {
		t.Run(reply, func(t *testing.T) {
			t.Parallel()
			s, err := server.NewServer("127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if err := s.Register("PING", func(peer *server.Peer, _ string, _ []string) { peer.WriteError(reply) }); err != nil {
				t.Fatal(err)
			}
			address := s.Addr().String()
			err = explained(t, address, ping)
			wantExplained(t, err, tt.kind, address, tt.phrase)
			if strings.Contains(err.Error(), reply) || !strings.HasSuffix(failure.Detail(err), reply) {
				t.Errorf("error = %q, detail %q, want the reply only in the detail", err, failure.Detail(err))
			}
		})
	}
}

// peer answers each connection with text, at once or after a request, and closes it.
func peer(t *testing.T, first bool, text string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer connection.Close()
				if !first {
					_, _ = connection.Read(make([]byte, 512)) // the client may be gone
				}
				_, _ = io.WriteString(connection, text)
			}()
		}
	}()
	return listener.Addr().String()
}

func TestPeersThatAreNoRedis(t *testing.T) {
	t.Parallel()
	const refused, unavailable, noRedis = failure.KindRefused, failure.KindUnavailable, "not a Redis server"
	tests := map[string]struct {
		first  bool // it speaks before it is asked
		text   string
		kind   failure.Kind
		phrase string
	}{
		"a web server":           {false, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", refused, noRedis},
		"a web page":             {false, "<html>", refused, noRedis},
		"SSH":                    {true, "SSH-2.0-OpenSSH_9.2\r\n", refused, noRedis},
		"mail":                   {true, "220 mail.example ESMTP\r\n", refused, noRedis},
		"MySQL":                  {true, "J\x00\x00\x00\n8.0.36\x00", refused, noRedis},
		"memcached":              {false, "ERROR\r\n", refused, noRedis},
		"an alert of TLS":        {false, "\x15\x03\x01\x00\x02\x02\x46", refused, "TLS is required: it needs a Secret with ca.crt or tls"},
		"another type of answer": {false, "+OK\r\n+OK\r\n:1\r\n", refused, "its answer is no reply of Redis"},
		"protected mode":         {true, "-DENIED Redis is running in protected mode\r\n", refused, "protected mode: only local clients are allowed"},
		"too many clients":       {true, "-ERR max number of clients reached\r\n", unavailable, "too many clients"},
		"nothing":                {false, "", unavailable, "connection closed"},
		"half a reply":           {false, "-ERR", unavailable, "connection closed"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := peer(t, tt.first, tt.text)
			wantExplained(t, explained(t, address, func(ctx context.Context, c *redis.Client) error {
				return c.LLen(ctx, "job").Err()
			}), tt.kind, address, tt.phrase)
		})
	}
}

// A server with TLS closes the connection of a client without, mostly without a word.
func TestServerWithTLS(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	address := server.Listener.Addr().String()
	wantExplained(t, explained(t, address, ping), failure.KindRefused, address, "TLS is required: it needs a Secret with ca.crt or tls")
}

func TestErrorsOfTheNetwork(t *testing.T) {
	t.Parallel()
	dialError := func(err error) error { return &net.OpError{Op: "dial", Net: "tcp", Err: err} }
	tests := map[string]struct {
		err    error
		kind   failure.Kind
		phrase string
	}{
		"no such host":          {dialError(&net.DNSError{Err: "no such host", Name: "redis-a", IsNotFound: true}), failure.KindRefused, "no such host"},
		"a resolver that fails": {dialError(&net.DNSError{Err: "server misbehaving", IsTemporary: true}), failure.KindUnavailable, "the name cannot be resolved just now"},
		"a resolver that hangs": {dialError(&net.DNSError{Err: "i/o timeout", IsTimeout: true}), failure.KindUnavailable, "timed out"},
		"refused":               {dialError(os.NewSyscallError("connect", syscall.ECONNREFUSED)), failure.KindUnavailable, "connection refused"},
		"reset":                 {dialError(os.NewSyscallError("read", syscall.ECONNRESET)), failure.KindUnavailable, "connection closed"},
		"no route":              {dialError(os.NewSyscallError("connect", syscall.EHOSTUNREACH)), failure.KindUnavailable, "no route to the host"},
		"forbidden by the host": {dialError(os.NewSyscallError("connect", syscall.EPERM)), failure.KindUnavailable, "no connection"},
		"closed":                {io.EOF, failure.KindUnavailable, "connection closed"},
		"a deadline":            {fmt.Errorf("read: %w", os.ErrDeadlineExceeded), failure.KindUnavailable, "timed out"},
		"a deadline of a call":  {context.DeadlineExceeded, failure.KindUnavailable, "timed out"},
		"a caller that left":    {context.Canceled, failure.KindUnavailable, "cancelled"},
		"a full pool":           {redis.ErrPoolTimeout, failure.KindUnavailable, "timed out"},
		"a closed pool":         {redis.ErrClosed, failure.KindUnavailable, "no connection"},
		"an unknown error":      {errors.New("redis: can't parse"), failure.KindRefused, "its answer is no reply of Redis"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := redispool.Explain("read the queue", "a:1", tt.err)
			wantExplained(t, err, tt.kind, "a:1", tt.phrase)
			if !errors.Is(err, tt.err) {
				t.Errorf("error = %v, want one around %v", err, tt.err)
			}
		})
	}
}

func TestExplainKeepsAnErrorWithAKind(t *testing.T) {
	t.Parallel()
	known := failure.InvalidField("plugin_info.redis_ip", "is not allowed")
	if got := redispool.Explain("read the queue", "a:1", fmt.Errorf("dial: %w", known)); !errors.Is(got, known) || failure.KindOf(got) != failure.KindInvalid {
		t.Errorf("Explain = %v, want %v", got, known)
	}
	if got := redispool.Explain("read the queue", "a:1", nil); got != nil {
		t.Errorf("Explain(nil) = %v, want nil", got)
	}
}

// What a peer wrote is in no text of the error, and bounded in its detail.
func TestExplainHidesThePeersWords(t *testing.T) {
	t.Parallel()
	err := redispool.Explain("read the queue", "a:1", errors.New("secret "+strings.Repeat("x", 1<<20)))
	if got := err.Error(); strings.Contains(got, "secret") {
		t.Errorf("error = %q, want none of the peer's words", got)
	}
	if got := failure.Detail(err); !strings.Contains(got, "secret") || utf8.RuneCountInString(got) != failure.MaxText {
		t.Errorf("detail = %q, want the peer's words, at most %d characters", got, failure.MaxText)
	}
}

// What a peer wrote is in the log only at debug.
func TestPoolLogsThePeersWords(t *testing.T) {
	t.Parallel()
	for level, want := range map[slog.Level]bool{slog.LevelDebug: true, slog.LevelInfo: false} {
		var lines bytes.Buffer
		p := redispool.New(redispool.Options{
			Dial: dialling("-ERR secret\x1b[31m\r\n", 100),
			Log:  slog.New(slog.NewTextHandler(&lines, &slog.HandlerOptions{Level: level})),
		})
		err := p.Do(t.Context(), redispool.Server{Address: "a:1"}, func(c *redis.Client) error { return c.LLen(t.Context(), "job").Err() })
		p.Close()
		if got := strings.Contains(lines.String(), "secret [31m"); err == nil || got != want {
			t.Errorf("at %v: %v, logged %q, want the peer's words: %t", level, err, lines.String(), want)
		}
	}
}

// The client that Forget closes is replaced at the next use.
func TestForget(t *testing.T) {
	t.Parallel()
	p := newPool(t, redispool.Options{})
	before := client(t, p, "a:1")
	p.Forget(redispool.Server{Address: "a:1"})
	p.Forget(redispool.Server{Address: "b:1"}) // unknown
	if after := client(t, p, "a:1"); after == before || !closed(t, before) {
		t.Error("the client is still used, want another one")
	}
}
