package egress_test

import (
	"strings"
	"testing"

	"kubejobs/shared/core/egress"
)

func TestCanonicalHost(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		text string
		want string // "": refused
	}{
		"name":                        {"redis-kj-abc1234.default.svc", "redis-kj-abc1234.default.svc"},
		"capitals":                    {"Redis.SVC", "redis.svc"},
		"absolute name":               {"redis.svc.", "redis.svc"},
		"absolute name of one label":  {"redis.", "redis"},
		"name with an underscore":     {"my_redis", "my_redis"},
		"name with digits":            {"6379.redis.svc1", "6379.redis.svc1"},
		"IPv4":                        {"10.1.2.3", "10.1.2.3"},
		"IPv6":                        {"fd00::1", "fd00::1"},
		"IPv6 in capitals":            {"FD00::1", "fd00::1"},
		"IPv6 that is not shortened":  {"fd00:0:0:0:0:0:0:1", "fd00::1"},
		"IPv6 in brackets":            {"[fd00::1]", "fd00::1"},
		"mapped IPv4":                 {"::ffff:10.1.2.3", "10.1.2.3"},
		"mapped IPv4 in hexadecimal":  {"::FFFF:a01:203", "10.1.2.3"},
		"mapped IPv4 in brackets":     {"[::ffff:10.1.2.3]", "10.1.2.3"},
		"IPv6 with a zone":            {"fe80::1%eth0", "fe80::1%eth0"},
		"a line break in a zone":      {"fe80::1%eth0\r\nSLAVEOF", ""},
		"nothing":                     {"", ""},
		"a dot":                       {".", ""},
		"two dots at the end":         {"redis..", ""},
		"brackets around a name":      {"[redis]", ""},
		"brackets around IPv4":        {"[10.1.2.3]", ""},
		"a bracket that is not shut":  {"[fd00::1", ""},
		"a bracket too many":          {"fd00::1]", ""},
		"IPv4 with a dot":             {"10.1.2.3.", ""},
		"IPv4 of two parts":           {"127.1", ""},
		"IPv4 as one number":          {"2130706433", ""},
		"IPv4 in hexadecimal":         {"0x7F000001", ""},
		"IPv4 with a number too high": {"10.0.0.256", ""},
		"IPv4 in octal":               {"010.0.0.1", ""},
		"with a port":                 {"redis:6379", ""},
		"IPv6 with a port":            {"[::1]:6379", ""},
		"with a space":                {"re dis", ""},
		"with a path":                 {"redis/0", ""},
		"a user":                      {"user@redis", ""},
		"a suffix":                    {"*.svc", ""},
		"a CIDR":                      {"10.0.0.0/8", ""},
		"a letter outside ASCII":      {"rédis", ""},
		"a letter that is k in lower": {"redis.\u212Aube", ""},
		"a letter that is i in lower": {"\u0130nflux", ""},
		"the longest zone":            {"fe80::1%" + strings.Repeat("a", 63), "fe80::1%" + strings.Repeat("a", 63)},
		"a zone that is too long":     {"fe80::1%" + strings.Repeat("a", 64), ""},
		"a line break":                {"redis\r\nSLAVEOF", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, ok := egress.CanonicalHost(tt.text); got != tt.want || ok != (tt.want != "") {
				t.Errorf("CanonicalHost(%q) = %q, %t, want %q", tt.text, got, ok, tt.want)
			}
		})
	}
}
