// Package client calls the API of a kubejobs server from another program: it starts, stops
// and watches jobs. The answers are the types that the server itself uses (monitor.Status,
// job.Report and others); times are RFC 3339 in UTC on the wire and time.Time here, shares
// are from 0 to 1, and a field that is a pointer is nil while it is not known.
//
//	c, err := client.New(client.Options{Server: "http://127.0.0.1:8080"})
//	…
//	_, err = c.Start(ctx, monitor.Request{ID: "demo", Budget: time.Minute})
//
// # Errors
//
// Each error of a call is an *Error, or that of the context. errors.Is tells the kind:
// ErrNotFound, ErrInvalid, ErrUnavailable and the others below. What the monitor itself
// names is found too: errors.Is(err, monitor.ErrUnknownJob).
//
// # Limits
//
// An answer and a message of a stream have at most 4 MiB. A call takes at most
// Options.Timeout, with its retries. Only what is safe is retried: reading, and of starting
// and stopping what was never sent or was answered 503 (the same start again changes
// nothing). Redirects are followed when they lead to the same server, and without the token.
package client
