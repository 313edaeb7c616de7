package redispool

import (
	"errors"
	"strings"
	"testing"
)

// hello is the reply of Redis 8 to HELLO 3, with its modules.
const hello = "%7\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$5\r\n8.2.1\r\n$5\r\nproto\r\n:3\r\n$2\r\nid\r\n:7\r\n" +
	"$4\r\nmode\r\n$10\r\nstandalone\r\n$4\r\nrole\r\n$6\r\nmaster\r\n$7\r\nmodules\r\n*2\r\n" +
	"%4\r\n$4\r\nname\r\n$9\r\nvectorset\r\n$3\r\nver\r\n:1\r\n$4\r\npath\r\n$0\r\n\r\n$4\r\nargs\r\n*0\r\n" +
	"%4\r\n$4\r\nname\r\n$6\r\nsearch\r\n$3\r\nver\r\n:80201\r\n$4\r\npath\r\n$42\r\n/usr/local/lib/redis/modules/redisearch.so\r\n$4\r\nargs\r\n*1\r\n$4\r\nFAST\r\n"

// inChunks scans a text in chunks of a size and returns the first error.
func inChunks(s *scanner, text string, size int) error {
	for text != "" {
		n := min(size, len(text))
		if err := s.scan([]byte(text[:n])); err != nil {
			return err
		}
		text = text[n:]
	}
	return nil
}

func TestScan(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		text string
		want *strangerError // nil: allowed
	}{
		"a transaction":                      {"+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n*3\r\n:200\r\n:0\r\n:9223372036854775807\r\n", nil},
		"HELLO":                              {hello, nil},
		"errors":                             {"-ERR unknown command\r\n-NOSCRIPT No matching script.\r\n!5\r\nERR a\r\n", nil},
		"null, of each kind":                 {"$-1\r\n*-1\r\n_\r\n", nil},
		"empty, of each kind":                {"$0\r\n\r\n*0\r\n%0\r\n~0\r\n>0\r\n|0\r\n!0\r\n\r\n=4\r\ntxt:\r\n+\r\n", nil},
		"other types":                        {"#t\r\n,1.5\r\n(123456789012345678901234567890\r\n=8\r\ntxt:text\r\n~2\r\n:1\r\n:2\r\n", nil},
		"a push before a reply":              {">3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n+OK\r\n", nil},
		"an attribute before a reply":        {"|1\r\n+ttl\r\n:5\r\n:7\r\n", nil},
		"a text with every byte":             {"$6\r\n\r\n$9\r\n\r\n", nil},
		"the largest text":                   {"$9999\r\n" + strings.Repeat("x", 9999) + "\r\n", nil},
		"the largest array":                  {"*99\r\n" + strings.Repeat(":1\r\n", 99), nil},
		"the deepest array":                  {strings.Repeat("*1\r\n", maxDepth) + ":1\r\n", nil},
		"the longest error":                  {"-" + strings.Repeat("x", maxLine-1) + "\r\n", nil},
		"half a reply":                       {"$100\r\nab", nil},
		"a text that is too large":           {"$10000", errTooLarge},
		"an array that is too large":         {"*100", errTooLarge},
		"a map that is too large":            {"%100", errTooLarge},
		"an attribute that is too large":     {"|100", errTooLarge},
		"zeros before a length":              {"$00001", errTooLarge},
		"an array that is too deep":          {strings.Repeat("*1\r\n", maxDepth+1), errTooLarge},
		"too many elements":                  {strings.Repeat("*99\r\n"+strings.Repeat("_\r\n", 99), 6), errTooLarge},
		"a line that is too long":            {"+" + strings.Repeat("x", maxLine+1), errTooLarge},
		"a number that is too long":          {":" + strings.Repeat("1", maxNumber+1), errTooLarge},
		"too much":                           {strings.Repeat("+OK\r\n", maxBytes/5+1), errTooLarge},
		"a negative text":                    {"$-2\r\n", errNoReply},
		"minus twice":                        {"$--1\r\n", errNoReply},
		"minus alone":                        {"$-\r\n", errNoReply},
		"a negative map":                     {"%-1\r\n", errNoReply},
		"a length without digits":            {"*\r\n", errNoReply},
		"a streamed length":                  {"$?\r\n", errNoReply},
		"a length with a plus":               {"$+1\r\n", errNoReply},
		"a length without a return":          {"$1\na", errNoReply},
		"a length without a line feed":       {"$1\ra", errNoReply},
		"a line without a return":            {"+OK\n", errNoReply},
		"a text that is longer than it says": {"$2\r\nabc\r\n", errNoReply},
		"another type":                       {"HTTP/1.1 200 OK\r\n", errNoReply},
		"an empty line":                      {"\r\n", errNoReply},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, size := range []int{1, 2, 3, 7, 4096, 1 << 20} {
				err := inChunks(&scanner{}, tt.text, size)
				if tt.want == nil && err != nil || tt.want != nil && !errors.Is(err, tt.want) {
					t.Errorf("scan in chunks of %d = %v, want %v", size, err, tt.want)
				}
			}
		})
	}
}

// Each request has its own budget, and a reply that is under way goes on.
func TestScanRefills(t *testing.T) {
	t.Parallel()
	s := &scanner{}
	reply := "*2\r\n$9999\r\n" + strings.Repeat("x", 9999) + "\r\n$3\r\nabc\r\n"
	for i := range 20 {
		err := inChunks(s, reply[:100], 10)
		s.refill()
		if err == nil {
			err = inChunks(s, reply[100:], 1000)
		}
		if err != nil {
			t.Fatalf("reply %d: %v", i, err)
		}
	}
}

func TestScanAllocatesNothing(t *testing.T) {
	s := &scanner{}
	reply := []byte(hello)
	if got := testing.AllocsPerRun(100, func() {
		s.refill()
		_ = s.scan(reply)
	}); got != 0 {
		t.Errorf("%v allocations, want 0", got)
	}
}

func BenchmarkScan(b *testing.B) {
	s := &scanner{}
	reply := []byte("+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n*3\r\n:200\r\n:0\r\n:17\r\n")
	for b.Loop() {
		s.refill()
		if err := s.scan(reply); err != nil {
			b.Fatal(err)
		}
	}
}
