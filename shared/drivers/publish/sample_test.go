package publish_test

import "kubejobs/shared/core/sample"

func newSample(at int64) *sample.Sample { return &sample.Sample{At: at} }
