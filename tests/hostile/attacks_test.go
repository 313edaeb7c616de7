package hostile_test

import (
	"strings"
	"time"

	"kubejobs/shared/testkit/redistest"
)

// secret is in attacks that make the client say what it read. No answer may show it.
const secret = "hunter2"

// attacks are answers that no Redis gives, and some that one could give.
func attacks() map[string]redistest.Attack {
	table := map[string]redistest.Attack{}
	for name, text := range map[string]string{
		// Lengths that the client would allocate.
		"a text of 1 TiB":                "$1099511627776\r\n",
		"a text of 2 GB":                 "$2000000000\r\n",
		"a text of 10 kB":                "$10000\r\n",
		"a text of 2^63-1 bytes":         "$9223372036854775807\r\n",
		"a text of 2^63 bytes":           "$9223372036854775808\r\n",
		"a text whose length overflows":  "$" + strings.Repeat("9", 400) + "\r\n",
		"a text of -2 bytes":             "$-2\r\n",
		"a text of -2^63 bytes":          "$-9223372036854775808\r\n",
		"a text of no length":            "$\r\n",
		"a length with a sign":           "$+5\r\nhello\r\n",
		"a length with zeros":            "$00000000000000000005\r\nhello\r\n",
		"a length that is a word":        "$" + secret + "\r\n",
		"a streamed text":                "$?\r\n;4\r\nhell\r\n;0\r\n",
		"an array of 2,000,000,000":      "*2000000000\r\n",
		"an array of 2^63-1":             "*9223372036854775807\r\n",
		"an array of -2":                 "*-2\r\n",
		"an array of 100":                "*100\r\n",
		"a null array":                   "*-1\r\n",
		"a map of 2,000,000,000":         "%2000000000\r\n",
		"a map of half of 2^64":          "%4611686018427387904\r\n",
		"a map of null":                  "%-1\r\n",
		"a map with an array as key":     "%1\r\n*1\r\n:1\r\n:1\r\n",
		"a set of 2,000,000,000":         "~2000000000\r\n",
		"a push of 2,000,000,000":        ">2000000000\r\n",
		"an attribute of 2,000,000,000":  "|2000000000\r\n",
		"a long error of 1 TiB":          "!1099511627776\r\n",
		"a verbatim text of 1 TiB":       "=1099511627776\r\ntxt:",
		"a verbatim text without a kind": "=2\r\nab\r\n",
		"many arrays of 99":              strings.Repeat("*99\r\n", 3000),
		"many maps of 99 side by side":   "*99\r\n" + strings.Repeat("%99\r\n"+strings.Repeat("_\r\n", 198), 20),
		// Lies about types, and protocols.
		"a text for a number":               "$7\r\n" + secret + "\r\n",
		"a status for a number":             "+" + secret + "\r\n",
		"a number that is none":             ":" + secret + "\r\n",
		"a number beyond 64 bits":           ":9223372036854775808\r\n",
		"2^63-1":                            ":9223372036854775807\r\n",
		"-1":                                ":-1\r\n",
		"-2^63":                             ":-9223372036854775808\r\n",
		"a number with a fraction":          ",1.5\r\n",
		"not a number":                      ",nan\r\n",
		"true":                              "#t\r\n",
		"neither true nor false":            "#" + secret + "\r\n",
		"null":                              "_\r\n",
		"a null text":                       "$-1\r\n",
		"an array of three texts":           "*3\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n",
		"an array of three lengths below 0": "*3\r\n:-1\r\n:-1\r\n:-1\r\n",
		"an array of three of 2^63-1":       "*3\r\n" + strings.Repeat(":9223372036854775807\r\n", 3),
		"an array that is too short":        "*3\r\n:1\r\n",
		"a big number of 10,000 digits":     "(" + strings.Repeat("9", 10000) + "\r\n",
		"an error of the server":            "-ERR " + secret + "\r\n",
		"an error with escape sequences":    "-ERR \x1b]0;" + secret + "\x07\x1b[31m\u202e\r\n",
		"an error of 3 kB":                  "-ERR " + strings.Repeat(secret, 400) + "\r\n",
		"another server":                    "-MOVED 1 127.0.0.1:1\r\n",
		"loading":                           "-LOADING " + secret + "\r\n",
		"a web page":                        "HTTP/1.1 200 OK\r\n\r\n" + secret,
		"SSH":                               "SSH-2.0-" + secret + "\r\n",
		"an alert of TLS":                   "\x15\x03\x01\x00\x02\x02\x46",
		"a line feed without a return":      "+OK\n",
		"zeros":                             strings.Repeat("\x00", 100),
		"nothing":                           "",
		"half a line":                       "+O",
	} {
		table[name] = redistest.Attack{Text: text}
	}
	for name, text := range map[string]string{
		"an endless status":         "+" + strings.Repeat("x", 1000),
		"an endless error":          "-ERR " + strings.Repeat("x", 1000),
		"an endless big number":     "(" + strings.Repeat("9", 1000),
		"an endless number":         ":" + strings.Repeat("1", 1000),
		"arrays without end":        "*1\r\n",
		"maps without end":          "%1\r\n+a\r\n",
		"attributes without end":    "|0\r\n",
		"attributes in attributes":  "|1\r\n",
		"pushes without end":        ">1\r\n+x\r\n",
		"texts without end":         "$9999\r\n" + strings.Repeat("x", 9999) + "\r\n",
		"endless replies":           "+OK\r\n",
		"endless errors":            "-ERR " + secret + "\r\n",
		"endless queued commands":   "+QUEUED\r\n",
		"endless returns":           "\r\n",
		"endless results of arrays": "*3\r\n:1\r\n:1\r\n:1\r\n",
	} {
		table[name] = redistest.Attack{Text: text, Endless: true}
	}
	for name, text := range map[string]string{
		"a slow status":         "+OK\r\n",
		"a slow endless line":   "+xxxxxxxxxxxxxxx",
		"a slow long length":    "$1099511627776\r\n",
		"a slow array of nulls": "*99\r\n_\r\n",
	} {
		table[name] = redistest.Attack{Text: text, Endless: true, Drip: 100 * time.Millisecond}
	}
	return table
}
