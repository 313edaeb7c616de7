package main

import (
	"fmt"
	"io"
	"net"
	"net/url"
	"strconv"

	"github.com/redis/go-redis/v9"

	"kubejobs/shared/core/job"
	"kubejobs/shared/platform/config"
)

// ownRedis is the Redis that STATE_REDIS_URL names.
type ownRedis struct {
	address string // host:port
	// queue is where a job's lists are if the job names no Redis; nil if a job
	// cannot use that Redis: its address has no password, no TLS and is one server.
	queue *job.Address
}

// stateRedis returns the Redis of STATE_REDIS_URL; nil if that is not set.
func stateRedis(secret config.Secret) (*ownRedis, error) {
	text := secret.Reveal()
	if text == "" {
		return nil, nil //nolint:nilnil // the embedded Redis
	}
	parsed, err := url.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("STATE_REDIS_URL: want redis://… or rediss://… with a host") //nolint:perfsprint // not the cause, which may show a password
	}
	if query := parsed.Query(); query.Has("addr") || query.Has("master_name") {
		return &ownRedis{address: parsed.Host}, nil
	}
	o, err := redis.ParseURL(text)
	if err != nil {
		return nil, fmt.Errorf("STATE_REDIS_URL: %w", err)
	}
	own := &ownRedis{address: o.Addr}
	host, port, err := net.SplitHostPort(o.Addr)
	if err != nil {
		return nil, fmt.Errorf("STATE_REDIS_URL: %w", err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return nil, fmt.Errorf("STATE_REDIS_URL: want a port number, got %.20q", port)
	}
	if o.Username == "" && o.Password == "" && o.TLSConfig == nil {
		own.queue = &job.Address{Host: host, Port: number}
	}
	return own, nil
}

// announce prints the addresses and some commands to try, in an order that works.
func announce(out io.Writer, listen, embedded string, own *ownRedis) error {
	var where, cli, fields string
	switch {
	case own == nil:
		_, port, err := net.SplitHostPort(embedded)
		if err != nil {
			return err
		}
		where = fmt.Sprintf("its Redis on 127.0.0.1:%s. Ctrl-C stops both.", port)
		cli = "redis-cli -p " + port
	case own.queue != nil:
		where = fmt.Sprintf("its state is in the Redis at %s (STATE_REDIS_URL).\n"+
			"The lists of a job that names no Redis are there too, in database 0. Ctrl-C stops kubejobs.", own.address)
		cli = fmt.Sprintf("redis-cli -h %s -p %d", own.queue.Host, own.queue.Port)
	default:
		where = fmt.Sprintf("its state is in the Redis at %s (STATE_REDIS_URL).\n"+
			"A job cannot have its lists there, as that Redis has a password, TLS or several servers: put another one\n"+
			"for HOST and PORT. Ctrl-C stops kubejobs.", own.address)
		cli, fields = "redis-cli -h HOST -p PORT", `,"redis_ip":"HOST","redis_port":PORT`
	}
	fmt.Fprintf(out, `http://%[1]s/ shows the jobs in a browser.
kubejobs listens on http://%[1]s, %[2]s

Fill a queue, monitor it, look at it, follow it:
  %[3]s rpush job a b c
  curl -XPOST http://%[1]s/monitoring/demo -d '{"plugin":"kubejobs","plugin_info":{"expected_time":40%[4]s}}'
  curl http://%[1]s/monitoring/demo
  %[3]s lrange demo:metrics 0 -1
  curl -N http://%[1]s/monitoring/demo/events
`, listen, where, cli, fields)
	return nil
}
