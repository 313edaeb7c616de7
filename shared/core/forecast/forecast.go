// Package forecast estimates how fast a job works, when it will be done, how likely it
// misses its deadline, and with how many replicas it would meet it.
package forecast

import "time"

// century is how far ahead a finish may be.
const century = 100 * 365 * 24 * time.Hour
