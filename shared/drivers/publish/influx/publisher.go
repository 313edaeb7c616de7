// Package influx publishes samples to InfluxDB, 1.x or 2.x, for dashboards: each
// sample is a point in each of four measurements.
package influx

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"kubejobs/shared/core/job"
	"kubejobs/shared/core/sample"
	"kubejobs/shared/drivers/dial"
	"kubejobs/shared/drivers/publish"
	"kubejobs/shared/monitor"
)

// Name is the name of the publisher.
const Name = "influxdb"

// Dial opens a connection. It checks the address.
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

// secretMark is before the name of a Secret in the name of a destination.
const secretMark = "/secret="

// Options describe the program's own InfluxDB, and how to write. A zero field
// means its default.
type Options struct {
	// URL is http or https with a host, without login and query; "": only jobs
	// name an InfluxDB.
	URL            string
	Database       string // for 1.x, sample.InfluxDatabase
	User, Password string // for 1.x
	// For 2.x. A bucket selects 2.x, else it is 1.x.
	Org, Bucket, Token string

	Host    string        // the tag, sample.InfluxHost
	Timeout time.Duration // of a request, 5 s; the deadline of the context applies too
	// Transport wraps the transport of the requests; nil: it is not wrapped.
	Transport func(http.RoundTripper) http.RoundTripper
	// Credentials reads the Secrets that jobs name; nil: none can be read.
	Credentials dial.Credentials
}

// Publisher is a publish.Publisher. It writes to the job's own database if the
// job names one, else to the program's.
type Publisher struct {
	host     string
	own      *server     // nil if there is none
	fallback destination // on own, for jobs that name no database; its name is "" if there is none
	named    client      // for servers that jobs name without a Secret
	secured  *clients    // for those with one
}

var _ publish.Publisher = (*Publisher)(nil)

// New returns a Publisher. It connects to addresses that a job names with connect,
// which must check them. The address of the program's own InfluxDB is not checked.
func New(o Options, connect Dial) (*Publisher, error) {
	if connect == nil {
		panic("influx: no dial function for addresses that callers name")
	}
	if o.Database == "" {
		o.Database = sample.InfluxDatabase
	}
	if o.Host == "" {
		o.Host = sample.InfluxHost
	}
	if o.Timeout <= 0 {
		o.Timeout = 5 * time.Second
	}
	p := &Publisher{host: o.Host, named: newClient(connect, nil, o), secured: newClients(connect, o)}
	if o.URL == "" {
		return p, nil
	}
	own, err := newServer(o)
	if err != nil {
		return nil, err
	}
	p.own, p.fallback = own, own.database(o.Database)
	if o.Bucket != "" {
		p.fallback = own.bucket(o.Org, o.Bucket)
	}
	return p, nil
}

// Name implements publish.Publisher.
func (p *Publisher) Name() string { return Name }

// Destination returns the server of the job's database, as its URL without the
// database, and with the name of the job's Secret if it names one; "" for a notice
// without a sample, and if the job's samples go to no InfluxDB.
func (p *Publisher) Destination(n monitor.Notice) string {
	if n.Sample == nil {
		return ""
	}
	if p.withSecret(n.Spec) {
		return "http://" + n.Spec.Database.Address().String() + secretMark + n.Spec.Database.Secret
	}
	to := p.destinationOf(n.Spec)
	if to.name == "" {
		return ""
	}
	return to.base.Scheme + "://" + to.address + strings.TrimSuffix(to.base.EscapedPath(), "/")
}

// Publish writes the notice's sample in one request. It ignores a notice without
// a sample, and acknowledges no event. A transient error is of kind unavailable,
// a refusal by the server of kind refused, that of an address that is not allowed of
// kind invalid. If the server refuses a part of the points, it has taken the others.
func (p *Publisher) Publish(ctx context.Context, n monitor.Notice) (int, error) {
	if n.Sample == nil {
		return 0, nil
	}
	to := p.destinationOf(n.Spec)
	if p.withSecret(n.Spec) {
		var err error
		if to, err = p.secured.to(ctx, *n.Spec.Database); err != nil {
			return 0, err
		}
	}
	if to.name == "" {
		return 0, nil
	}
	lines, err := Encode(n.Spec.ID, p.host, *n.Sample)
	if err != nil {
		return 0, fmt.Errorf("encode for InfluxDB: %w", err)
	}
	return 0, to.write(ctx, lines)
}

// Close closes the idle connections.
func (p *Publisher) Close() {
	p.named.closeIdle()
	p.secured.close()
	if p.own != nil {
		p.own.client.closeIdle()
	}
}

// withSecret reports whether a job names a database, and a Secret with the credentials
// for it.
func (p *Publisher) withSecret(spec job.Spec) bool {
	return spec.Database != nil && spec.Database.Secret != ""
}

// destinationOf returns the one destination of a job's samples. A database that
// both the job and the settings name gets one write. The program's login is used
// for the program's database only: a caller must not write to others with it.
func (p *Publisher) destinationOf(spec job.Spec) destination {
	d := spec.Database
	if d == nil || (p.own != nil && p.own.at(d.Address()) && p.fallback.name == p.own.address+"/"+d.Name) {
		return p.fallback
	}
	return named(d.Address(), p.named).database(d.Name)
}
