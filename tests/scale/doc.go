// Package scale estimates how many jobs each scheduler can tick, and at what cost: on
// paper, and by a seeded simulation of one instant after another. SCALING.md has its tables.
package scale
