package redisstore

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// timeout bounds each dial, read and write of the state Redis.
const timeout = time.Second

// Quiet silences go-redis's own logger, for the whole process. Its lines are not
// JSON, and the errors say what went wrong.
func Quiet() { redis.SetLogger(quiet{}) }

type quiet struct{}

// Printf drops the line.
func (quiet) Printf(context.Context, string, ...any) {}

// Open returns a client for a URL. It connects at the first use.
//
//	redis://[user:password@]host:port/db                       one server; rediss:// with TLS
//	redis://[user:password@]host:port?addr=host2:port          Cluster
//	redis://[user:password@]sentinel:port/db?master_name=NAME  Sentinel (&addr=…)
//
// The error does not show the URL, as it may hold a password.
func Open(text string) (redis.UniversalClient, error) {
	parsed, err := url.Parse(text)
	if err != nil {
		return nil, errors.New("state Redis: no valid URL")
	}
	query := parsed.Query()
	switch {
	case query.Has("master_name"):
		options, err := redis.ParseFailoverURL(text)
		if err != nil {
			return nil, fmt.Errorf("state Redis by Sentinel: %w", err)
		}
		options.DialTimeout, options.ReadTimeout, options.WriteTimeout = timeout, timeout, timeout
		options.ContextTimeoutEnabled, options.MaxRetries = true, 1
		return redis.NewFailoverClient(options), nil
	case query.Has("addr"):
		options, err := redis.ParseClusterURL(text)
		if err != nil {
			return nil, fmt.Errorf("state Redis Cluster: %w", err)
		}
		options.DialTimeout, options.ReadTimeout, options.WriteTimeout = timeout, timeout, timeout
		options.ContextTimeoutEnabled = true
		options.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
		return redis.NewClusterClient(options), nil
	default:
		options, err := redis.ParseURL(text)
		if err != nil {
			return nil, fmt.Errorf("state Redis: %w", err)
		}
		options.DialTimeout, options.ReadTimeout, options.WriteTimeout = timeout, timeout, timeout
		options.ContextTimeoutEnabled, options.MaxRetries, options.DialerRetries = true, 1, 1
		options.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
		return redis.NewClient(options), nil
	}
}
