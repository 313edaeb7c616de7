package egress

import "net/netip"

// forbidden holds the addresses that are refused whatever is listed: those of the
// own network or of nobody, and the metadata services of clouds outside the
// link-local range.
var forbidden = prefixes(
	"0.0.0.0/8",          // this network (RFC 1122)
	"255.255.255.255/32", // broadcast
	"100.100.100.200/32", // metadata of Alibaba Cloud
	"168.63.129.16/32",   // metadata of Azure, beside 169.254.169.254
	"192.0.0.192/32",     // metadata of Oracle Cloud, beside 169.254.169.254
	"fd00:ec2::/32",      // metadata, DNS and time of AWS
	"fd20:ce::/32",       // metadata of Google Cloud
	"fd00:42::42/128",    // metadata of Scaleway
	"64:ff9b:1::/48",     // NAT64 for local use: where the IPv4 address is differs (RFC 8215)
)

// Forbidden returns the ranges that are refused whatever is listed. IPv6 addresses that
// stand for IPv4 addresses in them are refused too.
func Forbidden() []netip.Prefix {
	return append(prefixes("169.254.0.0/16", "fe80::/10", "224.0.0.0/4", "ff00::/8"), forbidden...)
}

// translation is a range of IPv6 addresses that stand for IPv4 addresses: a packet
// to one reaches the other. The IPv4 address is in the bytes at.
type translation struct {
	prefix netip.Prefix
	at     [4]int
	flip   byte // each byte is stored XOR flip
}

var translations = []translation{
	{netip.MustParsePrefix("64:ff9b::/96"), [4]int{12, 13, 14, 15}, 0},    // NAT64 (RFC 6052)
	{netip.MustParsePrefix("2002::/16"), [4]int{2, 3, 4, 5}, 0},           // 6to4 (RFC 3056)
	{netip.MustParsePrefix("2001::/32"), [4]int{4, 5, 6, 7}, 0},           // Teredo's server (RFC 4380)
	{netip.MustParsePrefix("2001::/32"), [4]int{12, 13, 14, 15}, 0xff},    // Teredo's client
	{netip.MustParsePrefix("::/96"), [4]int{12, 13, 14, 15}, 0},           // IPv4-compatible (RFC 4291)
	{netip.MustParsePrefix("::ffff:0:0:0/96"), [4]int{12, 13, 14, 15}, 0}, // IPv4-translated (RFC 2765)
	{netip.MustParsePrefix("::ffff:0:0/96"), [4]int{12, 13, 14, 15}, 0},   // IPv4-mapped (RFC 4291)
}

// isForbidden reports whether an address is refused whatever is listed: a
// link-local, multicast or unspecified one, one of forbidden, or an IPv6 address
// that stands for such an IPv4 address.
func isForbidden(address netip.Addr) bool {
	if address.IsLinkLocalUnicast() || address.IsMulticast() || address.IsUnspecified() {
		return true
	}
	for _, prefix := range forbidden {
		if prefix.Contains(address) {
			return true
		}
	}
	if address.Is4() || address.IsLoopback() {
		return false
	}
	bytes := address.As16()
	for _, t := range translations {
		if !t.prefix.Contains(address) {
			continue
		}
		var v4 [4]byte
		for i, at := range t.at {
			v4[i] = bytes[at] ^ t.flip
		}
		if isForbidden(netip.AddrFrom4(v4)) {
			return true
		}
	}
	return false
}

func prefixes(texts ...string) []netip.Prefix {
	parsed := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		parsed[i] = netip.MustParsePrefix(text)
	}
	return parsed
}
