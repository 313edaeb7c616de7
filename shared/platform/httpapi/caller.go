package httpapi

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// Caller returns the address of who made a request: that of the peer or, behind a
// number of trusted proxies, the entry of X-Forwarded-For that the first of them
// appended. Whatever a caller writes into the header stands before that. A request
// that did not pass all proxies is that of its peer. An IPv6 address stands for its
// network of 64 bits, all of which one caller may have.
func Caller(r *http.Request, proxies int) string {
	caller := r.RemoteAddr
	if proxies > 0 {
		entries := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		if n := len(entries) - proxies; n >= 0 {
			if address := network(strings.TrimSpace(entries[n])); address != "" {
				return address
			}
		}
	}
	return network(caller)
}

// network returns the address in a text, with or without a port, and the network of an
// IPv6 address; "" if there is none.
func network(text string) string {
	if host, _, err := net.SplitHostPort(text); err == nil {
		text = host
	}
	address, err := netip.ParseAddr(strings.Trim(text, "[]"))
	if err != nil {
		return ""
	}
	address = address.Unmap().WithZone("")
	if address.Is4() {
		return address.String()
	}
	const bits = 64
	return netip.PrefixFrom(address, bits).Masked().String()
}
