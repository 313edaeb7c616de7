package redisstore

import (
	"context"
	"errors"
	"net/url"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// timeout bounds each dial, read and write of the state Redis.
const timeout = time.Second

// slotsReload is how old the table of a Cluster's slots may become before the client
// reads it again, beside what it learns from redirections. With the client's default
// of a minute it would call a dead master until then: a pipeline that cannot connect
// does not make it read the table.
const slotsReload = 2 * time.Second

// onePool is the size of the client's second pool, which has larger buffers: there is none.
const onePool = -1

// Quiet silences go-redis's own logger, for the whole process: its lines are not
// JSON, and go-redis also returns what it logs as errors.
func Quiet() { redis.SetLogger(silentLogger{}) }

type silentLogger struct{}

// Printf drops the line.
func (silentLogger) Printf(context.Context, string, ...any) {}

// errOptions is the error of a URL that go-redis refuses. Its own error may quote a part
// of the URL, such as what follows an unescaped slash of a password.
var errOptions = errors.New("state Redis: the path or an option of the URL is wrong: " +
	"want /NUMBER of a database, and options of go-redis behind it, such as ?addr=host:port or ?master_name=NAME")

// Open returns a client for a URL. The client connects when it is first used.
//
//	redis://[user:password@]host:port/db                       one server; rediss:// with TLS
//	redis://[user:password@]host:port?addr=host2:port          Cluster
//	redis://[user:password@]sentinel:port/db?master_name=NAME  Sentinel (&addr=…)
//
// files are for TLS. The error does not show the URL, which may hold a password.
func Open(stateURL string, files TLS) (redis.UniversalClient, error) {
	parsed, err := url.Parse(stateURL)
	if err != nil {
		return nil, errors.New("state Redis: no valid URL")
	}
	query := parsed.Query()
	switch {
	case query.Has("master_name"):
		o, err := redis.ParseFailoverURL(stateURL)
		if err != nil {
			return nil, errOptions
		}
		setDeadlines(&o.DialTimeout, &o.ReadTimeout, &o.WriteTimeout, &o.ContextTimeoutEnabled)
		o.MaxRetries, o.DisableIdentity, o.PipelinePoolSize = 1, true, onePool
		o.Dialer = files.dialer(o.TLSConfig)
		return redis.NewFailoverClient(o), nil
	case query.Has("addr"):
		o, err := redis.ParseClusterURL(stateURL)
		if err != nil {
			return nil, errOptions
		}
		setDeadlines(&o.DialTimeout, &o.ReadTimeout, &o.WriteTimeout, &o.ContextTimeoutEnabled)
		o.MaintNotificationsConfig = noMaintenance()
		o.ClusterStateReloadInterval, o.DisableIdentity, o.PipelinePoolSize = slotsReload, true, onePool
		o.Dialer = files.dialer(o.TLSConfig)
		return redis.NewClusterClient(o), nil
	default:
		o, err := redis.ParseURL(stateURL)
		if err != nil {
			return nil, errOptions
		}
		setDeadlines(&o.DialTimeout, &o.ReadTimeout, &o.WriteTimeout, &o.ContextTimeoutEnabled)
		o.MaxRetries, o.DialerRetries, o.DisableIdentity = 1, 1, true // identity needs a right
		o.PipelinePoolSize = onePool
		o.MaintNotificationsConfig = noMaintenance()
		o.Dialer = files.dialer(o.TLSConfig)
		return redis.NewClient(o), nil
	}
}

// setDeadlines sets the options that the three kinds of client share.
func setDeadlines(dial, read, write *time.Duration, byContext *bool) {
	*dial, *read, *write, *byContext = timeout, timeout, timeout, true
}

// noMaintenance turns off the maintenance notifications of managed Redis
// services.
func noMaintenance() *maintnotifications.Config {
	return &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
}
