package httpapi

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
	"unicode"
)

// RefuseCrossOrigin refuses with 403 the requests that a browser sends for a page of
// another origin, except those that change nothing (GET, HEAD, OPTIONS). Programs send
// neither Origin nor Sec-Fetch-Site and are served.
func RefuseCrossOrigin(next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		Refuse(w, http.StatusForbidden, "a page of another origin may not call this server")
	}))
	return protection.Handler(next)
}

// RefuseForeignHosts refuses with 403 the requests whose Host is neither loopback nor
// one of names: a page whose own name was made to resolve to loopback (DNS rebinding)
// would otherwise be of this server's origin. Any port is served: it may be forwarded.
func RefuseForeignHosts(next http.Handler, names ...string) http.Handler {
	own := map[string]bool{"": true, "localhost": true} // browsers always name a host
	for _, name := range names {
		own[hostName(name)] = true
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := hostName(r.Host)
		if address, err := netip.ParseAddr(host); own[host] || err == nil && address.Unmap().IsLoopback() {
			next.ServeHTTP(w, r)
			return
		}
		Refuse(w, http.StatusForbidden, "this server is called by a loopback name or address, or by the one in LISTEN_ADDRESS")
	})
}

// hostName returns the name or address in host[:port], in one spelling.
func hostName(hostport string) string {
	host := hostport
	if name, _, err := net.SplitHostPort(hostport); err == nil {
		host = name
	} else if inner, ok := strings.CutPrefix(hostport, "["); ok {
		host = strings.TrimSuffix(inner, "]")
	}
	host = strings.TrimSuffix(host, ".")
	if strings.ContainsFunc(host, func(r rune) bool { return r > unicode.MaxASCII }) {
		return host // in lower case some letters would be of ASCII
	}
	return strings.ToLower(host)
}
