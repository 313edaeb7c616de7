// Package dial connects to addresses that callers name, if a policy allows
// them.
package dial

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"

	"kubejobs/shared/core/egress"
	"kubejobs/shared/core/failure"
)

// New returns a dial function that connects only to addresses that policy
// allows. When it connects it checks the address that the name resolved to. The
// error for any other address is of kind invalid and names field, the request's
// field that holds the address.
func New(policy *egress.Policy, field string, timeout time.Duration) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			return nil, fmt.Errorf("dial: %w", err)
		}
		dialer := net.Dialer{
			Timeout: timeout,
			ControlContext: func(_ context.Context, _, resolved string, _ syscall.RawConn) error {
				return check(policy, field, host, resolved)
			},
		}
		return dialer.DialContext(ctx, network, address)
	}
}

// check returns an error unless policy allows host, which resolved to the
// address:port resolved.
func check(policy *egress.Policy, field, host, resolved string) error {
	ap, err := netip.ParseAddrPort(resolved)
	if err != nil {
		return fmt.Errorf("dial %s: %w", resolved, err)
	}
	if !policy.Allows(host, ap.Addr()) {
		return failure.InvalidField(field, "%.80q is not an allowed address: see ALLOWED_HOSTS, and on a cluster the network policies", host)
	}
	return nil
}
