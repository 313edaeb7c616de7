package main

import (
	"strconv"

	"github.com/spf13/cobra"

	"kubejobs/functions/cmd/kubejobs/internal/arguments"
	"kubejobs/shared/core/forecast"
)

// filterFlags declares the flags that all filters have.
func filterFlags(cmd *cobra.Command) {
	cmd.Flags().String("items", "", "number of items in all, until a line says another one (required)")
	cmd.Flags().String("deadline", "", "RFC 3339 or Unix milliseconds (required)")
	cmd.Flags().String("confidence", strconv.FormatFloat(forecast.DefaultConfidence, 'g', -1, 64),
		"the probability of meeting the deadline to aim at")
	cmd.DisableFlagParsing = true // it would stop at the first wrong flag
}

// files returns what is no flag: the input of a filter.
func files(a *arguments.Arguments) []string {
	if len(a.Rest) > 1 {
		a.Refuse("want at most one file, got %d", len(a.Rest))
	}
	return a.Rest
}
