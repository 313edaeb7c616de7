//go:build race

package bench_test

// raceDetector: it allocates too.
const raceDetector = true
