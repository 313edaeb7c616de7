package egress

import (
	"net/netip"
	"strings"
)

// CanonicalHost returns the spelling of a host that the program keeps, so that
// equal hosts are equal texts. It returns false for text that is no host. It does
// not check whether the host is allowed.
//
// An IP address loses its brackets, and an IPv4-mapped IPv6 address becomes IPv4.
// A name becomes lower case and loses the dot at its end.
//
// Worked: "[FD00::0:1]" is "fd00::1", "::ffff:10.0.0.1" is "10.0.0.1", "Redis.SVC."
// is "redis.svc".
func CanonicalHost(text string) (string, bool) {
	inner, bracketed := strings.CutPrefix(text, "[")
	if bracketed {
		if inner, bracketed = strings.CutSuffix(inner, "]"); !bracketed {
			return "", false
		}
	}
	if address, err := netip.ParseAddr(inner); err == nil {
		if (bracketed && address.Is4()) || !plainZone(address.Zone()) {
			return "", false
		}
		return address.Unmap().String(), true
	}
	name := lower(strings.TrimSuffix(text, "."))
	if bracketed || !hostname(name) || numeric(name) {
		return "", false
	}
	return name, true
}

// lower returns a text in lower case. strings.ToLower also turns letters outside ASCII
// into letters of it, such as the sign of Kelvin into a k.
func lower(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}, text)
}

// maxZone bounds the zone of an IPv6 address, in bytes.
const maxZone = 63

// plainZone reports whether the zone of an IPv6 address could be the name of a
// network interface. netip accepts any text.
func plainZone(zone string) bool {
	return len(zone) <= maxZone && !strings.ContainsFunc(zone, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("-_.", r)
	})
}

// numeric reports whether a name ends in a number. No top-level domain is a
// number, and some resolvers read such a name as an IPv4 address: 127.1,
// 2130706433, 0x7f000001.
func numeric(name string) bool {
	last := name[strings.LastIndexByte(name, '.')+1:]
	digits, allowed := last, "0123456789"
	if hex, ok := strings.CutPrefix(last, "0x"); ok {
		digits, allowed = hex, "0123456789abcdef"
	}
	return strings.Trim(digits, allowed) == ""
}

// hostname reports whether text could be a host name (RFC 1123), in lower case and
// without a dot at its end.
func hostname(text string) bool {
	if text == "" || len(text) > 253 {
		return false
	}
	for label := range strings.SplitSeq(text, ".") {
		bad := strings.IndexFunc(label, func(r rune) bool {
			return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '_'
		})
		if label == "" || len(label) > 63 || bad >= 0 {
			return false
		}
	}
	return true
}
