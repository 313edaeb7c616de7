// Package influx answers how a dashboard gets the samples: from an InfluxDB,
// 1.x or 2.x, where each sample is a point in each of four measurements.
package influx

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/publish"
	"kubejobs/shared/monitor"
)

// Name is what logs, metrics and the job's status call the publisher.
const Name = "influxdb"

// DefaultHost is the tag "host" as Asperathos writes it. It is the same on
// every instance of the program: a point's identity is its measurement, tags
// and time, so that a sample that is sent again, by another instance too, is
// the same four points and overwrites them. A tag that differs by instance
// would make it further points, and sums wrong.
const DefaultHost = "server01"

// Dial opens a connection; it is where addresses are checked.
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

// Options are the program's own InfluxDB, and how to write. A zero field is its
// default.
type Options struct {
	// URL is http or https with a host, without login and query; "": there is
	// no InfluxDB but those that jobs name.
	URL            string
	Database       string // of 1.x, "asperathos"
	User, Password string // of 1.x
	// Of 2.x. With a bucket the write is 2.x's, else 1.x's.
	Org, Bucket, Token string

	Host    string        // the tag, DefaultHost
	Timeout time.Duration // of a request, 5 s; the context's deadline counts too
	// Transport wraps the one that requests go through; nil: none does.
	Transport func(http.RoundTripper) http.RoundTripper
}

// Publisher is a publish.Publisher. It writes to the job's own database if the
// job names one, else to the program's.
type Publisher struct {
	host   string
	own    *server // nil if there is none
	target place   // own's; its name is "" if there is none
	named  client
}

var _ publish.Publisher = (*Publisher)(nil)

// New is a Publisher. Addresses that a job names are connected to by dial,
// which must check them; the program's own one is not checked.
func New(o Options, dial Dial) (*Publisher, error) {
	if dial == nil {
		panic("influx: no dial function for addresses that callers name")
	}
	if o.Database == "" {
		o.Database = "asperathos"
	}
	if o.Host == "" {
		o.Host = DefaultHost
	}
	if o.Timeout <= 0 {
		o.Timeout = 5 * time.Second
	}
	p := &Publisher{host: o.Host, named: newClient(dial, o)}
	if o.URL == "" {
		return p, nil
	}
	own, err := newServer(o)
	if err != nil {
		return nil, err
	}
	p.own, p.target = own, own.database(o.Database)
	if o.Bucket != "" {
		p.target = own.bucket(o.Org, o.Bucket)
	}
	return p, nil
}

// Name is Name.
func (p *Publisher) Name() string { return Name }

// Target is host:port/database, or host:port/bucket; "" for a notice without a
// sample, and if the job's samples go to no InfluxDB.
func (p *Publisher) Target(n monitor.Notice) string {
	if n.Sample == nil {
		return ""
	}
	return p.place(n.Spec).name
}

// Publish writes the notice's sample in one request; a notice without one is
// none. It takes no event. The error is of kind unavailable if it may pass, and
// of kind invalid if the server, or the list of allowed addresses, says no.
func (p *Publisher) Publish(ctx context.Context, n monitor.Notice) (int, error) {
	to := p.place(n.Spec)
	if n.Sample == nil || to.name == "" {
		return 0, nil
	}
	lines, err := Encode(n.Spec.ID, p.host, *n.Sample)
	if err != nil {
		return 0, fmt.Errorf("encode for InfluxDB: %w", err)
	}
	return 0, to.write(ctx, lines)
}

// Close closes the connections that nobody uses.
func (p *Publisher) Close() {
	p.named.closeIdle()
	if p.own != nil {
		p.own.client.closeIdle()
	}
}

// place is where a job's samples go: one place, so that what the job and the
// settings name alike gets one write. The program's login is for the program's
// database only: a caller may not write to others with it.
func (p *Publisher) place(spec job.Spec) place {
	d := spec.Database
	if d == nil || (p.own != nil && p.own.at(d.Address()) && p.target.name == p.own.address+"/"+d.Name) {
		return p.target
	}
	return named(d.Address(), p.named).database(d.Name)
}
