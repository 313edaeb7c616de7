// Package scale answers how far the ways to tick jobs go: on paper, and by a seeded
// simulation of one instant after another. SCALING.md has its tables.
package scale
