// Package egress decides which addresses the program may connect to if a caller
// named them. A driver asks when it connects, for the address that the name
// resolved to.
package egress

import (
	"fmt"
	"net/netip"
	"strings"
)

// Policy is a list of allowed addresses and names.
type Policy struct {
	prefixes []netip.Prefix
	names    []string // exact, or ".suffix"
}

// Private returns the address ranges that clusters use (RFC 1918, RFC 6598, RFC
// 4193).
func Private() []string {
	return []string{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"}
}

// Loopback returns the loopback ranges.
func Loopback() []string { return []string{"127.0.0.0/8", "::1/128"} }

// Parse reads entries: CIDRs, addresses, names, and names with a leading "*.",
// which match every name below them. Addresses and names may have every spelling
// that CanonicalHost accepts. A listed name may resolve to any address that Allows
// does not refuse in every case. The error names the wrong entry.
func Parse(entries []string) (*Policy, error) {
	p := &Policy{}
	for _, entry := range entries {
		entry = lower(strings.TrimSpace(entry))
		if prefix, err := netip.ParsePrefix(entry); err == nil {
			p.prefixes = append(p.prefixes, unmap(prefix).Masked())
			continue
		}
		if suffix, ok := strings.CutPrefix(entry, "*."); ok {
			if suffix = strings.TrimSuffix(suffix, "."); !hostname(suffix) {
				return nil, fmt.Errorf("%.80q is no CIDR, address or name", entry)
			}
			p.names = append(p.names, "."+suffix)
			continue
		}
		host, ok := CanonicalHost(entry)
		if !ok {
			return nil, fmt.Errorf("%.80q is no CIDR, address or name", entry)
		}
		if address, err := netip.ParseAddr(host); err == nil {
			p.prefixes = append(p.prefixes, netip.PrefixFrom(address.WithZone(""), address.BitLen()))
			continue
		}
		p.names = append(p.names, host)
	}
	return p, nil
}

// unmap converts a prefix of IPv4-mapped IPv6 addresses to one of IPv4
// addresses.
func unmap(prefix netip.Prefix) netip.Prefix {
	const mapped = 96 // bits that all mapped addresses share
	if prefix.Addr().Is4In6() && prefix.Bits() >= mapped {
		return netip.PrefixFrom(prefix.Addr().Unmap(), prefix.Bits()-mapped)
	}
	return prefix
}

// Allows reports whether the program may connect to host, which resolved to
// address. It refuses link-local addresses, clouds' metadata services, multicast
// and the unspecified address in every case, also where an IPv6 address stands for
// an IPv4 one.
func (p *Policy) Allows(host string, address netip.Addr) bool {
	address = address.Unmap().WithZone("")
	if isForbidden(address) {
		return false
	}
	for _, prefix := range p.prefixes {
		if prefix.Contains(address) {
			return true
		}
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return false // an address has no name
	}
	host = lower(strings.TrimSuffix(host, "."))
	for _, name := range p.names {
		if host == name || (strings.HasPrefix(name, ".") && strings.HasSuffix(host, name)) {
			return true
		}
	}
	return false
}
