// Command served serves what the benchmarks compare with the program, or look into: the
// floor, or the functions. Both show the memory that they allocate and their profile, at
// paths that no function has.
//
//	served floor    with FLOOR, floor.Config as JSON, and LISTEN_ADDRESS
//	served program  with the settings of kubejobs
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/pprof"
	"os"
	"runtime/metrics"
	"time"

	"kubejobs/functions"
	"kubejobs/shared/platform/config"
	"kubejobs/tests/bench/floor"
)

func main() {
	if err := serve(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "served:", err)
		os.Exit(1)
	}
}

func serve(ctx context.Context) error {
	if len(os.Args) != 2 {
		return errors.New("want floor or program")
	}
	handler, err := newHandler(ctx, os.Args[1])
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/", handler)
	mux.HandleFunc("GET /debug/memory", allocated)
	mux.HandleFunc("GET /debug/profile", pprof.Profile)
	server := &http.Server{Addr: os.Getenv("LISTEN_ADDRESS"), Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	return server.ListenAndServe()
}

func newHandler(ctx context.Context, name string) (http.Handler, error) {
	if name == "floor" {
		var c floor.Config
		if err := json.Unmarshal([]byte(os.Getenv("FLOOR")), &c); err != nil {
			return nil, fmt.Errorf("FLOOR: %w", err)
		}
		return floor.New(c), nil
	}
	functions.QuietRedis()
	functions.TuneRuntime(slog.New(slog.DiscardHandler))
	cfg, err := config.Load(os.LookupEnv)
	if err != nil {
		return nil, err
	}
	set, err := functions.Open(ctx, cfg, slog.New(slog.DiscardHandler), functions.Options{})
	if err != nil {
		return nil, err
	}
	return set.Handler(config.TargetAll)
}

// allocated writes the numbers of objects and bytes that the process has allocated so far.
func allocated(w http.ResponseWriter, _ *http.Request) {
	samples := []metrics.Sample{{Name: "/gc/heap/allocs:objects"}, {Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(samples)
	_ = json.NewEncoder(w).Encode(map[string]uint64{ // the caller is gone, or gets it
		"objects": samples[0].Value.Uint64(), "bytes": samples[1].Value.Uint64(),
	})
}
