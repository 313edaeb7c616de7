// Package egress answers whether an address that a caller named may be
// connected to. The answer is given when the connection is made, for the
// address that the name resolved to then.
package egress

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"time"

	"kubejobs/shared/monitor"
)

// Policy is a list of what may be connected to.
type Policy struct {
	prefixes []netip.Prefix
	names    []string // exact, or ".suffix"
}

// Private is the ranges that clusters use (RFC 1918, RFC 6598, RFC 4193).
func Private() []string {
	return []string{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"}
}

// Loopback is the machine itself.
func Loopback() []string { return []string{"127.0.0.0/8", "::1/128"} }

// Parse reads entries: CIDRs, addresses, names, and names with a leading "*."
// for all below them. A name that is listed may resolve to any address that is
// not link-local. An error names the entry.
func Parse(entries []string) (*Policy, error) {
	p := &Policy{}
	for _, entry := range entries {
		entry = strings.ToLower(strings.TrimSpace(entry))
		if prefix, err := netip.ParsePrefix(entry); err == nil {
			p.prefixes = append(p.prefixes, unmap(prefix).Masked())
			continue
		}
		if address, err := netip.ParseAddr(entry); err == nil {
			address = address.Unmap()
			p.prefixes = append(p.prefixes, netip.PrefixFrom(address, address.BitLen()))
			continue
		}
		name := strings.TrimPrefix(entry, "*")
		if !hostname(strings.TrimPrefix(name, ".")) || (name != entry && !strings.HasPrefix(name, ".")) {
			return nil, fmt.Errorf("%.80q is no CIDR, address or name", entry)
		}
		p.names = append(p.names, name)
	}
	return p, nil
}

// unmap turns a prefix of IPv4 addresses mapped to IPv6 into one of IPv4.
func unmap(prefix netip.Prefix) netip.Prefix {
	const mapped = 96 // bits that all mapped addresses share
	if prefix.Addr().Is4In6() && prefix.Bits() >= mapped {
		return netip.PrefixFrom(prefix.Addr().Unmap(), prefix.Bits()-mapped)
	}
	return prefix
}

// hostname tells whether text could be a host's name (RFC 1123).
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

// Host tells whether text could be a host: a name or an address. It says
// nothing of whether it may be connected to.
func Host(text string) bool {
	if _, err := netip.ParseAddr(text); err == nil {
		return true
	}
	return hostname(strings.ToLower(text))
}

// Dialer is DialerFor a job's Redis.
func (p *Policy) Dialer(timeout time.Duration) func(ctx context.Context, network, address string) (net.Conn, error) {
	return p.DialerFor("plugin_info.redis_ip", timeout)
}

// DialerFor gives a dial function that connects to allowed addresses only. Its
// error for another one is of kind invalid and names field, where the caller
// gave the address.
func (p *Policy) DialerFor(field string, timeout time.Duration) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			return nil, fmt.Errorf("dial: %w", err)
		}
		dialer := net.Dialer{
			Timeout: timeout,
			ControlContext: func(_ context.Context, _, resolved string, _ syscall.RawConn) error {
				return p.check(field, host, resolved)
			},
		}
		return dialer.DialContext(ctx, network, address)
	}
}

// check tells whether resolved (address:port), which the host in field resolved
// to, is allowed.
func (p *Policy) check(field, host, resolved string) error {
	ap, err := netip.ParseAddrPort(resolved)
	if err != nil {
		return fmt.Errorf("dial %s: %w", resolved, err)
	}
	if !p.Allows(host, ap.Addr()) {
		return monitor.Invalid(monitor.FieldError{
			Field: field, Problem: fmt.Sprintf("%.80q is not an allowed address (ALLOWED_HOSTS)", host),
		})
	}
	return nil
}

// metadata tells whether address is a cloud's metadata service outside the
// link-local range: those of AWS and GCP by IPv6, and Alibaba's.
func metadata(address netip.Addr) bool {
	switch address.String() {
	case "fd00:ec2::254", "fd20:ce::254", "100.100.100.200":
		return true
	default:
		return false
	}
}

// Allows tells whether host, which resolved to address, may be connected to.
// Link-local addresses, clouds' metadata services, multicast and the
// unspecified address never are.
func (p *Policy) Allows(host string, address netip.Addr) bool {
	address = address.Unmap().WithZone("")
	if address.IsLinkLocalUnicast() || address.IsMulticast() || address.IsUnspecified() || metadata(address) {
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
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	for _, name := range p.names {
		if host == name || (strings.HasPrefix(name, ".") && strings.HasSuffix(host, name)) {
			return true
		}
	}
	return false
}
