package forecast

import "time"

// century is how far ahead a finish may be.
const century = 100 * 365 * 24 * time.Hour
