// Command bare is the least that a function with a state in Redis can be: a program of
// functions-framework-go whose function sends one PING. BenchmarkStart compares kubejobs
// with it.
package main

import (
	"fmt"
	"net/http"
	"os"

	"github.com/GoogleCloudPlatform/functions-framework-go/funcframework"
	"github.com/GoogleCloudPlatform/functions-framework-go/functions"
	"github.com/redis/go-redis/v9"
)

func main() {
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, "bare:", err)
		os.Exit(1)
	}
}

func serve() error {
	options, err := redis.ParseURL(os.Getenv("STATE_REDIS_URL"))
	if err != nil {
		return err
	}
	client := redis.NewClient(options)
	functions.HTTP("tick", func(w http.ResponseWriter, r *http.Request) {
		if err := client.Ping(r.Context()).Err(); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
		}
	})
	return funcframework.StartHostPort("127.0.0.1", os.Getenv("PORT"))
}
